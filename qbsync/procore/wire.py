"""One HTTP exchange with Procore: bounded, never redirected, its failures named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from qbsync.errors import ConfigError, ProcorePayloadError, ProcoreUnavailableError

_CHUNK = 64 * 1024
AGENT = "qbsync"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long and how often Procore is tried, in seconds, and how much it may answer, in bytes.

    `patience` bounds one wait that Procore asks for (a rate limit's reset, Retry-After); a longer one is
    raised so that the caller can do other work. `total_wait` bounds all the waits of one call together.
    """

    attempts: int = 4
    first_wait: float = 0.5
    longest_wait: float = 8.0
    total_wait: float = 60.0
    patience: float = 20.0
    connect_timeout: float = 5.0
    read_timeout: float = 60.0
    max_bytes: int = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: status, headers (their names in any case) and the whole body.

    The body is kept out of the repr, since a token's answer is one of these.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def request_id(self) -> str:
        """Procore's own name for the call, for its support; empty where it gave none."""
        return self.headers.get("x-request-id", "")[:100]

    @property
    def next_url(self) -> str:
        """The address of the next page by the Link header; empty on the last page."""
        links = requests.utils.parse_header_links(self.headers.get("link", ""))
        return next((str(link["url"]) for link in links if link.get("rel") == "next"), "")


class Bearer(AuthBase):
    """Puts the access token on a request, and keeps requests from looking into ~/.netrc."""

    def __init__(self, access_token: str = "") -> None:
        self._access_token = access_token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the header, unless there is no token (as when one is asked for)."""
        if self._access_token:
            request.headers["Authorization"] = f"Bearer {self._access_token}"
        return request


def root_of(url: str, *, name: str) -> str:
    """The address without its last slash; raises ConfigError for anything but a plain http or https one."""
    parts = urlsplit(url.strip())
    plain = not (parts.query or parts.fragment or parts.username or parts.password)
    if parts.scheme not in ("http", "https") or not parts.hostname or not plain:
        raise ConfigError(
            f"The {name} must be an address like https://api.procore.com, without user, password or query.",
            guidance="Give --procore-api and --procore-login the two hosts of one Procore environment: "
            "`qbsync connection credentials` changes them.",
        )
    return url.strip().rstrip("/")


def exchange(
    session: requests.Session,
    method: str,
    url: str,
    *,
    asked: str,
    auth: Bearer,
    limits: Limits,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    body: object = None,
) -> Answer:
    """Send one request and read its answer whole, whatever its status.

    `asked` says in words what it is for. Raises ProcoreUnavailableError where no complete answer came,
    ProcorePayloadError where it is larger than `limits.max_bytes`.
    """
    sent = {"Accept": "application/json", "User-Agent": AGENT, **(headers or {})}
    content: Mapping[str, str] | bytes | None = form
    if body is not None:
        sent["Content-Type"] = "application/json"
        content = json.dumps(body, default=_plain).encode()
    try:
        with session.request(
            method,
            url,
            params=params,
            data=content,
            headers=sent,
            auth=auth,
            timeout=(limits.connect_timeout, limits.read_timeout),
            allow_redirects=False,
            stream=True,
        ) as response:
            whole = _read(response, limits.max_bytes, asked)
            return Answer(status=response.status_code, headers=response.headers, body=whole)
    except requests.RequestException as error:
        host = urlsplit(url).hostname or ""
        # "from None": the exception carries the request, and with it the token or the client secret
        raise ProcoreUnavailableError(
            f"Procore could not be asked to {asked}: {_reason(error, host, limits)}.",
            guidance="qbsync tries again by itself. If it stays so, check this server's network and proxy, "
            "and Procore's status page.",
            context={"host": host, "problem": type(error).__name__},
        ) from None


def decode(body: bytes) -> Any:  # noqa: ANN401  # JSON is anything; payloads/ gives it types
    """JSON with every fraction as Decimal; raises ValueError for anything else, NaN and Infinity included."""
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _read(response: requests.Response, most: int, asked: str) -> bytes:
    parts: list[bytes] = []
    size = 0
    for part in response.iter_content(_CHUNK):
        size += len(part)
        if size > most:
            raise ProcorePayloadError(
                f"Procore's answer was larger than {most} bytes when asked to {asked}.",
                guidance="Report this with the context; nothing was taken from the answer.",
                context={"status": str(response.status_code)},
            )
        parts.append(part)
    return b"".join(parts)


def _reason(error: requests.RequestException, host: str, limits: Limits) -> str:
    match error:
        case requests.exceptions.SSLError():
            return f"the certificate of {host} was not accepted"
        case requests.exceptions.ProxyError():
            return "the proxy refused or did not answer"
        case requests.exceptions.ConnectTimeout():
            return f"{host} did not take the connection within {limits.connect_timeout:g} seconds"
        case requests.exceptions.Timeout():
            return f"{host} did not answer within {limits.read_timeout:g} seconds"
        case requests.exceptions.ConnectionError():
            return f"there is no connection to {host}"
        case _:
            return f"the exchange with {host} broke off"


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"{type(value).__name__} has no place in JSON")


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")
