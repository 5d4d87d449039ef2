"""What every step of the conversation works with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from qbsync.flows.world import LINK_TO, World
from qbsync.model.records import RecordKey
from qbsync.qbxml.versions import BASELINE, Edition, QbxmlVersion
from qbsync.store.tables import ConnectionRow, JobRow, SessionRow
from qbsync.store.writebacks import Owed


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One call of one session, inside its transaction; the connection's row is locked."""

    world: World
    session: SessionRow
    now: datetime
    moved: list[RecordKey] = field(default_factory=list)
    """Records whose jobs moved; once an answer is applied, who waited for them is looked at again."""
    owed: list[Owed] = field(default_factory=list)
    """What Procore is to be told; kept all at once when the answer is applied."""

    @property
    def tx(self) -> Session:
        """The transaction."""
        return self.world.tx

    @property
    def connection(self) -> ConnectionRow:
        """The connection."""
        return self.world.connection

    @property
    def version(self) -> QbxmlVersion:
        """The qbXML version both sides know."""
        text = self.connection.company_seen.get("version")
        return QbxmlVersion.parse(text) if text else BASELINE

    @property
    def edition(self) -> Edition:
        """The edition of QuickBooks that is open."""
        return Edition(self.connection.company_seen.get("edition", Edition.US.value))


def stands(job: JobRow) -> dict[str, str]:
    """Where a job stands when a question about it goes out; the answer to one that moved on is history.

    A person may name a record for it, or another one, while QuickBooks looks for what was asked.
    """
    return {"step": job.step, "named": job.choices.get(LINK_TO, "")}
