"""Calls to the ERP platform: each endpoint by its name, its candidates in turn, its answers read leniently.

Most answers are not documented (reference, section 7): a 2xx that says nothing usable counts as taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from qbsync.errors import ProcoreError, ProcoreForbiddenError, ProcoreMissingError, ProcoreRefusedError
from qbsync.procore import permissions
from qbsync.procore.client import SYNC_LIMIT, ProcoreClient, number
from qbsync.procore.erp import staging
from qbsync.procore.erp.paths import Endpoint, chosen
from qbsync.procore.erp.requests import ErpRequest, parse
from qbsync.procore.payloads.shape import Id, OptionalId, Payload, Text, read

_NOT_THERE: Final = ("404", "405")
_CLOSED: Final = ("success", "failed", "stale", "rejected")
"""What a detail's status is once it is closed; any other is open (one guide spells it "in progress")."""
_TYPES: Final = frozenset(
    {
        "vendor",
        "project",
        "standard_cost_code",
        "cost_code",
        "cost_type_assignment",
        "budget",
        "work_order_contract",
        "purchase_order_contract",
        "change_order",
        "requisition",
        "contract_payment",
    }
)
"""What can have a detail, as external data name it; that details spell it so is inferred (section 4.2)."""
_CAPITAL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
SUCCESS: Final = "success"
FAILED: Final = "failed"
Update = Mapping[str, object]


