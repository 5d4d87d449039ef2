"""What went wrong with one piece of the ERP feed's work: kept for people to see, while the rest goes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from qbsync.errors import ProcoreError, ProcorePayloadError, ProcoreUnavailableError, QbsyncError
from qbsync.flows.delivered import NOT_THERE
from qbsync.store import erp, troubles
from qbsync.store.engine import Database
from qbsync.store.erp import Purpose, RequestState

_REQUEST: Final = "ERP request "
_SHOWN: Final = timedelta(days=3)
"""How long it is shown that a request which is done could not be answered."""


def no_answer(error: QbsyncError) -> bool:
    """Whether nobody answered at all, so that nothing else can be asked now either."""
    return isinstance(error, ProcoreUnavailableError) and "status" not in error.context


def kept(
    database: Database, connection_id: int, subject: str, do: Callable[[], object], now: datetime
) -> ProcoreError | None:
    """What went wrong, None where nothing did; it is shown on the connection's page, and stops nothing else.

    Raises what keeps everything else waiting too: no token, no calls left, nobody there.
    """
    found: ProcoreError | None = None
    try:
        do()
    except (*NOT_THERE, ProcorePayloadError, ProcoreUnavailableError) as error:
        if no_answer(error):
            raise
        found = error
    with database.write() as tx:
        troubles.over(tx, connection_id, subject)
        if found is not None:
            troubles.keep(tx, connection_id, subject, message=found.message, guidance=found.guidance, now=now)
    return found


def of_request(request_id: str) -> str:
    """Under which a connection keeps what went wrong with a request."""
    return f"{_REQUEST}{request_id}"


def tell_unheard(tx: Session, connection_id: int, request_id: str, now: datetime) -> None:
    """Show what a request came to where Procore shows no request detail by which to say it there."""
    for part in erp.of_its_request(tx, connection_id, request_id):
        waits = part.purpose in (Purpose.EXPORT.value, Purpose.UNLINK.value)
        if part.detail_id or not (waits or part.messages):
            continue
        said = " ".join(str(one) for one in part.messages)
        what = str(part.items.get("header", "")).replace("_", " ").replace(":", " ") or "what it asks for"
        troubles.keep(
            tx,
            connection_id,
            of_request(request_id),
            message=f"Procore shows no request detail for {what}, so it hears of no answer. {said}".strip(),
            guidance="Look at the record in Procore's ERP tool; if it stays under way, export it again.",
            now=now,
        )


def forget_told(tx: Session, connection_id: int, now: datetime) -> None:
    """Show no longer what was told of a request that was done, or given up, days ago."""
    for row in troubles.listing(tx, connection_id):
        if row.subject.startswith(_REQUEST) and now - row.at >= _SHOWN:
            request = erp.of_request(tx, connection_id, row.subject.removeprefix(_REQUEST))
            if request is None or request.state != RequestState.NEW.value:
                tx.delete(row)
