"""The direct feed: any Procore company's records, polled over the public REST API."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from qbsync.errors import ProcorePayloadError
from qbsync.model.records import CommitmentType, RecordKind
from qbsync.procore.client import ProcoreClient
from qbsync.procore.feeds.budgets import BudgetStream
from qbsync.procore.feeds.change_orders import ChangeOrderStream
from qbsync.procore.feeds.coding import Coding
from qbsync.procore.feeds.contracts import STREAMS, ContractStream
from qbsync.procore.feeds.cost_codes import CostCodes, followed_list, project_codes, standard_codes
from qbsync.procore.feeds.cursors import Cursor, format_moment, is_due
from qbsync.procore.feeds.events import FeedEvent, Mark, Seen, Trouble, Unreadable
from qbsync.procore.feeds.exportable import project_hindrance
from qbsync.procore.feeds.guard import Guard
from qbsync.procore.feeds.invoices import InvoiceStream
from qbsync.procore.feeds.polling import Polled, Polling
from qbsync.procore.feeds.vendors import inactive_vendors, vendor
from qbsync.procore.payloads.directory import ProjectPayload
from qbsync.procore.payloads.shape import id_in, moment_in, read

_PROJECTS: Final = "projects"
_READ_WHOLE: Final = ("cost_codes", "budgets")
"""Streams of a project whose records are no news: they come with every reading."""
_PROJECTS_READ: Final = "projects_read"
FOLLOWED, HIDDEN = "active", "hidden"
_INACTIVE = "inactive"


def _everything(_stream: str) -> bool:
    return True


class DirectFeed:
    """Reads what changed in one company, in the order in which QuickBooks needs it.

    Standard cost codes, vendors, projects, then each active project's cost codes, subcontracts, purchase
    orders, budget, change orders and invoices. `full_reads_every` spaces what has no filter on updated_at
    (cost codes, inactive vendors, budgets); zero reads it in each pull. `projects_every` is how often the
    project list is read whole: a project that was newly permitted to the service account has no new
    updated_at. `wants` says of each stream, such as "vendors" or "subcontracts/594012", whether it is read;
    `polling` which projects are asked, without it all: one that it has not asked for an hour whatever
    `wants` says is asked for everything.
    """

    def __init__(
        self,
        client: ProcoreClient,
        *,
        company_id: int | str,
        standard_cost_code_list: str = "",
        full_reads_every: timedelta = timedelta(0),
        projects_every: timedelta = timedelta(hours=1),
        adds_budget_changes: bool = True,
        wants: Callable[[str], bool] = _everything,
        reads_cost_types: bool = False,
        polling: Polling | None = None,
    ) -> None:
        self._client = client
        self._company_id = str(company_id)
        self._wanted_list = standard_cost_code_list.strip()
        self._full_reads_every = full_reads_every
        self._projects_every = projects_every
        self._adds_budget_changes = adds_budget_changes
        self._wants = wants
        self._reads_cost_types = reads_cost_types
        self._polling = polling

    def pull(self, marks: Mapping[str, str], now: datetime) -> Iterator[FeedEvent]:
        """Everything that changed since `marks`, as a stream; calls are made as events are taken.

        Store what precedes a Mark before the Mark. A tool of a project that refuses or does not answer gives
        a Trouble and the rest goes on; ProcoreAuthError, ProcoreLimitedError, refusals for the whole company
        and ProcoreUnavailableError of the company's lists, or of three tools in a row, are raised, and the
        marks given so far stand. ConfigError where the cost code list is not decided.
        """
        list_id = yield from followed_list(
            self._client, self._wanted_list, marks, now, self._full_reads_every
        )
        if self._wants("standard_cost_codes"):
            yield from self._whole(
                f"standard_cost_codes/{list_id}",
                marks,
                now,
                lambda: standard_codes(self._client, list_id, marks),
            )
        if self._wants("vendors"):
            yield from self._vendors(marks, now)
            yield from self._whole(
                "inactive_vendors",
                marks,
                now,
                lambda: inactive_vendors(self._client, self._company_id, marks),
            )
        followed = {
            stream.partition("/")[2]: None
            for stream, value in marks.items()
            if stream.startswith(f"{_PROJECTS}/") and value == FOLLOWED
        }
        if self._wants("projects"):
            yield from self._projects(marks, now, followed)
        guard = Guard()
        coding = Coding(self._client, self._company_id, cost_types=self._reads_cost_types)
        for project_id in self._polling.due(followed, marks, now) if self._polling else followed:
            yield from self._project(project_id, list_id, marks, now, guard=guard, coding=coding)

    def _vendors(self, marks: Mapping[str, str], now: datetime) -> Iterator[FeedEvent]:
        cursor = Cursor("vendors", marks)
        query = {"company_id": self._company_id, "view": "extended", **cursor.filters(now)}
        for raw in self._client.get_all("/rest/v1.0/vendors", query):
            yield _event(raw, RecordKind.VENDOR, vendor)
            cursor.saw(id_in(raw), moment_in(raw, "updated_at"), now)
        yield from cursor.marks()

    def _projects(
        self, marks: Mapping[str, str], now: datetime, followed: dict[str, None]
    ) -> Iterator[FeedEvent]:
        """The changed projects; `followed` and each project's own mark are brought up to date."""
        cursor = Cursor(_PROJECTS, marks)
        whole = is_due(marks.get(_PROJECTS_READ, ""), now, self._projects_every)
        query = {
            "company_id": self._company_id,
            "view": "normal",
            "filters[by_status]": "All",
            **({} if whole else cursor.filters(now)),
        }
        listed: set[str] = set()
        for raw in self._client.get_all("/rest/v1.1/projects", query, per_page=300):
            event = _event(raw, RecordKind.PROJECT, _project)
            listed.add(id_in(raw))
            yield event
            if isinstance(event, Seen):
                yield from _follow(event, followed, marks)
            cursor.saw(id_in(raw), moment_in(raw, "updated_at"), now)
        if whole:
            yield from _hidden(followed, listed)
            yield Mark(stream=_PROJECTS_READ, value=format_moment(now))
        yield from cursor.marks()

    def _project(
        self,
        project_id: str,
        list_id: str,
        marks: Mapping[str, str],
        now: datetime,
        *,
        guard: Guard,
        coding: Coding,
    ) -> Iterator[FeedEvent]:
        polled = Polled(project_id, marks)
        streams = self._streams(project_id, list_id, marks, now)
        whole = self._polling is not None and polled.lacks_whole(now)
        asked = {name for name in streams if whole or self._wants(f"{name}/{project_id}")}
        for name, (words, events) in streams.items():
            if name in asked:
                told = events if name in _READ_WHOLE else polled.watch(events)
                yield from guard.over(f"{words} of project {project_id}", coding.over(told))
        if asked:
            every = len(asked) == len(streams)
            yield polled.mark(now, asked=every or self._polling is not None, whole=every)

    def _streams(
        self, project_id: str, list_id: str, marks: Mapping[str, str], now: datetime
    ) -> dict[str, tuple[str, Iterable[FeedEvent]]]:
        """What there is to read of a project, by stream and in order; nothing is asked before it is taken."""
        client = self._client
        codes = CostCodes(client=client, project_id=project_id)
        read_codes = self._whole(f"cost_codes/{project_id}", marks, now, lambda: project_codes(codes))
        found: dict[str, tuple[str, Iterable[FeedEvent]]] = {"cost_codes": ("cost codes", read_codes)}
        for kind in CommitmentType:
            stream = ContractStream(client=client, kind=kind, project_id=project_id, list_id=list_id)
            found[STREAMS[kind]] = (f"{kind.value.replace('_', ' ')}s", stream.pull(marks, now))
        budget = BudgetStream(
            client=client,
            company_id=self._company_id,
            project_id=project_id,
            list_id=list_id,
            codes=codes,
            adds_changes=self._adds_budget_changes,
            read_every=self._full_reads_every,
        )
        orders = ChangeOrderStream(client=client, project_id=project_id, list_id=list_id)
        invoices = InvoiceStream(
            client=client,
            project_id=project_id,
            list_id=list_id,
            codes=codes,
            reads_cost_types=self._reads_cost_types,
        )
        found["budgets"] = ("budget", budget.pull(marks, now))
        found["change_orders"] = ("change orders", orders.pull(marks, now))
        found["invoices"] = ("invoices", invoices.pull(marks, now))
        return found

    def _whole(
        self,
        stream: str,
        marks: Mapping[str, str],
        now: datetime,
        read_all: Callable[[], Iterable[FeedEvent]],
    ) -> Iterator[FeedEvent]:
        """A list that can only be read whole, if it is due; its mark holds when it was read."""
        if is_due(marks.get(stream, ""), now, self._full_reads_every):
            yield from read_all()
            yield Mark(stream=stream, value=format_moment(now))


