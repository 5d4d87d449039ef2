"""Access tokens by OAuth 2.0 client credentials: asked for once, kept, renewed before they end.

Rules: reference/procore-api.md, 1.2. A token lives 90 minutes; this grant has no refresh token, so a new one
is simply asked for.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

import requests

from qbsync.errors import (
    ConfigError,
    ProcoreAuthError,
    ProcoreError,
    ProcoreLimitedError,
    ProcorePayloadError,
    ProcoreUnavailableError,
)
from qbsync.procore.payloads.oauth import TokenPayload
from qbsync.procore.payloads.shape import read
from qbsync.procore.refusals import CREDENTIALS_ADVICE, Asked, refusal
from qbsync.procore.retries import Retries
from qbsync.procore.wire import Answer, Bearer, Limits, decode, exchange, root_of

_ASKED = "hand out an access token"


def utc_now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An access token and the moments, by our own clock, between which it is good; never shown in a repr."""

    access_token: str = field(repr=False)
    obtained_at: datetime
    expires_at: datetime

    def is_fresh(self, now: datetime) -> bool:
        """Whether it may still be used: for eight ninths of its life, 80 minutes of 90."""
        life = self.expires_at - self.obtained_at
        return self.obtained_at - timedelta(minutes=1) <= now < self.expires_at - life / 9


class TokenStore(Protocol):
    """Keeps one connection's token between processes and restarts; encrypted, where it is on a disk."""

    def load(self) -> Token | None:
        """The token last saved, or None."""

    def save(self, token: Token) -> None:
        """Keep this token in place of the last."""


class MemoryTokenStore:
    """Keeps the token for the life of the process only."""

    def __init__(self) -> None:
        self._token: Token | None = None

    def load(self) -> Token | None:
        """The token last saved, or None."""
        return self._token

    def save(self, token: Token) -> None:
        """Keep this token in place of the last."""
        self._token = token


class TokenSource:
    """Gives the access token of one connection, asking Procore only where the kept one is missing or old.

    Safe to share between threads: one of them asks, the others wait for its answer.
    """

    def __init__(
        self,
        *,
        login_url: str,
        client_id: str,
        client_secret: str,
        store: TokenStore,
        session: requests.Session | None = None,
        clock: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], None] = time.sleep,
        limits: Limits | None = None,
    ) -> None:
        self._root = root_of(login_url, name="Procore login address")
        if not client_id or not client_secret:
            raise ConfigError(
                "The client id or the client secret of this connection is empty.",
                guidance="Give --client-id and --client-secret-file.",
            )
        self._client_id = client_id
        self._client_secret = client_secret
        self._store = store
        self._session = session or requests.Session()
        self._clock = clock
        self._limits = limits or Limits()
        self._retries = Retries(limits=self._limits, sleep=sleep)
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"TokenSource(login_url={self._root!r})"

    def token(self) -> str:
        """An access token that is good for some minutes at least.

        Raises ProcoreAuthError where Procore refuses the client id and secret, ProcoreLimitedError and
        ProcoreUnavailableError where it cannot answer now.
        """
        with self._lock:
            kept = self._store.load()
            if kept is not None and kept.is_fresh(self._clock()):
                return kept.access_token
            return self._obtain()

    def renew(self, rejected: str) -> str:
        """Another token than the one Procore just rejected; one that somebody else has got since is used."""
        with self._lock:
            kept = self._store.load()
            if kept is not None and kept.access_token != rejected and kept.is_fresh(self._clock()):
                return kept.access_token
            return self._obtain()

    def _obtain(self) -> str:
        token = self._retries.call(self._ask, repeatable=True)
        self._store.save(token)
        return token.access_token

    def _ask(self) -> Token:
        started = self._clock()
        answer = exchange(
            self._session,
            "POST",
            f"{self._root}/oauth/token",
            asked=_ASKED,
            auth=Bearer(),
            limits=self._limits,
            form={
                "grant_type": "client_credentials",
                "client_id": self._client_id,
                "client_secret": self._client_secret,
            },
        )
        if not 200 <= answer.status < 300:  # noqa: PLR2004
            raise self._refused(answer)
        payload = _payload(answer)
        # By our clock and the time before the call: created_at is the server's, and its clock may differ.
        return Token(
            access_token=payload.access_token,
            obtained_at=started,
            expires_at=started + timedelta(seconds=payload.expires_in),
        )

    def _refused(self, answer: Answer) -> ProcoreError:
        error = refusal(answer, Asked(method="POST", path="/oauth/token", what=_ASKED), self._clock())
        if isinstance(error, ProcoreLimitedError | ProcoreUnavailableError):
            return error
        # RFC 6749, 5.2: an unknown client is 400 or 401 ("invalid_client"); a wrong host 404 or a redirect
        said = error.message.partition(" It said: ")[2].replace(self._client_secret, "(the secret)")
        return ProcoreAuthError(
            f"Procore refused to {_ASKED} ({answer.status})." + (f" It said: {said}" if said else ""),
            guidance=CREDENTIALS_ADVICE,
            context=error.context,
        )


def _payload(answer: Answer) -> TokenPayload:
    try:
        value = decode(answer.body)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ProcorePayloadError(
            f"The login host answered with something else than a token when asked to {_ASKED}.",
            guidance="Check --procore-login: it must be Procore's login host.",
            context={"status": str(answer.status), "request_id": answer.request_id},
        )
    return read(TokenPayload, value, what="a token")
