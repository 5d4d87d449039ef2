"""What to do in Procore's ERP tool about what kept a record out of QuickBooks.

By the kind of record and the field, or the status code of QuickBooks' refusal. What is not here keeps the
guidance that qbsync's own page gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_AGAIN: Final = "then export it again."
_ANOTHER_CODE: Final = "another job code, its name in QuickBooks,"
_ASK: Final = f"Ask whoever looks after the connector to choose one, {_AGAIN}"
_NAME_TAKEN: Final = "3100"
_RULE_BROKEN: Final = "3210"

_FIELDS: Final[Mapping[tuple[str, str], str]] = {
    ("project", "name"): f"Enter {_ANOTHER_CODE} of at most 41 characters and without a colon, {_AGAIN}",
    ("project", "customer"): (
        "Enter the full name of an active customer of QuickBooks beside the job code, under Customer in "
        f"QuickBooks, {_AGAIN}"
    ),
    ("vendor", "name"): f"Change the company's name in Procore's directory, {_AGAIN}",
    ("vendor", "vendor_type"): f"Enter an active vendor type of QuickBooks under Vendor type, {_AGAIN}",
    ("vendor", "terms"): f"Enter active standard terms of QuickBooks under Terms, {_AGAIN}",
    ("cost_code", "income_account"): (
        f"Enter an active income account of QuickBooks under Income account, {_AGAIN}"
    ),
    ("cost_code", "expense_account"): (
        f"Enter an active expense account of QuickBooks under Expense account, {_AGAIN}"
    ),
    ("commitment", "number"): (
        f"Reject it, enter a QuickBooks ID of at most 11 characters that no other has, {_AGAIN}"
    ),
    ("commitment", "origin_id"): f"Ask whoever looks after the connector to link the two, {_AGAIN}",
    ("budget", "origin_id"): (
        "An estimate that another connector made, or that this one has forgotten, is not changed by it: "
        "change the estimate in QuickBooks by hand."
    ),
    ("invoice", "number"): (
        "Give the invoice, in Procore or where it is exported, a number of at most 20 characters that this "
        f"vendor has not used, {_AGAIN}"
    ),
    ("invoice", "retainage_item"): _ASK,
    ("invoice", "ap_account"): _ASK,
    ("invoice", "expense_account"): _ASK,
    ("payment", "payment_account"): _ASK,
    ("payment", "ap_account"): _ASK,
}
_SUGGESTED: Final[Mapping[str, str]] = {
    "vendor": "Link the two in the ERP tool under Vendors, Ready to Import, instead of exporting another.",
    "project": (
        f"Import that job in the ERP tool under Jobs, Ready to Import, or enter {_ANOTHER_CODE} {_AGAIN}"
    ),
    "cost_code": f"Change the code in Procore, {_AGAIN}",
}
_TAKEN: Final[Mapping[str, str]] = {
    "vendor": (
        "Another vendor, customer, employee or other name of QuickBooks has it. Change the company's name in "
        f"Procore's directory, {_AGAIN}"
    ),
    "project": f"The name is in use in QuickBooks. Enter {_ANOTHER_CODE} {_AGAIN}",
    "cost_code": f"Another item of QuickBooks has that name. Change the code in Procore, {_AGAIN}",
    "commitment": (
        "If it is the same one, ask whoever looks after the connector to link the two. Else reject it and "
        f"enter another QuickBooks ID, or change the number of the one in QuickBooks, {_AGAIN}"
    ),
    "invoice": (
        "Give the invoice another number, in Procore or where it is exported, or change the one in "
        f"QuickBooks, {_AGAIN}"
    ),
}
_AGAINST_A_RULE: Final[Mapping[str, str]] = {
    "payment": (
        "Look at what else pays the bill in QuickBooks, and delete there what was paid twice or too much, "
        f"{_AGAIN}"
    ),
}
_CORRECT: Final = f"Correct that in Procore or in QuickBooks, {_AGAIN}"


def in_procore(kind: str, field: str, code: str) -> str:
    """What a person in Procore can do; empty where only the guidance of qbsync's own page is known.

    `kind` is a record's kind as a word, `field` the record's field, `code` QuickBooks' status code.
    """
    if code == _NAME_TAKEN:
        return _TAKEN.get(kind, "")
    if code == _RULE_BROKEN:
        return _AGAINST_A_RULE.get(kind, _CORRECT)
    return _FIELDS.get((kind, field), "")


NEAR: Final = (
    "If they are the same company, press Refresh under Vendors in the ERP tool and link the two under "
    f"Vendors, Ready to Import. If they are two companies, {_AGAIN}"
)
"""What to do where QuickBooks has a vendor of nearly the same name."""


def suggested(kind: str) -> str:
    """What to do where QuickBooks has something that looks like the record."""
    return _SUGGESTED[kind]
