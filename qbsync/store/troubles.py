"""What could not be read or done, in words, until it can; written past the session, read as it is there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from qbsync.model.records import RecordKey
from qbsync.store.notice_tables import TroubleRow
from qbsync.store.upserts import upsert

_CHUNK = 500
"""Values in one IN list."""
_OVER = sa.delete(TroubleRow.metadata.tables[TroubleRow.__tablename__]).where(
    TroubleRow.connection_id == sa.bindparam("of"), TroubleRow.subject == sa.bindparam("about")
)


def subject_of(key: RecordKey) -> str:
    """The subject of the trouble that one record cannot be read: "invoice 128061"."""
    return f"{key.kind.words} {key.procore_id}"


def with_records(tx: Session, connection_id: int, keys: Iterable[RecordKey]) -> Mapping[RecordKey, str]:
    """Why each of those records cannot be read, of those that cannot until they are read."""
    by_subject = {subject_of(key): key for key in keys}
    subjects = sorted(by_subject)
    found: dict[RecordKey, str] = {}
    for start in range(0, len(subjects), _CHUNK):
        rows = tx.execute(
            sa.select(TroubleRow.subject, TroubleRow.message).where(
                TroubleRow.connection_id == connection_id,
                TroubleRow.lasting,
                TroubleRow.subject.in_(subjects[start : start + _CHUNK]),
            )
        )
        found.update((by_subject[subject], message) for subject, message in rows)
    return found


def keep(
    tx: Session,
    connection_id: int,
    subject: str,
    *,
    message: str,
    guidance: str,
    now: datetime,
    lasting: bool = True,
) -> None:
    """Keep what could not be read, to be shown until it can."""
    values = {
        "connection_id": connection_id,
        "subject": subject,
        "message": message,
        "guidance": guidance,
        "lasting": lasting,
        "at": now,
    }
    tx.connection().execute(upsert(tx, TroubleRow), values)


def over(tx: Session, connection_id: int, subject: str) -> None:
    """What could not be read can be read again."""
    tx.connection().execute(_OVER, {"of": connection_id, "about": subject})


def readable(tx: Session, connection_id: int, key: RecordKey) -> None:
    """A record can be read again, or is gone."""
    over(tx, connection_id, subject_of(key))


def clear_procore(
    tx: Session, connection_id: int, before: datetime, *, not_asked: Collection[str] = ()
) -> None:
    """Drop what a later pull did not meet again, but for what is over only when it is read.

    What concerns a project that this pull did not ask stays too; such a trouble's subject ends with
    "project ID".
    """
    of_others = tuple(f"project {project_id}" for project_id in not_asked)
    for row in listing(tx, connection_id):
        if row.at < before and not row.lasting and not row.subject.endswith(of_others):
            over(tx, connection_id, row.subject)


def listing(tx: Session, connection_id: int) -> Sequence[TroubleRow]:
    """What the last pulls could not read."""
    return tx.scalars(
        sa.select(TroubleRow)
        .where(TroubleRow.connection_id == connection_id)
        .order_by(TroubleRow.subject)
        .execution_options(populate_existing=True)
    ).all()
