"""The ERP platform as one connection reaches it: what is learnt of its endpoints is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from qbsync.procore.client import ProcoreClient
from qbsync.procore.erp.api import ErpApi
from qbsync.procore.erp.paths import REPLACED
from qbsync.store import connections, marks, troubles
from qbsync.store.engine import Database

_WORKS: Final = "erp/endpoints"
"""A mark: which candidate of an endpoint answered, where it was not the first."""


def subject_of(endpoint: str) -> str:
    """Under which a connection keeps that Procore has none of an endpoint's addresses."""
    return f"endpoint {endpoint} of Procore's ERP platform"


@contextmanager
def platform(
    database: Database, connection_id: int, client: ProcoreClient, now: datetime
) -> Iterator[ErpApi]:
    """The ERP platform; which addresses work, and which endpoints are nowhere, is kept at the end."""
    with database.read() as tx:
        options = connections.options_of(connections.get(tx, connection_id))
        before = _works(tx, connection_id)
        shown = {one.subject for one in troubles.listing(tx, connection_id)}
    api = ErpApi(client, overrides=options.erp_paths, works=before)
    try:
        yield api
    finally:
        over = {subject_of(name) for name in api.answered} & shown
        works = {name: place for name, place in api.works.items() if place}
        if works != before or api.missing or over:
            with database.write() as tx:
                connections.lock(tx, connection_id)
                marks.put(tx, connection_id, _WORKS, json.dumps(works, sort_keys=True))
                for subject in over:
                    troubles.over(tx, connection_id, subject)
                _keep_missing(tx, connection_id, api, now)


def _keep_missing(tx: Session, connection_id: int, api: ErpApi, now: datetime) -> None:
    for endpoint, refusal in api.missing.items():
        if endpoint in REPLACED:
            continue
        troubles.keep(
            tx,
            connection_id,
            subject_of(endpoint),
            message=refusal.message,
            guidance=refusal.guidance,
            now=now,
        )


def _works(tx: Session, connection_id: int) -> dict[str, int]:
    kept: dict[str, int] = json.loads(marks.one(tx, connection_id, _WORKS) or "{}")
    return kept
