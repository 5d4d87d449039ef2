"""What a person can do with a job: the buttons its state allows, and the fields its kind takes at accept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from qbsync.flows import picklists
from qbsync.flows.linking import LISTS, READ_FIRST
from qbsync.flows.review import CHOICES, choices_of
from qbsync.flows.world import LINK_TO
from qbsync.model.jobs import TRANSITIONS, JobEvent, JobState
from qbsync.model.names import Known
from qbsync.model.records import RecordKind
from qbsync.ops.words import CHOICE_WORDS
from qbsync.store import connections

_RETRY = {
    JobState.FAILED: "Retry: send it to QuickBooks again",
    JobState.REJECTED: "Retry: make it ready to export again",
    JobState.IN_DOUBT: "Retry: look in QuickBooks again",
    JobState.SYNCED: "Retry: export it anew",
}
ALL_CHOICES = frozenset(name for names in CHOICES.values() for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One field at accept; `needed` where the job cannot go without, `why` what was found about it."""

    name: str
    label: str
    value: str
    needed: bool
    why: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Desktop:
    """What a person can do with one job now; `accept`, `retry`, `unlink` are buttons' words, else empty."""

    accept: str
    reject: bool
    hold: bool
    release: bool
    cancel: bool
    retry: str
    link: bool
    id_name: str
    unlink: str = ""
    choices: tuple[Choice, ...] = ()
    entries: tuple[Known, ...] = field(default=())


def desktop(tx: Session, job: Mapping[str, Any], given: Mapping[str, str]) -> Desktop:
    """What can be done with a job as the insights give it; `given` is what was typed and not yet taken."""
    state, kind = JobState(job["state"]), RecordKind(job["kind"])
    events = {event for known, event in TRANSITIONS if known is state}
    linked = job["link"] is not None
    links = kind in LISTS or kind in READ_FIRST
    link = links and not linked and (JobEvent.LINK in events or state in _LINKED_OTHERWISE)
    named = "" if linked else str(job["choices"].get(LINK_TO, ""))
    accept = _accept(state, named)
    return Desktop(
        accept=accept,
        reject=JobEvent.REJECT in events,
        hold=JobEvent.HOLD in events,
        release=JobEvent.RELEASE in events,
        cancel=JobEvent.CANCEL in events,
        retry=_retry(state, named, linked=linked),
        link=link,
        id_name="TxnID" if kind in READ_FIRST else "ListID",
        unlink=_unlink(kind) if linked else "",
        choices=_choices(tx, job, given) if accept else (),
        entries=tuple(picklists.of_kind(tx, job["connection"], kind)) if link else (),
    )


def _accept(state: JobState, named: str) -> str:
    """The words of the button; a link that did not come about is given up by it."""
    match state:
        case JobState.STAGED:
            return f"Accept: link it to {named} if it fits" if named else "Accept"
        case JobState.FAILED if named:
            return f"Accept: write it, and do not link it to {named}"
        case _:
            return ""


def _retry(state: JobState, named: str, *, linked: bool) -> str:
    """The words of the button; what a person named as the record is read once more by it."""
    if state is JobState.FAILED and named:
        return f"Retry: read {named} in QuickBooks again, and link it if it fits"
    return "" if state is JobState.SYNCED and linked else _RETRY.get(state, "")


def _unlink(kind: RecordKind) -> str:
    """The words of the button: a vendor's link ends at once."""
    if kind is RecordKind.VENDOR:
        return "Unlink: end the link"
    return "Unlink: end the link, once QuickBooks has shown that it is gone there"


_LINKED_OTHERWISE = (JobState.IN_DOUBT, JobState.QUEUED)
"""States that a link ends by another event than LINK (see flows.linking)."""


def _choices(tx: Session, job: Mapping[str, Any], given: Mapping[str, str]) -> tuple[Choice, ...]:
    options = connections.options_of(connections.named(tx, job["connection"]))
    return tuple(
        Choice(
            name=name,
            label=CHOICE_WORDS[name],
            value=_value(job, name, given),
            needed=name in job["missing"],
            why=_found(job, name),
            offers=tuple(picklists.of_choice(tx, job["connection"], name)),
        )
        for name in choices_of(RecordKind(job["kind"]), job["record"], options)
    )


def _value(job: Mapping[str, Any], name: str, given: Mapping[str, str]) -> str:
    """What was typed, else what was chosen before, else the record's own where another is needed."""
    if name in given:
        return given[name]
    own = job["record"].get(name) if name in job["missing"] else None
    return str(job["choices"].get(name) or own or "")


def _found(job: Mapping[str, Any], name: str) -> tuple[str, ...]:
    review = job["review"]
    findings = [*review.get("problems", ()), *review.get("warnings", ())]
    return tuple(f"{one['message']} {one['guidance']}".strip() for one in findings if one["field"] == name)
