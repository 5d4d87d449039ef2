"""Which of Procore's records may go to QuickBooks, and in words why not (DESIGN.md, "Exportable")."""

from __future__ import annotations

from typing import Final

from qbsync.model.records import CommitmentType

_STATUSES: Final = {
    CommitmentType.SUBCONTRACT: ("Approved", "Complete"),
    CommitmentType.PURCHASE_ORDER: ("Approved", "Partially Received", "Received", "Closed"),
}
_APPROVED: Final = "approved"
_INVOICE_STATUSES: Final = ("approved", "approved_as_noted", "pending_owner_approval")


def commitment_hindrance(kind: CommitmentType, status: str) -> str:
    """Why a commitment of that status is not exported; empty where it is."""
    allowed = _STATUSES[kind]
    if status.casefold() in {name.casefold() for name in allowed}:
        return ""
    what = kind.value.replace("_", " ")
    return f"The {what} {_now(status)} in Procore; it is exported once it is {_either(allowed)}."


def change_order_hindrance(status: str) -> str:
    """Why a change order of that status is not exported; empty where it is."""
    if status.casefold() == _APPROVED:
        return ""
    return f"The change order {_now(status)} in Procore; it is exported once it is approved."


def invoice_hindrance(status: str) -> str:
    """Why an invoice of that status is not exported; empty where it is."""
    if status.casefold() in _INVOICE_STATUSES:
        return ""
    allowed = _either(tuple(_words(name) for name in _INVOICE_STATUSES))
    return f"The invoice {_now(status)} in Procore; it is exported once it is {allowed}."


def budget_hindrance(*, locked: bool) -> str:
    """Why a budget is not exported; empty where it is."""
    return "" if locked else "The budget is not locked in Procore; it is exported once it is."


def project_hindrance(*, active: bool) -> str:
    """Why a project is not exported; empty where it is."""
    return "" if active else "The project is not active in Procore."


def vendor_hindrance(*, active: bool) -> str:
    """Why a vendor is not exported; empty where it is."""
    return "" if active else "The vendor is not active in Procore's directory."


def _either(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"


def _now(status: str) -> str:
    return f"is {_words(status)!r}" if status else "has no status"


def _words(status: str) -> str:
    return status.replace("_", " ")
