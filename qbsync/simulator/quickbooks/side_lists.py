"""Accounts, classes, terms and the types of vendors, customers and jobs."""

from __future__ import annotations

from functools import partial

from qbsync.simulator.quickbooks import lists
from qbsync.simulator.quickbooks.message import Fields
from qbsync.simulator.quickbooks.registry import Desk, handles


def _account(_desk: Desk, fields: Fields) -> Fields:
    balance = fields.pop("OpenBalance", None)
    fields.pop("OpenBalanceDate", None)
    return fields if balance is None else fields | {"Balance": balance, "TotalBalance": balance}


lists.register("Account", _account)
lists.register("Class")
lists.register("StandardTerms", mod=False)
lists.register("DateDrivenTerms", mod=False)
lists.register("VendorType", mod=False)
lists.register("CustomerType", mod=False)
lists.register("JobType", mod=False)
handles("TermsQueryRq")(partial(lists.query, kinds=("StandardTerms", "DateDrivenTerms")))
