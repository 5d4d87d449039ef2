"""The login host: client credentials in, bearer tokens out (reference, 1.2)."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flask import Response, request

from qbsync.simulator.procore.answers import Refusal, answer
from qbsync.simulator.procore.clock import Clock
from qbsync.simulator.procore.company import ACCOUNT_ID
from qbsync.simulator.procore.routes import Route

TOKEN_SECONDS: Final = 5400


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """When a token was given, and when it ends."""

    created_at: datetime
    ends: datetime


class Login:
    """One service account's id and secret, and the tokens it was given; `token_seconds` may be shortened."""

    def __init__(self, clock: Clock, client_id: str, client_secret: str) -> None:
        self._clock = clock
        self._client_id = client_id
        self._client_secret = client_secret
        self._tokens: dict[str, Token] = {}
        self.token_seconds = TOKEN_SECONDS

    def renew_secret(self, client_secret: str) -> None:
        """An administrator of Procore renews the secret: the old one and every token got with it end."""
        self._client_secret = client_secret
        self._tokens.clear()

    def routes(self) -> Sequence[Route]:
        """The login host's endpoints."""
        return [
            Route("POST", "/oauth/token", self.token),
            Route("GET", "/oauth/token/info", self.info),
            Route("POST", "/oauth/revoke", self.revoke),
        ]

    def token(self) -> Response:
        """A new token for the right id and secret, as a form or as JSON; 401 `invalid_client` else."""
        sent = _sent()
        self._authenticate(sent)
        if sent.get("grant_type") != "client_credentials":
            raise Refusal(400, _oauth_error("unsupported_grant_type", "The grant type is not supported."))
        value = secrets.token_urlsafe(48)
        now = self._clock.now()
        self._tokens[value] = Token(created_at=now, ends=now + timedelta(seconds=self.token_seconds))
        return answer(
            {
                "access_token": value,
                "token_type": "Bearer",
                "expires_in": self.token_seconds,
                "created_at": int(now.timestamp()),
            }
        )

    def info(self) -> Response:
        """What the bearer's token is and how long it lasts."""
        token = self._tokens[self.bearer()]
        return answer(
            {
                "resource_owner_id": ACCOUNT_ID,
                "scopes": [],
                "expires_in_seconds": int((token.ends - self._clock.now()).total_seconds()),
                "application": {"uid": self._client_id},
                "created_at": int(token.created_at.timestamp()),
            }
        )

    def revoke(self) -> Response:
        """End a token; 200 even for one that is not known."""
        sent = _sent()
        self._authenticate(sent)
        self._tokens.pop(str(sent.get("token", "")), None)
        return answer({})

    def revoke_all(self) -> None:
        """End every token, as when the app is removed and installed again."""
        self._tokens.clear()

    def bearer(self) -> str:
        """The token of the request; 401 where it is missing, unknown or over."""
        kind, _, value = request.headers.get("Authorization", "").partition(" ")
        token = self._tokens.get(value.strip())
        if kind.casefold() != "bearer" or token is None:
            raise Refusal(401, {"errors": "The access token is invalid"})
        if self._clock.now() >= token.ends:
            raise Refusal(401, {"errors": "The access token expired"})
        return value.strip()

    def _authenticate(self, sent: Mapping[str, object]) -> None:
        given = (str(sent.get("client_id", "")), str(sent.get("client_secret", "")))
        right = (self._client_id, self._client_secret)
        if not all(hmac.compare_digest(a.encode(), b.encode()) for a, b in zip(given, right, strict=True)):
            words = "Client authentication failed due to unknown client, or wrong secret."
            raise Refusal(401, _oauth_error("invalid_client", words))


def _sent() -> Mapping[str, object]:
    json = request.get_json(silent=True)
    return json if isinstance(json, dict) else request.form


def _oauth_error(code: str, words: str) -> dict[str, str]:
    return {"error": code, "error_description": words}
