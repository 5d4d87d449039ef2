"""Customers and their jobs, vendors, employees and other names."""

from __future__ import annotations

from functools import partial

from qbsync.simulator.quickbooks import lists, statuses
from qbsync.simulator.quickbooks.company_info import ONLY_ID, preference
from qbsync.simulator.quickbooks.kinds import ENTITY_KINDS
from qbsync.simulator.quickbooks.message import Fields
from qbsync.simulator.quickbooks.registry import Desk, handles

_MANY_CURRENCIES = "MultiCurrencyPreferences/IsMultiCurrencyOn"


def _in_a_currency(desk: Desk, fields: Fields) -> Fields:
    """The fields with the file's own currency, unless they name one; none where it keeps one alone."""
    if preference(desk.state, _MANY_CURRENCIES) != "true":
        if "CurrencyRef" in fields:
            raise statuses.feature_off("multiple currencies")
        return fields
    entry = desk.state.get("Preferences", ONLY_ID)
    assert entry is not None
    return {"CurrencyRef": entry.fields["MultiCurrencyPreferences"]["HomeCurrencyRef"]} | fields


def _customer(desk: Desk, fields: Fields) -> Fields:
    fields = _in_a_currency(desk, fields)
    balance = fields.pop("OpenBalance", None)
    fields.pop("OpenBalanceDate", None)
    return fields if balance is None else fields | {"Balance": balance, "TotalBalance": balance}


def _vendor(desk: Desk, fields: Fields) -> Fields:
    fields = _in_a_currency(desk, fields)
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