class DetailPayload(Payload):
    """A request detail; only id and status are certain."""

    id: Id
    status: Text = ""
    item_id: OptionalId = None
    item_type: Text = ""

    @property
    def is_closed(self) -> bool:
        """Whether Procore takes it for answered."""
        return self.status.casefold() in _CLOSED

    def is_of(self, header: str) -> bool:
        """Whether it may be the detail of that item, "requisition:77": not one of another type we know."""
        item_id = header.partition(":")[2]
        known = self._type in _TYPES
        return self.item_id in (None, item_id) and (not known or self.is_surely_of(header))

    def is_surely_of(self, header: str) -> bool:
        """Whether it names the very type of that item."""
        return self._type == header.partition(":")[0]

    @property
    def _type(self) -> str:
        return _CAPITAL.sub("_", self.item_type.rpartition("::")[2]).casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """The end of a request detail: `messages` say why it failed, none where it did not."""

    detail_id: str
    messages: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """success, or failed with messages."""
        return FAILED if self.messages else SUCCESS


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a bulk call answered: the entities it shows, and the items it refused, as sent with "errors"."""

    entities: tuple[Mapping[str, Any], ...] = ()
    errors: tuple[Mapping[str, Any], ...] = ()


class ErpApi:
    """The ERP platform of one company, through its client.

    `overrides` is the connection's `erp_paths`, `works` which candidate of an endpoint answered earlier. A
    candidate that is not there (404, 405) is followed by the next one; the one that works comes first from
    then on. Raises the client's errors, naming the endpoint that Procore refused.
    """

    def __init__(
        self, client: ProcoreClient, *, overrides: str = "", works: Mapping[str, int] | None = None
    ) -> None:
        self.client = client
        self.works = dict(works or {})
        """The place among its candidates of the one that answered, by endpoint."""
        self.answered: set[str] = set()
        """Endpoints that were there."""
        self.missing: dict[str, ProcoreError] = {}
        """Endpoints of which no candidate is there, and the refusal of the last."""
        self._endpoints = chosen(overrides)

    def request(self, request_id: str) -> ErpRequest:
        """One ERP request, as a webhook names it."""
        return parse(self._call("request", record_id=request_id, repeatable=True))

    def probe(self) -> None:
        """Ask for next to nothing, to see whether the platform answers this account."""
        self._call("details", params={"per_page": "1"}, repeatable=True)

    def details(self, item_id: str = "") -> list[DetailPayload]:
        """The request details of one item, or all that Procore shows, a thousand a page."""
        return self._details(item_id, count(1))

    def some_details(self) -> list[DetailPayload]:
        """The first thousand request details that Procore shows, of whatever item."""
        return self._details("", [1])

    def _details(self, item_id: str, pages: Iterable[int]) -> list[DetailPayload]:
        found: dict[str, DetailPayload] = {}
        for page in pages:
            params = {"per_page": str(SYNC_LIMIT), "page": str(page)}
            params |= {"filters[item_id]": item_id} if item_id else {}
            answer = self._call("details", params=params, repeatable=True)
            rows = [read(DetailPayload, raw, what="a request detail") for raw in _taken(answer).entities]
            new = {one.id: one for one in rows if one.id not in found}
            found |= new
            if len(rows) < SYNC_LIMIT or not new:  # a list that knows no pages shows the same again
                break
        return list(found.values())

    def close(self, closing: Closing) -> None:
        """Close one request detail; never sent twice by itself, since a detail is closed once."""
        body = {"request_detail": _detail(closing)}
        if not closing.messages:
            body["request_detail"].pop("messages")
        self._call("detail", record_id=closing.detail_id, body=body)

    def close_all(self, closings: Sequence[Closing]) -> Taken:
        """Close several details in one call of at most 1000."""
        updates = [{"id": number(one.detail_id), **_detail(one)} for one in closings]
        return _taken(self._call("details_sync", body={"updates": updates}))

    def external_data(self, updates: Sequence[Update]) -> Taken:
        """Set or, with origin_id null, clear the ids of at most 1000 items."""
        return self._sync("external_data", updates)

    def assignments(self, project_id: str, updates: Sequence[Update]) -> Taken:
        """Mark cost types of a project's cost codes as synced."""
        return self._sync("assignments", updates, params={"project_id": project_id})

    def transactions(self, project_id: str, updates: Sequence[Update]) -> Taken:
        """Mark transactions of a project's budget as synced."""
        return self._sync("transactions", updates, {"project_id": number(project_id)})

    def job_costs(self, job_origin_id: str, updates: Sequence[Update]) -> list[Taken]:
        """Set a job's figures by cost code and cost type, a call a thousand; each replaces the last."""
        scope = {"company_id": number(self.client.company_id), "job_origin_id": job_origin_id}
        return [self._sync("job_costs", chunk, scope) for chunk in chunks(updates)]

    def payments(self, updates: Sequence[Update]) -> Taken:
        """Tell payments of invoices, each known by its origin_id."""
        return self._sync("payments", updates, {"company_id": number(self.client.company_id)})

    def staged_records(self, updates: Sequence[Update]) -> list[Taken]:
        """Offer QuickBooks' records for import, each known by its origin_id.

        Those whose type has no staged records go to the older endpoints, and all do where there are none.
        """
        return [taken for chunk in chunks(updates) for taken in self._stage(chunk)]

    def _stage(self, updates: Sequence[Update]) -> list[Taken]:
        try:
            taken = self._sync("staged_records", updates)
        except (ProcoreMissingError, ProcoreRefusedError) as error:
            if error.context.get("status") not in _NOT_THERE:
                raise
            return self._stage_as_before(updates)
        off = [one for one in taken.errors if staging.not_enabled(one)]
        if not off:
            return [taken]
        names = {(one.get("item_type"), one.get("origin_id")) for one in off}
        again = [one for one in updates if (one.get("item_type"), one.get("origin_id")) in names]
        others = tuple(one for one in taken.errors if one not in off)
        return [Taken(entities=taken.entities, errors=others), *self._stage_as_before(again)]

    def _stage_as_before(self, updates: Sequence[Update]) -> list[Taken]:
        scope = {"company_id": number(self.client.company_id)}
        found = [
            self._sync(name, chunk, scope) for name, mine in staging.calls(updates) for chunk in chunks(mine)
        ]
        left = staging.homeless(updates)
        return [*found, Taken(errors=tuple(left))] if left else found

    def delete(self, name: str, record_id: str) -> None:
        """Delete what the endpoint of that name deletes; one that is gone already is no error."""
        try:
            self._call(name, record_id=record_id)
        except ProcoreMissingError:
            return

    def connect(self, service_url: str, metadata: Mapping[str, object]) -> str:
        """Make the ERP connection; gives the id of its standard cost code list, empty where it says none."""
        body = {"connection": {"service_url": service_url, "metadata": metadata}}
        answer = self._call("connection", body=body)
        found = answer.get("standard_cost_code_list_id") if isinstance(answer, dict) else None
        return "" if found is None else str(found)

    def metadata(self, service_url: str, metadata: Mapping[str, object]) -> None:
        """Send the metadata again."""
        body = {"connection": {"service_url": service_url, "metadata": metadata}}
        self._call("metadata", body=body, repeatable=True)

    def _sync(
        self,
        name: str,
        updates: Sequence[Update],
        scope: Mapping[str, object] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Taken:
        body = {**(scope or {}), "updates": list(updates)}
        return _taken(self._call(name, params=params, body=body, repeatable=True))

    def _call(
        self,
        name: str,
        *,
        record_id: str = "",
        params: Mapping[str, str] | None = None,
        body: object = None,
        repeatable: bool = False,
    ) -> Any:  # noqa: ANN401  # JSON
        endpoint = self._endpoints[name]
        refused: ProcoreError | None = None
        for place, (method, template) in self._candidates(endpoint):
            path = template.format(company_id=self.client.company_id, id=record_id)
            try:
                answer = self.client.call(method, path, params=params, body=body, repeatable=repeatable)
            except (ProcoreForbiddenError, ProcoreMissingError, ProcoreRefusedError) as error:
                refused = _named(error, endpoint, f"{method} {template}")
                if error.context.get("status") not in _NOT_THERE:
                    break
            else:
                self.works[name] = place
                self._was_there(name)
                return answer
        assert refused is not None
        if refused.context.get("status") not in _NOT_THERE:
            self._was_there(name)
        elif not record_id:  # else it may be the record that is not there
            self.missing[name] = refused
        raise refused

    def _candidates(self, endpoint: Endpoint) -> list[tuple[int, tuple[str, str]]]:
        """The candidates in their order, the one that answered before coming first."""
        known = self.works.get(endpoint.name, 0)
        return sorted(enumerate(endpoint.candidates), key=lambda one: one[0] != known)

    def _was_there(self, name: str) -> None:
        self.answered.add(name)
        self.missing.pop(name, None)


def chunks(updates: Sequence[Update]) -> Iterator[Sequence[Update]]:
    """At most 1000 at a time (section 2.6)."""
    for start in range(0, len(updates), SYNC_LIMIT):
        yield updates[start : start + SYNC_LIMIT]


def _detail(closing: Closing) -> dict[str, object]:
    return {"status": closing.status, "messages": list(closing.messages)}


def _named(error: ProcoreError, endpoint: Endpoint, where: str) -> ProcoreError:
    """The error with the endpoint's own words, since it may be the path that is wrong and not the record.

    What is forbidden is no wrong path: it takes a permission.
    """
    message = f"Procore's ERP platform refused to {endpoint.what}: {error.message}"
    if isinstance(error, ProcoreForbiddenError):
        return ProcoreForbiddenError(message, guidance=permissions.ERP, context=error.context)
    elsewhere = (
        f"If Procore gave the endpoint `{endpoint.name}` another address than {where}, set it: "
        f"`qbsync connection set NAME erp_paths='{endpoint.name}=METHOD /rest/...'`."
    )
    return type(error)(
        message,
        guidance=f"{error.guidance} {elsewhere}".strip(),
        context=error.context,
    )


def _taken(answer: object) -> Taken:
    """Any shape that a bulk call or a list may answer with."""
    match answer:
        case list():
            return Taken(entities=tuple(one for one in answer if isinstance(one, dict)))
        case {"data": list() | dict() as inner}:
            return _taken(inner)
        case dict():
            return Taken(entities=_dicts(answer.get("entities")), errors=_dicts(answer.get("errors")))
        case _:
            return Taken()


def _dicts(value: object) -> tuple[Mapping[str, Any], ...]:
    return tuple(one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()
