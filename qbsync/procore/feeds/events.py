"""What a feed tells the filling of the queue, in the order in which it must be stored."""

from __future__ import annotations

from dataclasses import dataclass

from qbsync.model.records import Record, RecordKey, RecordKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One record as Procore now has it.

    `why_not` says in a sentence why it is not exportable; the lines of a commitment that is not exportable
    are not asked for and are empty. `origin_id` is what Procore carries for it now, None for nothing.
    """

    record: Record
    exportable: bool
    why_not: str = ""
    origin_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A record that was deleted or withdrawn in Procore; `why` ends the sentence "it was"."""

    key: RecordKey
    why: str = "deleted in Procore"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectCode:
    """A cost code as one project has it; `standard_id` is None for a code of the project's own."""

    procore_id: str
    standard_id: str | None
    full_code: str
    origin_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectCodes:
    """All cost codes that a project has now; `unread` are the ids of those that could not be read."""

    project_id: str
    codes: tuple[ProjectCode, ...]
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A record whose payload could not be used; the others go on. `message` says which field and why."""

    kind: RecordKind
    procore_id: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One part of Procore that could not be read now; its mark stays, so the next pull asks again."""

    where: str
    message: str
    guidance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A cursor to commit once everything before it is stored; the next pull is given it back as it is."""

    stream: str
    value: str


FeedEvent = Seen | Gone | ProjectCodes | Unreadable | Trouble | Mark
