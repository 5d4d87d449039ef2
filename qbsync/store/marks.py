"""How far each stream has been read, what a pull could not read, and the cost codes of projects."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from qbsync.store.notice_tables import TroubleRow
from qbsync.store.tables import MarkRow, ProjectCodeRow


def all_of(tx: Session, connection_id: int) -> dict[str, str]:
    """Every mark of a connection by its stream."""
    rows = tx.scalars(sa.select(MarkRow).where(MarkRow.connection_id == connection_id))
    return {row.stream: row.value for row in rows}


def of_procore(tx: Session, connection_id: int) -> dict[str, str]:
    """The marks of what is read from Procore: what its feed is given back."""
    kept = all_of(tx, connection_id)
    return {stream: value for stream, value in kept.items() if not stream.startswith("quickbooks")}


def one(tx: Session, connection_id: int, stream: str) -> str:
    """One mark; empty where the stream was never read."""
    row = tx.get(MarkRow, (connection_id, stream))
    return "" if row is None else row.value


def put(tx: Session, connection_id: int, stream: str, value: str) -> None:
    """Move a mark."""
    tx.merge(MarkRow(connection_id=connection_id, stream=stream, value=value))


def trouble(
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
    tx.merge(
        TroubleRow(
            connection_id=connection_id,
            subject=subject,
            message=message,
            guidance=guidance,
            lasting=lasting,
            at=now,
        )
    )


def trouble_over(tx: Session, connection_id: int, subject: str) -> None:
    """What could not be read can be read again."""
    tx.execute(
        sa.delete(TroubleRow).where(TroubleRow.connection_id == connection_id, TroubleRow.subject == subject)
    )


def clear_procore_troubles(
    tx: Session, connection_id: int, before: datetime, *, not_asked: Collection[str] = ()
) -> None:
    """Drop what a later pull did not meet again, but for what is over only when it is read.

    What concerns a project that this pull did not ask stays too; such a trouble's subject ends with
    "project ID".
    """
    of_others = tuple(f"project {project_id}" for project_id in not_asked)
    for row in troubles(tx, connection_id):
        if row.at < before and not row.lasting and not row.subject.endswith(of_others):
            tx.delete(row)


def troubles(tx: Session, connection_id: int) -> Sequence[TroubleRow]:
    """What the last pulls could not read."""
    return tx.scalars(
        sa.select(TroubleRow).where(TroubleRow.connection_id == connection_id).order_by(TroubleRow.subject)
    ).all()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectCode:
    """A project's cost code and the company's standard code behind it; `origin_id` is what Procore has."""

    procore_id: str
    standard_id: str
    full_code: str
    origin_id: str


def put_project_codes(
    tx: Session,
    connection_id: int,
    project_id: str,
    codes: Sequence[ProjectCode],
    *,
    unread: Collection[str] = (),
) -> list[str]:
    """Keep the cost codes of a project as Procore now has them, all of them; gives those it has no longer.

    `unread` are there too, but could not be read: what was kept of them stays.
    """
    there = {code.procore_id for code in codes} | set(unread)
    before = project_codes(tx, connection_id, project_id=project_id)
    gone = [row for row in before if row.procore_id not in there]
    for row in gone:
        tx.delete(row)
    for code in codes:
        tx.merge(
            ProjectCodeRow(
                connection_id=connection_id,
                procore_id=code.procore_id,
                project_id=project_id,
                standard_id=code.standard_id,
                full_code=code.full_code,
                origin_id=code.origin_id,
            )
        )
    tx.flush()
    return [row.procore_id for row in gone]


def forget_project_codes(tx: Session, connection_id: int, procore_ids: Iterable[str]) -> None:
    """Forget cost codes that a project has no longer."""
    tx.execute(
        sa.delete(ProjectCodeRow).where(
            ProjectCodeRow.connection_id == connection_id, ProjectCodeRow.procore_id.in_(list(procore_ids))
        )
    )


def project_codes(
    tx: Session, connection_id: int, *, project_id: str | None = None, standard_id: str | None = None
) -> Sequence[ProjectCodeRow]:
    """Cost codes of one project, or of one standard code in every project."""
    query = sa.select(ProjectCodeRow).where(ProjectCodeRow.connection_id == connection_id)
    if project_id is not None:
        query = query.where(ProjectCodeRow.project_id == project_id)
    if standard_id is not None:
        query = query.where(ProjectCodeRow.standard_id == standard_id)
    return tx.scalars(query.order_by(ProjectCodeRow.full_code, ProjectCodeRow.procore_id)).all()
