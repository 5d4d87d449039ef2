"""Vendors of the company's directory: the active ones as they change, the others from a list of their own.

GET /vendors shows active vendors alone (reference/procore-api.md, 3.2), so one that was made inactive would
otherwise never be seen again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from qbsync.errors import ProcoreForbiddenError, ProcoreMissingError
from qbsync.model.records import RecordKey, RecordKind
from qbsync.procore.client import ProcoreClient
from qbsync.procore.feeds.events import FeedEvent, Gone, Mark, Seen
from qbsync.procore.feeds.exportable import vendor_hindrance
from qbsync.procore.payloads.directory import VendorPayload
from qbsync.procore.payloads.shape import id_in, read

_KNOWN: Final = "inactive_vendors/known"


def vendor(raw: Any) -> Seen:  # noqa: ANN401  # JSON
    """What a vendor's payload says; raises ProcorePayloadError."""
    payload = read(VendorPayload, raw, what="a vendor")
    why_not = vendor_hindrance(active=payload.is_active)
    return Seen(
        record=payload.to_record(),
        exportable=not why_not,
        why_not=why_not,
        origin_id=payload.origin_id or None,
    )


def inactive_vendors(client: ProcoreClient, company_id: str, marks: Mapping[str, str]) -> Iterator[FeedEvent]:
    """Each vendor that became inactive since the last reading as Gone, then the mark that knows them.

    It reads "id@updated_at,...", so that one that was active in between is seen to be inactive again.
    One call a thousand of them; nothing where Procore does not show that list.
    """
    path = f"/rest/v1.0/companies/{company_id}/vendors/inactive"
    try:
        there = {f"{id_in(raw)}@{raw.get('updated_at') or ''}" for raw in client.get_all(path) if id_in(raw)}
    except (ProcoreForbiddenError, ProcoreMissingError):
        return
    known = {one for one in marks.get(_KNOWN, "").split(",") if one}
    for one in sorted(there - known):
        key = RecordKey(kind=RecordKind.VENDOR, procore_id=one.partition("@")[0])
        yield Gone(key=key, why="made inactive in Procore")
    if there != known:
        yield Mark(stream=_KNOWN, value=",".join(sorted(there)))