def _event(raw: Any, kind: RecordKind, make: Callable[[Any], Seen]) -> Seen | Unreadable:  # noqa: ANN401
    try:
        return make(raw)
    except ProcorePayloadError as error:
        return Unreadable(kind=kind, procore_id=id_in(raw), message=error.for_people())


def _project(raw: Any) -> Seen:  # noqa: ANN401
    payload = read(ProjectPayload, raw, what="a project")
    why_not = project_hindrance(active=payload.active)
    return Seen(
        record=payload.to_record(),
        exportable=not why_not,
        why_not=why_not,
        origin_id=payload.origin_id or None,
    )


def _follow(event: Seen, followed: dict[str, None], marks: Mapping[str, str]) -> Iterator[Mark]:
    project_id = event.record.procore_id
    state = FOLLOWED if event.exportable else _INACTIVE
    if event.exportable:
        followed[project_id] = None
    else:
        followed.pop(project_id, None)
    if marks.get(f"{_PROJECTS}/{project_id}") != state:
        yield Mark(stream=f"{_PROJECTS}/{project_id}", value=state)


def _hidden(followed: dict[str, None], listed: set[str]) -> Iterator[FeedEvent]:
    for project_id in [one for one in followed if one not in listed]:
        del followed[project_id]
        yield Trouble(
            where=f"project {project_id}",
            message=f"Procore no longer shows project {project_id} to this account.",
            guidance="If qbsync is to go on with it, a Procore administrator adds it to the permitted "
            "projects of the app's service account.",
        )
        yield Mark(stream=f"{_PROJECTS}/{project_id}", value=HIDDEN)
