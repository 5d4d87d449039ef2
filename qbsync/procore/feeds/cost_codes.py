"""The company's standard cost codes of the chosen list, and each project's own copy of them."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from qbsync.errors import ConfigError, ProcorePayloadError
from qbsync.model.records import RecordKey, RecordKind
from qbsync.procore.client import ProcoreClient
from qbsync.procore.feeds.cursors import format_moment, is_due
from qbsync.procore.feeds.events import (
    FeedEvent,
    Gone,
    Mark,
    ProjectCode,
    ProjectCodes,
    Seen,
    Trouble,
    Unreadable,
    code_place,
)
from qbsync.procore.payloads.cost_codes import (
    ProjectCostCodePayload,
    StandardCostCodeListPayload,
    StandardCostCodePayload,
)
from qbsync.procore.payloads.shape import id_in, read

_SUB_JOB = "SubJob"


_CHOSEN = "standard_cost_code_list"
_READ, _IDS = "standard_cost_codes", "standard_cost_code_ids"


@dataclass(frozen=True, slots=True, kw_only=True)
class CostCodes:
    """The cost codes of one project, read whole once in a pull, whoever of its streams needs them."""

    client: ProcoreClient
    project_id: str
    _raws: list[Any] = field(default_factory=list, init=False)

    def raws(self) -> Sequence[Any]:
        """The codes as Procore sent them; asked for again while there are none."""
        if not self._raws:
            query = {"project_id": self.project_id}
            self._raws.extend(self.client.get_all("/rest/v1.0/cost_codes", query))
        return self._raws

    def read(self) -> list[ProjectCostCodePayload]:
        """The codes; raises ProcorePayloadError for the first that cannot be used."""
        what = f"a cost code of project {self.project_id}"
        return [read(ProjectCostCodePayload, raw, what=what) for raw in self.raws()]


def chosen_list(client: ProcoreClient, wanted: str) -> StandardCostCodeListPayload:
    """The standard cost code list of that name or id; without one the ERP list, else the only one.

    Raises ConfigError, naming the lists there are, where that does not decide.
    """
    raws = client.get_all("/rest/v1.0/standard_cost_code_lists", {"company_id": client.company_id})
    lists = [read(StandardCostCodeListPayload, raw, what="a standard cost code list") for raw in raws]
    named = ", ".join(f"{one.name} ({one.id})" for one in lists) or "none"
    if wanted:
        fitting = [one for one in lists if wanted.casefold() in (one.id, one.name.casefold())]
        problem = f"Procore has no single standard cost code list {wanted!r}."
    else:
        fitting = [one for one in lists if one.is_erp_list] or lists
        problem = "Which of Procore's standard cost code lists belongs to QuickBooks cannot be told."
    if len(fitting) != 1:
        raise ConfigError(
            problem,
            guidance=f"Lists in Procore: {named}. Choose one with "
            "`qbsync connection set NAME standard_cost_code_list=LIST`.",
        )
    return fitting[0]


def followed_list(
    client: ProcoreClient, wanted: str, marks: Mapping[str, str], now: datetime, every: timedelta
) -> Generator[FeedEvent, None, str]:
    """Gives the id of the chosen list, asked for where that is due; the codes of a former one are Gone.

    Its mark reads "2026-05-20T22:10:09Z;3301;QuickBooks": when it was asked, the list, and what was wanted.
    """
    read_at, _, chosen = marks.get(_CHOSEN, "").partition(";")
    list_id, _, kept_wanted = chosen.partition(";")
    if not list_id or kept_wanted != wanted or is_due(read_at, now, every):
        list_id = chosen_list(client, wanted).id
        yield Mark(stream=_CHOSEN, value=f"{format_moment(now)};{list_id};{wanted}")
    yield from _former(list_id, marks)
    return list_id


def _former(list_id: str, marks: Mapping[str, str]) -> Iterator[FeedEvent]:
    """The codes of every other list that was once chosen; should it be chosen again, it is read anew."""
    for stream, ids in marks.items():
        former = stream.removeprefix(f"{_IDS}/")
        if former in (stream, list_id) or not ids:
            continue
        for code_id in ids.split(","):
            yield Gone(
                key=RecordKey(kind=RecordKind.COST_CODE, procore_id=code_id),
                why="of a standard cost code list that is no longer the chosen one",
            )
        yield Mark(stream=stream, value="")
        yield Mark(stream=f"{_READ}/{former}", value="")


def standard_codes(client: ProcoreClient, list_id: str, marks: Mapping[str, str]) -> Iterator[FeedEvent]:
    """Every standard cost code of the list, a parent before its children; those that vanished are Gone.

    A full read: the endpoint documents no filter on updated_at and shows nothing that is deleted.
    """
    query = {"company_id": client.company_id, "standard_cost_code_list_id": list_id, "view": "extended"}
    payloads: list[StandardCostCodePayload] = []
    there: set[str] = set()
    for raw in client.get_all("/rest/v1.0/standard_cost_codes", query):
        there.add(id_in(raw))
        try:
            payloads.append(read(StandardCostCodePayload, raw, what="a standard cost code"))
        except ProcorePayloadError as error:
            yield _unreadable(id_in(raw), error.for_people())
    ordered, circular = parents_first(payloads)
    for payload in ordered:
        yield Seen(record=payload.to_record(), exportable=True, origin_id=payload.origin_id or None)
    for payload in circular:
        yield _unreadable(payload.id, f"The cost code {payload.full_code} is above itself in Procore's list.")
    yield from _vanished(f"{_IDS}/{list_id}", there, marks)


def _vanished(stream: str, there: Collection[str], marks: Mapping[str, str]) -> Iterator[FeedEvent]:
    """The codes of the last reading that this one did not show; its mark holds their ids."""
    before = [one for one in marks.get(stream, "").split(",") if one]
    for gone in before:
        if gone not in there:
            yield Gone(key=RecordKey(kind=RecordKind.COST_CODE, procore_id=gone))
    now = ",".join(sorted(there))
    if now != ",".join(before):
        yield Mark(stream=stream, value=now)


def parents_first(
    payloads: list[StandardCostCodePayload],
) -> tuple[list[StandardCostCodePayload], list[StandardCostCodePayload]]:
    """The codes with each parent before its children, else in their order; and those whose parents circle."""
    by_id = {payload.id: payload for payload in payloads}
    children: dict[str | None, list[StandardCostCodePayload]] = {}
    for payload in payloads:
        parent = payload.parent_id if payload.parent_id in by_id else None
        children.setdefault(parent, []).append(payload)
    ordered: list[StandardCostCodePayload] = []
    row = children.get(None, [])
    while row:
        ordered.extend(row)
        row = [child for payload in row for child in children.get(payload.id, [])]
    reached = {payload.id for payload in ordered}
    return ordered, [payload for payload in payloads if payload.id not in reached]


def project_codes(held: CostCodes) -> Iterator[FeedEvent]:
    """All cost codes of a project but those of sub jobs.

    QuickBooks does not know sub jobs, and their codes may not be written without naming the sub job. It is a
    full read, as the endpoint has no filter on updated_at.
    """
    project_id = held.project_id
    codes: list[ProjectCode] = []
    unread: list[str] = []
    for raw in held.raws():
        try:
            payload = read(ProjectCostCodePayload, raw, what=f"a cost code of project {project_id}")
        except ProcorePayloadError as error:
            unread.append(id_in(raw))
            yield Trouble(
                where=code_place(project_id, id_in(raw)),
                message=error.message,
                guidance=error.guidance,
                lasting=True,
            )
            continue
        if not payload.deleted_at and payload.biller_type != _SUB_JOB:
            codes.append(_project_code(payload))
    yield ProjectCodes(project_id=project_id, codes=tuple(codes), unread=tuple(unread))


def _project_code(payload: ProjectCostCodePayload) -> ProjectCode:
    return ProjectCode(
        procore_id=payload.id,
        standard_id=payload.standard_cost_code_id,
        full_code=payload.full_code or payload.code,
        origin_id=payload.origin_id or None,
    )


def _unreadable(procore_id: str, message: str) -> Unreadable:
    return Unreadable(kind=RecordKind.COST_CODE, procore_id=procore_id, message=message)
