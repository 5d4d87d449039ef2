"""Calls to Procore's REST API for one company: token, limits, retries, pages, bulk upserts."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import requests

from qbsync.errors import ProcoreGarbledError
from qbsync.procore.auth import TokenSource, utc_now
from qbsync.procore.limits import Allowance
from qbsync.procore.payloads.shape import read
from qbsync.procore.payloads.sync import SyncPayload
from qbsync.procore.refusals import Asked, refusal, said_in
from qbsync.procore.retries import Retries
from qbsync.procore.wire import Answer, Bearer, Limits, decode, exchange, root_of

SYNC_LIMIT: Final = 1000
"""The most items a bulk upsert takes (section 2.6)."""
_UNAUTHORIZED: Final = 401

Params = Mapping[str, str]
OnCall = Callable[[str, str, int], None]
"""Told of each HTTP call: method, path with {id} for ids, status (0 where no answer came)."""


class ProcoreClient:
    """One company's calls, one at a time; raises the ProcoreError that says what is to be done.

    Paths begin with "/rest/". Ids are text inside qbsync; `number` makes of one what JSON bodies want.
    """

    def __init__(
        self,
        *,
        api_url: str,
        company_id: int | str,
        tokens: TokenSource,
        session: requests.Session | None = None,
        clock: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        limits: Limits | None = None,
        on_call: OnCall | None = None,
    ) -> None:
        self._root = root_of(api_url, name="Procore API address")
        self.company_id = str(company_id)
        self._tokens = tokens
        self._session = session or requests.Session()
        self._clock = clock
        self._sleep = sleep
        self._limits = limits or Limits()
        self._retries = Retries(limits=self._limits, sleep=sleep, jitter=jitter)
        self._allowance = Allowance(clock)
        self.on_call = on_call

    def __repr__(self) -> str:
        return f"ProcoreClient(api_url={self._root!r}, company_id={self.company_id!r})"

    def get(self, path: str, params: Params | None = None) -> Any:  # noqa: ANN401  # JSON
        """The JSON of one resource, or of the first page of a list."""
        return self._json("GET", path, params, repeatable=True)

    def get_all(
        self, path: str, params: Params | None = None, *, per_page: int = SYNC_LIMIT
    ) -> Iterator[Any]:
        """Every item of a list, page by page as they are taken.

        Follows Link rel="next" and stops without one, since some lists do not page (section 2.2). Raises
        ProcoreGarbledError for a next page on another host, one that was read already, or an answer that is
        no list.
        """
        asked = Asked(method="GET", path=path, project_id=(params or {}).get("project_id", ""))
        query: Params | None = {**(params or {}), "per_page": str(per_page)}
        url = self._root + path
        seen: set[str] = set()
        while url:
            answer = self._call(asked, url, query, None, repeatable=True)
            yield from self._items(answer, asked)
            seen.add(url)
            query = None
            url = self._next(answer, url, asked)
            if url in seen:
                raise _unusable("linked to a page that was read already", asked, answer)

    def patch(
        self, path: str, body: object, params: Params | None = None, *, repeatable: bool = False
    ) -> Any:  # noqa: ANN401
        """The JSON that a change answers; tried again after trouble on the way only if `repeatable`."""
        return self._json("PATCH", path, params, body, repeatable=repeatable)

    def post(self, path: str, body: object, params: Params | None = None) -> Any:  # noqa: ANN401
        """The JSON that a creation answers; never made again after trouble, since it may be done."""
        return self._json("POST", path, params, body, repeatable=False)

    def delete(self, path: str, params: Params | None = None) -> Any:  # noqa: ANN401
        """The JSON, mostly None, that a deletion answers."""
        return self._json("DELETE", path, params, repeatable=False)

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: object = None,
        repeatable: bool = False,
    ) -> Any:  # noqa: ANN401
        """The JSON of any call; tried again after trouble on the way only if `repeatable`."""
        return self._json(method, path, params, body, repeatable=repeatable)

    def sync(
        self,
        path: str,
        scope: Mapping[str, object],
        updates: Sequence[Mapping[str, object]],
        *,
        params: Params | None = None,
        batch: int = SYNC_LIMIT,
    ) -> Iterator[SyncPayload]:
        """Send updates to a bulk upsert endpoint, at most 1000 a call, and yield each call's answer.

        `scope` are the ids that stand beside "updates" in the body, `params` those of the query. A call of
        which each update names an id or origin_id is tried again after trouble; one that would create twice
        is not.
        """
        size = max(1, min(batch, SYNC_LIMIT))
        for start in range(0, len(updates), size):
            chunk = updates[start : start + size]
            repeatable = all(update.get("id") or update.get("origin_id") for update in chunk)
            answer = self.patch(path, {**scope, "updates": list(chunk)}, params, repeatable=repeatable)
            yield read(SyncPayload, answer, what="the answer of a bulk update")

    def _json(
        self, method: str, path: str, params: Params | None, body: object = None, *, repeatable: bool
    ) -> Any:  # noqa: ANN401
        project = (params or {}).get("project_id") or (
            body.get("project_id") if isinstance(body, dict) else ""
        )
        asked = Asked(method=method, path=path, project_id=str(project or ""))
        answer = self._call(asked, self._root + path, params, body, repeatable=repeatable)
        return self._decoded(answer, asked)

    def _call(
        self, asked: Asked, url: str, params: Params | None, body: object, *, repeatable: bool
    ) -> Answer:
        def attempt() -> Answer:
            return self._attempt(asked, url, params, body)

        # Outside the retries: the source has its own, and the two would multiply
        self._tokens.token()
        return self._retries.call(attempt, repeatable=repeatable)

    def _attempt(self, asked: Asked, url: str, params: Params | None, body: object) -> Answer:
        token = self._tokens.token()
        answer = self._send(asked, url, params, body, token)
        if answer.status == _UNAUTHORIZED:
            answer = self._send(asked, url, params, body, self._tokens.renew(token))
        if not 200 <= answer.status < 300:  # noqa: PLR2004
            raise refusal(answer, asked, self._clock())
        return answer

    def _send(self, asked: Asked, url: str, params: Params | None, body: object, token: str) -> Answer:
        self._allowance.spend(patience=self._limits.patience, sleep=self._sleep, asked=asked.words)
        status = 0
        try:
            answer = exchange(
                self._session,
                asked.method,
                url,
                asked=asked.words,
                auth=Bearer(token),
                limits=self._limits,
                params=params,
                headers={"Procore-Company-Id": self.company_id},
                body=body,
            )
            status = answer.status
        finally:
            if self.on_call is not None:
                self.on_call(asked.method, asked.template, status)
        self._allowance.note(answer.headers)
        return answer

    def _items(self, answer: Answer, asked: Asked) -> list[Any]:
        value = self._decoded(answer, asked)
        if isinstance(value, dict) and isinstance(value.get("data"), list):
            value = value["data"]
        if not isinstance(value, list):
            raise _unusable("answered with something else than a list", asked, answer)
        return value

    def _decoded(self, answer: Answer, asked: Asked) -> Any:  # noqa: ANN401
        if not answer.body.strip():
            return None
        try:
            return decode(answer.body)
        except ValueError:
            raise _unusable("answered with something else than JSON", asked, answer) from None

    def _next(self, answer: Answer, url: str, asked: Asked) -> str:
        link = answer.next_url
        if not link:
            return ""
        target = urljoin(url, link)
        if _origin(target) != _origin(self._root):
            # The token goes with the request, so it goes to the configured host alone
            raise _unusable("linked to a next page on another host", asked, answer)
        return target


def number(record_id: str) -> int | str:
    """An id as JSON bodies want it: v1 takes integers, v2 strings that are no integers."""
    return int(record_id) if record_id.isascii() and record_id.isdigit() else record_id


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    try:
        port = parts.port or default
    except ValueError:
        port = None
    return parts.scheme, parts.hostname, port


def _unusable(did: str, asked: Asked, answer: Answer) -> ProcoreGarbledError:
    excerpt = said_in(answer.body)[:120] if "JSON" in did else ""
    return ProcoreGarbledError(
        f"Procore {did} when asked to {asked.words}." + (f" It began: {excerpt}" if excerpt else ""),
        guidance="Check --procore-api: it must be the API host, with no login or proxy page before it. "
        "If it is, report this with the context.",
        context={
            "method": asked.method,
            "path": asked.path,
            "status": str(answer.status),
            "request_id": answer.request_id,
            "content_type": answer.headers.get("Content-Type", "")[:100],
        },
    )
