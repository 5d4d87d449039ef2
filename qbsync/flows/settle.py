"""Settling what Procore is owed: sent in bulk, each row settled as soon as Procore has answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from qbsync.errors import ProcoreError, ProcoreLimitedError, ProcoreUnavailableError, Recovery
from qbsync.flows import costs, imports, payments
from qbsync.flows.erp import telling
from qbsync.flows.review import Desk
from qbsync.procore.client import ProcoreClient
from qbsync.procore.writebacks import IDS, Result, Target, Writeback, send
from qbsync.store import audit, connections, writebacks
from qbsync.store.engine import Database
from qbsync.store.tables import WritebackRow
from qbsync.store.writebacks import WritebackState

_PERSON_WAIT = timedelta(minutes=15)
"""How long to leave alone what a person must mend first (a wrong secret, a missing right)."""


@dataclass(slots=True, kw_only=True)
class Settled:
    """What one pass told Procore; `error` is why it stopped, empty where it did not."""

    done: int = 0
    refused: int = 0
    postponed: int = 0
    error: str = ""
    exit_code: int = 0
    """How a command ends that stopped for this error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pass:
    """When this pass began, and what keeps others from beginning one."""

    now: datetime
    renew: Callable[[], None]


def push(
    database: Database,
    connection_id: int,
    client: ProcoreClient,
    now: datetime,
    *,
    whatever_the_backoff: bool = False,
    renew: Callable[[], None] = lambda: None,
) -> Settled:
    """Tell Procore everything that is due, lines before headers; a call that fails postpones its rows.

    One endpoint in trouble does not keep the others waiting; a refused sign-in, a limit or no answer does.
    `renew` is called as it goes, and what it raises ends the pass: what Procore did not answer stays owed.
    """
    settled = Settled()
    tried: set[int] = set()
    while True:
        telling.prepare(database, connection_id, now)
        with database.read() as tx:
            due = writebacks.due(tx, connection_id, now, whatever_the_backoff=whatever_the_backoff)
        rows = [row for row in due if row.id not in tried]
        tried.update(row.id for row in rows)
        if not rows or not _send(database, client, rows, settled, _Pass(now=now, renew=renew)):
            return settled


def _send(
    database: Database, client: ProcoreClient, rows: Sequence[WritebackRow], settled: Settled, this: _Pass
) -> bool:
    """Tell Procore these; False where nothing else can be told now either."""
    now = this.now
    open_ids = {row.id for row in rows}
    try:
        for result in _results(database, client, rows, this):
            if result.postponed is not None:
                open_ids.discard(result.id)
                _postpone(database, [result.id], result.postponed, now, settled)
                this.renew()
                continue
            with database.write() as tx:
                if result.record is not None:
                    connections.lock(tx, rows[0].connection_id)  # a link is made; the drain locks first too
                for row in writebacks.still_open(tx, [result.id]):
                    writebacks.settle(row, now, refused=result.refused)
                    _keep_told(tx, row, result, now)
            open_ids.discard(result.id)
            if result.refused is None:
                settled.done += 1
            else:
                settled.refused += 1
            this.renew()  # after what was answered is kept: a lease that is lost loses no answer
    except ProcoreError as error:
        _postpone(database, open_ids, error, now, settled)
        return False
    return True


def _results(
    database: Database, client: ProcoreClient, rows: Sequence[WritebackRow], this: _Pass
) -> Iterator[Result]:
    """Ids first, then imports, then payments, whose invoices should show as synced, then job costs."""
    owed = [_writeback(row) for row in rows]
    yield from send(client, client.company_id, [one for one in owed if one.target in IDS])
    brought = [row for row in rows if Target(row.target) in imports.IMPORTS]
    yield from imports.send(database, client, brought)
    paid = [one for one in owed if one.target is Target.CONTRACT_PAYMENT]
    yield from payments.send(database, client, rows[0].connection_id, paid)
    yield from costs.send(
        database, client, [row for row in rows if row.target == Target.JOB_COSTS.value], this.renew
    )
    yield from telling.send(database, client, rows, _writeback, this.now)


def _keep_told(tx: Session, row: WritebackRow, result: Result, now: datetime) -> None:
    """Keep what Procore has now of an import, of a payment, or of a project's costs."""
    if Target(row.target) in imports.IMPORTS:
        imports.told(tx, row, result, now)
    if result.procore_id is not None:
        payments.told(tx, row, result.procore_id)
    if row.target == Target.JOB_COSTS.value and result.refused is None:
        costs.told(tx, row)


def _postpone(
    database: Database, ids: Iterable[int], error: ProcoreError, now: datetime, settled: Settled
) -> None:
    settled.error = error.for_people()
    settled.exit_code = error.exit_code
    with database.write() as tx:
        for row in writebacks.still_open(tx, ids):
            settled.postponed += 1
            writebacks.postpone(row, now, now + _rest(error, row.attempts), error.for_people())


def owe_again(desk: Desk, writeback_id: int) -> None:
    """Owe Procore a refused or resting write-back once more, now; raises StateError where that is moot."""
    with desk.database.write() as tx:
        row = writebacks.get(tx, writeback_id)
        if row.target in payments.TARGETS and row.state == WritebackState.REFUSED.value:
            payments.bring_up_to_date(tx, row)
        writebacks.again(tx, row, desk.now)
        audit.note(
            tx,
            actor=desk.actor,
            action="retry",
            subject=f"write-back {row.id}",
            now=desk.now,
            connection_id=row.connection_id,
        )


def _rest(error: ProcoreError, attempts: int) -> timedelta:
    if isinstance(error, ProcoreLimitedError | ProcoreUnavailableError) and error.retry_after:
        return timedelta(seconds=error.retry_after)
    if error.recovery is Recovery.RETRY:
        return timedelta(minutes=min(60, 2**attempts))
    return _PERSON_WAIT


def _writeback(row: WritebackRow) -> Writeback:
    return Writeback(
        id=row.id,
        target=Target(row.target),
        scope=row.scope,
        item_id=row.item_id,
        origin_id=row.origin_id,
        origin_data=row.origin_data,
    )
