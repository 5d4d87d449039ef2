"""What each job costs, by cost code and cost type, for the ERP tool: figures, each replacing the last.

A call replaces only the figures that it names, so every place that ever was told one is named again: where
nothing is left, with nothing. Figures are reckoned by the worker: the Web Connector waits for none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Final

from sqlalchemy.orm import Session

from qbsync.errors import (
    ProcoreForbiddenError,
    ProcoreMissingError,
    ProcorePayloadError,
    ProcoreRefusedError,
    ProcoreUnavailableError,
)
from qbsync.flows.erp.reckoning import Job, Key, jobs_of, places_told, told_places
from qbsync.model.records import RecordKey, RecordKind
from qbsync.procore.erp.api import ErpApi
from qbsync.procore.refusals import words_of_errors
from qbsync.procore.writebacks import Result, Target
from qbsync.store import connections, marks, writebacks
from qbsync.store.engine import Database
from qbsync.store.tables import WritebackRow
from qbsync.store.writebacks import Owed

_TARGET: Final = Target.ERP_JOB_COSTS.value
EVERY_JOB: Final = "every job"
"""In place of a project: the figures of all of them are to be reckoned, for costs were read."""


def reckon_later(tx: Session, connection_id: int, now: datetime) -> None:
    """Have the worker reckon what every job comes to, and owe what is not as it was last told."""
    every = Owed(key=None, target=_TARGET, item_id=EVERY_JOB, origin_id=None)
    writebacks.owe(tx, connection_id, [every], now)


def owe_changed(database: Database, connection_id: int, now: datetime) -> None:
    """Owe Procore the figures of each job that are not as it was last told, if that is to be looked at.

    They are reckoned without a lock; what changes meanwhile is owed by the next look.
    """
    with database.read() as tx:
        asked = writebacks.newest(tx, connection_id, _TARGET, EVERY_JOB)
        jobs = {} if asked is None else jobs_of(tx, connection_id, now.date())
    if asked is None:
        return
    with database.write() as tx:
        connections.lock(tx, connection_id)
        for row in writebacks.still_open(tx, [asked.id]):
            tx.delete(row)
        # those are reckoned when they are sent, and a budget's have their turn
        under_way = writebacks.open_items(tx, connection_id, _TARGET, jobs)
        owed = [
            Owed(
                key=RecordKey(kind=RecordKind.PROJECT, procore_id=project_id),
                target=_TARGET,
                item_id=project_id,
                origin_id=job.fingerprint,
                scope={"project_id": project_id},
            )
            for project_id, job in jobs.items()
            if project_id not in under_way
            and job.fingerprint != marks.one(tx, connection_id, _told(project_id))
        ]
        writebacks.owe(tx, connection_id, owed, now)


def forget(tx: Session, connection_id: int, project_id: str, places: Iterable[Key] | None = None) -> None:
    """Procore has these places of a project no longer, or, where none is named, nothing of the project."""
    left = [] if places is None else sorted(told_places(tx, connection_id, project_id) - set(places))
    marks.put(tx, connection_id, _told(project_id), "")
    marks.put(tx, connection_id, places_told(project_id), json.dumps(left))


def _about_to_tell(tx: Session, connection_id: int, project_id: str, job: Job) -> None:
    """Keep which places Procore may have figures of from now on, whatever becomes of the call."""
    places = told_places(tx, connection_id, project_id) | job.rows.keys()
    marks.put(tx, connection_id, places_told(project_id), json.dumps(sorted(places)))
    marks.put(tx, connection_id, _told(project_id), "")


def send(database: Database, api: ErpApi, rows: Sequence[WritebackRow], today: date) -> Iterator[Result]:
    """Tell each of these jobs' figures as they are now, a call a thousand; all are one connection's.

    A job that is not linked any more is told nothing.
    """
    named = [row for row in rows if row.item_id != EVERY_JOB]
    if not named:
        return
    with database.read() as tx:
        jobs = jobs_of(tx, named[0].connection_id, today, only={row.item_id for row in named})
    for row in named:
        job = jobs.get(row.item_id)
        if job is None or not job.rows:
            yield Result(id=row.id, refused=None)
            continue
        with database.write() as tx:
            _about_to_tell(tx, row.connection_id, row.item_id, job)
        result = _send_one(api, row, job)
        if result.refused is None and result.postponed is None:
            with database.write() as tx:
                marks.put(tx, row.connection_id, _told(row.item_id), job.fingerprint)
        yield result


def _send_one(api: ErpApi, row: WritebackRow, job: Job) -> Result:
    try:
        answers = api.job_costs(job.job_id, job.updates())
    except (ProcoreForbiddenError, ProcoreMissingError, ProcoreRefusedError) as error:
        return Result(id=row.id, refused=error.for_people())
    except (ProcoreUnavailableError, ProcorePayloadError) as error:
        if isinstance(error, ProcoreUnavailableError) and "status" not in error.context:
            raise
        return Result(id=row.id, refused=None, postponed=error)
    errors = [words_of_errors(one.get("errors")) for answer in answers for one in answer.errors]
    return Result(id=row.id, refused="; ".join(errors[:3]) or None)


def _told(project_id: str) -> str:
    return f"told/figures/{project_id}"
