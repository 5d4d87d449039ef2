"""One project's subcontracts and purchase orders: what changed, each with its lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from qbsync.errors import (
    ProcoreForbiddenError,
    ProcoreGarbledError,
    ProcoreMissingError,
    ProcorePayloadError,
)
from qbsync.model.records import CommitmentType, RecordKey, RecordKind
from qbsync.procore.client import ProcoreClient
from qbsync.procore.feeds.cursors import Cursor
from qbsync.procore.feeds.events import FeedEvent, Gone, Mark, Seen, Unreadable
from qbsync.procore.feeds.exportable import commitment_hindrance
from qbsync.procore.payloads.commitments import ContractPayload
from qbsync.procore.payloads.shape import id_in, moment_in, read

STREAMS: Final = {
    CommitmentType.SUBCONTRACT: "subcontracts",
    CommitmentType.PURCHASE_ORDER: "purchase_orders",
}
_PATHS: Final = {
    CommitmentType.SUBCONTRACT: "/rest/v1.0/work_order_contracts",
    CommitmentType.PURCHASE_ORDER: "/rest/v1.0/purchase_order_contracts",
}
_PER_PAGE: Final = 500
"""Extended headers are some kilobytes each; 2000 is the most Procore recommends (section 2.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractStream:
    """The contracts of one type in one project; `list_id` is the chosen standard cost code list."""

    client: ProcoreClient
    kind: CommitmentType
    project_id: str
    list_id: str

    @property
    def name(self) -> str:
        """The stream's name in marks: "subcontracts/594012"."""
        return f"{STREAMS[self.kind]}/{self.project_id}"

    def pull(self, marks: Mapping[str, str], now: datetime) -> Iterator[FeedEvent]:
        """Each contract that changed since the mark, deleted ones as Gone, then the mark.

        One call a page, and one show for each changed contract that is exportable: the show holds header and
        lines of one moment (samples work_order_contract_show, purchase_order_contract_show).
        """
        cursor = Cursor(self.name, marks, remembers=True)
        refused_before = _ids(marks.get(self._refused_name, ""))
        refused: set[str] = set()
        query = {
            "project_id": self.project_id,
            "view": "extended",
            "filters[include_deleted]": "with",
            **cursor.filters(now),
        }
        for raw in self.client.get_all(_PATHS[self.kind], query, per_page=_PER_PAGE):
            updated_at = moment_in(raw, "updated_at")
            if cursor.knows(id_in(raw), updated_at):
                continue
            refused_before.discard(id_in(raw))
            yield self._guarded(id_in(raw), partial(self._event, raw), refused)
            cursor.saw(id_in(raw), updated_at, now)
        for contract_id in sorted(refused_before):
            yield self._guarded(contract_id, partial(self._shown, contract_id), refused)
        yield from cursor.marks()
        if refused != _ids(marks.get(self._refused_name, "")):
            yield Mark(stream=self._refused_name, value=",".join(sorted(refused)))

    def one(self, contract_id: str) -> FeedEvent:
        """One contract by its show, or why it could not be read."""
        return self._guarded(contract_id, partial(self._shown, contract_id), set())

    def _guarded(self, contract_id: str, ask: Callable[[], FeedEvent], refused: set[str]) -> FeedEvent:
        """What `ask` reads, or why it could not; one refused or garbled is asked for each time."""
        try:
            return ask()
        except (ProcorePayloadError, ProcoreMissingError, ProcoreForbiddenError) as error:
            if isinstance(error, ProcoreGarbledError) or not isinstance(error, ProcorePayloadError):
                refused.add(contract_id)
            return Unreadable(kind=RecordKind.COMMITMENT, procore_id=contract_id, message=error.for_people())

    def _event(self, raw: Any) -> FeedEvent:  # noqa: ANN401  # JSON
        """The event of one contract of the list, with its lines where it is exportable."""
        header = read(ContractPayload, raw, what=f"a {self._words}")
        if header.deleted_at is not None:
            return Gone(key=RecordKey(kind=RecordKind.COMMITMENT, procore_id=header.id))
        if commitment_hindrance(self.kind, header.status):
            return self._seen(header)
        return self._shown(header.id)

    def _shown(self, contract_id: str) -> FeedEvent:
        raw = self.client.get(f"{_PATHS[self.kind]}/{contract_id}", {"project_id": self.project_id})
        show = read(ContractPayload, raw, what=f"the {self._words} {contract_id}")
        if show.deleted_at is not None:
            return Gone(key=RecordKey(kind=RecordKind.COMMITMENT, procore_id=show.id))
        return self._seen(show)

    def _seen(self, contract: ContractPayload) -> Seen:
        why_not = commitment_hindrance(self.kind, contract.status)
        return Seen(
            record=contract.to_record(self.kind, project_id=self.project_id, list_id=self.list_id),
            exportable=not why_not,
            why_not=why_not,
            origin_id=contract.origin_id or None,
            named=contract.named(self.project_id),
        )

    @property
    def _refused_name(self) -> str:
        return f"{self.name}/refused"

    @property
    def _words(self) -> str:
        return self.kind.value.replace("_", " ")


def _ids(value: str) -> set[str]:
    return {part for part in value.split(",") if part}
