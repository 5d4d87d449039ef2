"""One project's commitment change orders: what changed, each with its lines.

Calls (reference/procore-api.md, section 6): one a page of the list; one show for each changed package that is
approved; for a commitment's one more, and one a page of the project's newer change orders, since only that
resource beside the package says which line of the commitment each of its lines changes (section 3.7). A prime
contract's package costs its show once: the list does not say whose it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final

from qbsync.errors import ProcoreForbiddenError, ProcoreMissingError, ProcorePayloadError, ProcoreRefusedError
from qbsync.model.records import RecordKey, RecordKind
from qbsync.procore.client import ProcoreClient
from qbsync.procore.feeds.cursors import Cursor
from qbsync.procore.feeds.events import FeedEvent, Gone, Seen
from qbsync.procore.feeds.exportable import change_order_hindrance
from qbsync.procore.feeds.refused import Refused
from qbsync.procore.payloads.change_orders import (
    ChangedLinePayload,
    CommitmentChangeOrderPayload,
    PackagePayload,
)
from qbsync.procore.payloads.commitments import ReferencePayload
from qbsync.procore.payloads.shape import id_in, moment_in, read

_PATH: Final = "/rest/v1.0/change_order_packages"
_PER_PAGE: Final = 500
_V2_PER_PAGE: Final = 100
"""The most that v2 endpoints give (section 2.2)."""
_COMMITMENT: Final = "CommitmentContractChangeOrder"
_PRIME: Final = "PrimeContractChangeOrder"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOrderStream:
    """The change order packages of one project; `list_id` is the chosen standard cost code list."""

    client: ProcoreClient
    project_id: str
    list_id: str
    _commitments: set[str] = field(default_factory=set, init=False)
    _newer: dict[str, str] = field(default_factory=dict, init=False)
    """The newer resource's id by that of its package, once it was asked for."""

    @property
    def name(self) -> str:
        """The stream's name in marks: "change_orders/594012"."""
        return f"change_orders/{self.project_id}"

    def pull(self, marks: Mapping[str, str], now: datetime) -> Iterator[FeedEvent]:
        """Each package of a commitment that changed since the mark, deleted ones as Gone, then the mark."""
        cursor = Cursor(self.name, marks, remembers=True)
        refused = Refused(RecordKind.CHANGE_ORDER, self.name, marks)
        query = {"project_id": self.project_id, "filters[include_deleted]": "with", **cursor.filters(now)}
        for raw in self.client.get_all(_PATH, query, per_page=_PER_PAGE):
            updated_at = moment_in(raw, "updated_at")
            if cursor.knows(id_in(raw), updated_at):
                continue
            yield from refused.read(id_in(raw), partial(self._event, raw))
            cursor.saw(id_in(raw), updated_at, now)
        for package_id in refused.waiting():
            yield from refused.read(package_id, partial(self._shown, package_id))
        yield from cursor.marks()
        yield from refused.marks()

    def _event(self, raw: Any) -> FeedEvent | None:  # noqa: ANN401  # JSON
        """The event of one package of the list, with its lines where it is exportable."""
        header = read(PackagePayload, raw, what="a change order")
        if header.type == _PRIME:
            return None
        if header.deleted_at is not None:
            return _gone(header.id)
        why_not = change_order_hindrance(header.status)
        return self._seen(header, why_not) if why_not else self._shown(header.id)

    def _shown(self, package_id: str) -> FeedEvent | None:
        raw = self.client.get(f"{_PATH}/{package_id}", {"project_id": self.project_id})
        show = read(PackagePayload, raw, what=f"the change order {package_id}")
        if not self._is_commitments(show):
            return None
        if show.deleted_at is not None:
            return _gone(show.id)
        why_not = change_order_hindrance(show.status)
        if why_not:
            return self._seen(show, why_not)
        _require_sound(show)
        return self._seen(show, "", self._changed_lines(show.id) if show.line_items else {})

    def _is_commitments(self, package: PackagePayload) -> bool:
        """Whether it changes a commitment; where its type does not tell, whether its contract is one."""
        if package.type in (_COMMITMENT, _PRIME):
            return package.type == _COMMITMENT
        if not self._commitments:
            listed = self.client.get_all("/rest/v1.0/commitments", {"project_id": self.project_id})
            self._commitments.update(
                read(ReferencePayload, one, what="a commitment").id or "" for one in listed
            )
        return package.contract_id in self._commitments

    def _changed_lines(self, package_id: str) -> dict[str, ChangedLinePayload]:
        """The lines of the newer resource by their ids; none where the project does not have it.

        It exists for projects with one or two tiers of change orders; without it each line is a new one.
        """
        try:
            order_id = self._newer_id(package_id)
            if not order_id:
                return {}
            where = f"/rest/v2.0/companies/{self.client.company_id}/projects/{self.project_id}"
            path = f"{where}/commitment_change_orders/{order_id}/line_items"
            raws = list(self.client.get_all(path, per_page=_V2_PER_PAGE))
        except (ProcoreMissingError, ProcoreForbiddenError, ProcoreRefusedError):
            return {}
        lines = [read(ChangedLinePayload, raw, what=f"a line of change order {package_id}") for raw in raws]
        return {line.id: line for line in lines}

    def _newer_id(self, package_id: str) -> str:
        """The newer resource's id, empty where there is none; asked once more for a package that is newer."""
        if package_id not in self._newer:
            path = f"/rest/v1.0/projects/{self.project_id}/commitment_change_orders"
            for raw in self.client.get_all(path, per_page=_PER_PAGE):
                order = read(CommitmentChangeOrderPayload, raw, what=f"the change order {package_id}")
                self._newer[order.legacy_package_id or ""] = order.id
        return self._newer.setdefault(package_id, "")

    def _seen(
        self, package: PackagePayload, why_not: str, changed: Mapping[str, ChangedLinePayload] | None = None
    ) -> Seen:
        bare = package.model_copy(update={"line_items": ()}) if why_not else package
        return Seen(
            record=bare.to_record(project_id=self.project_id, list_id=self.list_id, changed=changed),
            exportable=not why_not,
            why_not=why_not,
            origin_id=package.origin_id or None,
        )


def _gone(package_id: str) -> Gone:
    return Gone(key=RecordKey(kind=RecordKind.CHANGE_ORDER, procore_id=package_id))


def _require_sound(package: PackagePayload) -> None:
    """Raise ProcorePayloadError for a package that names no contract or whose lines miss its total.

    The difference is financial markup, which no line carries and QuickBooks has no line for.
    """
    if not package.contract_id:
        raise ProcorePayloadError(
            f"Change order {package.number} names no commitment in Procore's answer.",
            guidance="Report this; nothing was sent to QuickBooks.",
        )
    if package.grand_total is not None and package.grand_total != package.lines_total:
        raise ProcorePayloadError(
            f"Change order {package.number} comes to {package.grand_total} in Procore, but its lines come to "
            f"{package.lines_total}.",
            guidance="If it has financial markup, enter that as a line of the change order in Procore.",
        )
