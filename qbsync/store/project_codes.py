"""The cost codes of Procore's projects, and which of the company's standard codes each stands for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from qbsync.store.list_tables import ProjectCodeRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectCode:
    """A project's cost code and the company's standard code behind it; `origin_id` is what Procore has."""

    procore_id: str
    standard_id: str
    full_code: str
    origin_id: str


def put(
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
    before = listing(tx, connection_id, project_id=project_id)
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


def forget(tx: Session, connection_id: int, procore_ids: Iterable[str]) -> None:
    """Forget cost codes that a project has no longer."""
    tx.execute(
        sa.delete(ProjectCodeRow).where(
            ProjectCodeRow.connection_id == connection_id, ProjectCodeRow.procore_id.in_(list(procore_ids))
        )
    )


def listing(
    tx: Session, connection_id: int, *, project_id: str | None = None, standard_id: str | None = None
) -> Sequence[ProjectCodeRow]:
    """Cost codes of one project, or of one standard code in every project."""
    query = sa.select(ProjectCodeRow).where(ProjectCodeRow.connection_id == connection_id)
    if project_id is not None:
        query = query.where(ProjectCodeRow.project_id == project_id)
    if standard_id is not None:
        query = query.where(ProjectCodeRow.standard_id == standard_id)
    return tx.scalars(query.order_by(ProjectCodeRow.full_code, ProjectCodeRow.procore_id)).all()
