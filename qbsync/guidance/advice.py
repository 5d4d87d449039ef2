"""The words of guidance: a code's advice, who acts on it, and what the queue does with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Policy(StrEnum):
    """What the queue does with the work that met a code (reference: qbwc-and-qbxml.md, section 4)."""

    OK = "ok"
    EMPTY = "empty"
    """A read found nothing, or not everything; that is an answer."""
    WARN = "warn"
    """Done, with something a person should see."""
    TRANSIENT = "transient"
    """Try again later; nobody need act."""
    REREAD = "reread"
    """Our knowledge is old: read the record again, then try once more."""
    PERMANENT = "permanent"
    """The same request would fail again; it waits for a person."""
    CONFIGURATION = "configuration"
    """Nothing of this connection can work until a setting or a right is changed; it stops."""
    UNKNOWN = "unknown"
    """It may have been executed: find out before anything is sent again."""
    REQUEUE = "requeue"
    """Not executed, and not to blame: send it again unchanged."""
    RESTART = "restart"
    """Begin the read again from its first page."""


class Actor(StrEnum):
    """Who can mend it."""

    NOBODY = "nobody: it is retried"
    BOOKKEEPER = "bookkeeper"
    QUICKBOOKS_ADMIN = "QuickBooks administrator"
    QBSYNC_ADMIN = "qbsync administrator"
    PROCORE_ADMIN = "Procore administrator"
    SUPPORT = "support"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What a code means to a person: what happened, who acts, and the steps in their order."""

    code: str
    """As people quote it: `3100`, `0x80040400`, `QBWC1012`, `procore-403`."""
    title: str
    happened: str
    actor: Actor
    steps: tuple[str, ...]
    policy: Policy

    def for_people(self) -> str:
        """What happened and what to do, in one paragraph."""
        return " ".join((self.happened, *self.steps))


def advice(code: str, policy: Policy, actor: Actor, title: str, happened: str, *steps: str) -> Advice:
    """One row of a table, in the order in which it is best read."""
    return Advice(code=code, title=title, happened=happened, actor=actor, steps=steps, policy=policy)


def table(*rows: Advice) -> Mapping[str, Advice]:
    """Rows by their code; raises ValueError where a code is given twice."""
    found = {row.code: row for row in rows}
    if len(found) != len(rows):
        raise ValueError("a code stands twice in one table")
    return MappingProxyType(found)


def markdown_table(rows: Iterable[Advice]) -> str:
    """Advice as a Markdown table of code, what happened and what to do; ends with a newline."""
    lines = ["| Code | What happened | What to do |", "|---|---|---|"]
    for row in rows:
        cells = (
            row.code,
            f"**{row.title}.** {row.happened}",
            f"*{row.actor[0].upper()}{row.actor[1:]}.* {' '.join(row.steps)}",
        )
        lines.append(f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |")
    return "\n".join(lines) + "\n"
