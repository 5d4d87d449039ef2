"""Customers and their jobs, vendors, employees and other names."""

from __future__ import annotations

from functools import partial

from qbsync.simulator.quickbooks import lists
from qbsync.simulator.quickbooks.kinds import ENTITY_KINDS
from qbsync.simulator.quickbooks.message import Fields
from qbsync.simulator.quickbooks.registry import Desk, handles


def _customer(_desk: Desk, fields: Fields) -> Fields:
    balance = fields.pop("OpenBalance", None)
    fields.pop("OpenBalanceDate", None)
    return fields if balance is None else fields | {"Balance": balance, "TotalBalance": balance}


def _vendor(_desk: Desk, fields: Fields) -> Fields:
    balance = fields.pop("OpenBalance", None)
    fields.pop("OpenBalanceDate", None)
    if balance is not None:
        fields["Balance"] = balance
    return {"NameOnCheck": fields.get("CompanyName") or fields.get("Name", "")} | fields


def _employee(_desk: Desk, fields: Fields) -> Fields:
    # an employee's name in the list is put together from the parts
    parts = (fields.get(tag, "").strip() for tag in ("FirstName", "MiddleName", "LastName"))
    return fields | {"Name": " ".join(part for part in parts if part)}


lists.register("Customer", _customer)
lists.register("Vendor", _vendor)
lists.register("Employee", _employee)
lists.register("OtherName")
handles("EntityQueryRq")(partial(lists.query, kinds=ENTITY_KINDS))
