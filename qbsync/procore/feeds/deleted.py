"""What webhooks say was deleted: Procore is asked, and only what it has no longer is gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from qbsync.errors import ProcoreForbiddenError, ProcoreMissingError
from qbsync.model.records import RecordKey, RecordKind
from qbsync.procore.client import ProcoreClient
from qbsync.procore.feeds.direct import HIDDEN
from qbsync.procore.feeds.events import FeedEvent, Gone, Mark
from qbsync.procore.feeds.named import record_of, stream_of

_PATHS: Final = {
    "vendors": "/rest/v1.0/vendors",
    "projects": "/rest/v1.0/projects",
    "subcontracts": "/rest/v1.0/work_order_contracts",
    "purchase_orders": "/rest/v1.0/purchase_order_contracts",
    "change_orders": "/rest/v1.0/change_order_packages",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """A deletion as a webhook told it; `project_id` is empty for the company's records."""

    resource_name: str
    record_id: str
    project_id: str = ""


def gone(client: ProcoreClient, deletions: Iterable[Deletion]) -> Iterator[FeedEvent]:
    """Those of the records that Procore no longer has; one call each, none for what is part of a record.

    A record that is there after all, or that Procore does not let us look at, gives nothing: its stream
    says how it is. Raises the errors of the client but for 403 and 404.
    """
    for one in dict.fromkeys(deletions):
        kind = record_of(one.resource_name)
        if kind is not None and _is_gone(client, kind, one):
            yield Gone(key=RecordKey(kind=kind, procore_id=one.record_id))
            if kind is RecordKind.PROJECT:
                yield Mark(stream=f"projects/{one.record_id}", value=HIDDEN)


def _is_gone(client: ProcoreClient, kind: RecordKind, one: Deletion) -> bool:
    of_company = kind in (RecordKind.VENDOR, RecordKind.PROJECT)
    if not of_company and not one.project_id:
        return False
    scope = {"company_id": client.company_id} if of_company else {"project_id": one.project_id}
    path = _PATHS[stream_of(one.resource_name)]
    try:
        shown = client.get(f"{path}/{one.record_id}", scope)
    except ProcoreMissingError:
        return True
    except ProcoreForbiddenError:
        return False
    return isinstance(shown, dict) and bool(shown.get("deleted_at"))
