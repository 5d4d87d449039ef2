"""What a feed tells the filling of the queue, in the order in which it must be stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from qbsync.model.records import Record, RecordKey, RecordKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One record as Procore now has it.

    `why_not` says in a sentence why it is not exportable; the lines of a commitment that is not exportable
    are not asked for and are empty. `origin_id` is what Procore carries for it now, None for nothing;
    `named` what it carries for others, as far as a commitment's payload shows them.
    """

    record: Record
    exportable: bool
    why_not: str = ""
    origin_id: str | None = None
    named: Mapping[RecordKey, str] = field(default_factory=dict, compare=False)


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
    """All cost codes that a project has now; `unread` are the ids of those that could not be read.

    Trouble with any other of its codes is over: `code_place` says where each is.
    """

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
    """One part of Procore that could not be read now; its mark stays, so the next pull asks again.

    A `lasting` one is over only when that very part was read: it is not asked for in each pull.
    """

    where: str
    message: str
    guidance: str
    lasting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A cursor to commit once everything before it is stored; the next pull is given it back as it is."""

    stream: str
    value: str


def code_place(project_id: str, code_id: str) -> str:
    """Where a Trouble with one cost code of a project is."""
    return f"cost code {code_id} of project {project_id}"


def is_code_place(where: str, project_id: str) -> bool:
    """Whether a Trouble there is with one cost code of that project."""
    return where.startswith("cost code ") and where.endswith(f" of project {project_id}")


FeedEvent = Seen | Gone | ProjectCodes | Unreadable | Trouble | Mark
