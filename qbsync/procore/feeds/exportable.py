"""Which of Procore's records may go to QuickBooks, and in words why not (DESIGN.md, "Exportable")."""

from __future__ import annotations

from typing import Final

from qbsync.model.records import CommitmentType

_STATUSES: Final = {
    CommitmentType.SUBCONTRACT: ("Approved", "Complete"),
    CommitmentType.PURCHASE_ORDER: ("Approved", "Partially Received", "Received", "Closed"),
}


def commitment_hindrance(kind: CommitmentType, status: str) -> str:
    """Why a commitment of that status is not exported; empty where it is."""
    allowed = _STATUSES[kind]
    if status.casefold() in {name.casefold() for name in allowed}:
        return ""
    what = kind.value.replace("_", " ")
    now = f"is {status!r}" if status else "has no status"
    return f"The {what} {now} in Procore; it is exported once it is {_either(allowed)}."


def project_hindrance(*, active: bool) -> str:
    """Why a project is not exported; empty where it is."""
    return "" if active else "The project is not active in Procore."


def vendor_hindrance(*, active: bool) -> str:
    """Why a vendor is not exported; empty where it is."""
    return "" if active else "The vendor is not active in Procore's directory."


def _either(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"
