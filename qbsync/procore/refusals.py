"""Procore's error answers, of every documented shape, as qbsync's errors in plain words.

Shapes: reference/procore-api.md, 2.5; causes of 403 and 404: 1.4; waits: 2.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from qbsync.errors import (
    ProcoreAuthError,
    ProcoreError,
    ProcoreForbiddenError,
    ProcoreLimitedError,
    ProcoreMissingError,
    ProcorePayloadError,
    ProcoreRefusedError,
    ProcoreUnavailableError,
)
from qbsync.procore.limits import retry_after, wait_asked
from qbsync.procore.payloads.plaintext import plain_text
from qbsync.procore.wire import Answer, decode

_LONGEST = 500
_VERBS = {"GET": "read", "PATCH": "update", "POST": "create", "DELETE": "delete"}
_TOO_SLOW = 408
_CLIENT_TROUBLE = 400
_SERVER_TROUBLE = 500
_LEAST_WAIT = 1.0
_DEFAULT_WAIT = 60.0
"""Seconds after a 429 that says nothing of when."""

CREDENTIALS_ADVICE = (
    "Check the client id and secret of this connection, and that --procore-api and --procore-login belong to "
    "the same Procore environment: sandbox credentials do not work in production, nor the other way round. "
    "`qbsync connection credentials` gives a renewed secret, or other hosts."
)
_FORBIDDEN_ADVICE = (
    "One of three things: the tool is switched off in that project; the project is not among the permitted "
    "projects of the app's service account; or the account's permission for that tool is too low. A Procore "
    "administrator can mend it under Company Admin, App Management."
)
_MISSING_ADVICE = f"It may have been deleted in Procore. If it is there: {_FORBIDDEN_ADVICE}"
_NOT_CONNECTED_ADVICE = (
    "The app is not installed in this Procore company, or was removed. A Procore administrator installs it "
    "under Company Admin, App Management; also check --procore-company."
)
_UNAVAILABLE_ADVICE = "qbsync tries again by itself; if it stays so, see Procore's status page."
_REDIRECT_ADVICE = "qbsync follows no redirects. Check --procore-api: it must be the API host itself."
_REPORT = "Report this with the context if it looks wrong."
_MODE_ADVICE = (
    "The tool may work in another mode in this project, for example a budget with Budget Changes enabled."
)
_CONFLICT_ADVICE = (
    "Another record may carry the same id already (origin_id is unique), or another program writes at the "
    "same time. Look at the record in Procore, then try again."
)
_VALUES_ADVICE = "Correct the record in Procore, or report this if it looks right there."

_WORDS: dict[int, tuple[type[ProcoreError], str, str]] = {
    401: (ProcoreAuthError, "did not accept the access token", CREDENTIALS_ADVICE),
    403: (ProcoreForbiddenError, "does not allow it", _FORBIDDEN_ADVICE),
    404: (ProcoreMissingError, "has no such record, or does not show it to this account", _MISSING_ADVICE),
    405: (ProcoreRefusedError, "does not allow this here", _MODE_ADVICE),
    409: (ProcoreRefusedError, "found a conflict", _CONFLICT_ADVICE),
    413: (ProcoreRefusedError, "found the request too large", _REPORT),
    422: (ProcoreRefusedError, "did not accept the values", _VALUES_ADVICE),
}
"""For each status: our error, what Procore did, who can mend it and how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a call asks of Procore; `project_id` where its query or body names one, `what` its own words."""

    method: str
    path: str
    project_id: str = ""
    what: str = ""

    @property
    def words(self) -> str:
        """The call as a person reads it: "read the line items of work order contract 410077"."""
        if self.what:
            return self.what
        place = f" in project {self.project_id}" if self.project_id else ""
        return f"{_VERBS.get(self.method, self.method)} {_subject(self.path)}{place}"

    @property
    def template(self) -> str:
        """The path with each id as {id}, for counting calls."""
        return re.sub(r"/\d+(?=/|$)", "/{id}", self.path)


def refusal(answer: Answer, asked: Asked, now: datetime) -> ProcoreError:
    """The error for an answer whose status is not 2xx."""
    said = said_in(answer.body)
    context = {
        "method": asked.method,
        "path": asked.path,
        "status": str(answer.status),
        "request_id": answer.request_id,
        "project_id": asked.project_id,
    }
    context = {name: value for name, value in context.items() if value}

    def words(did: str) -> str:
        tail = f" It said: {said}" if said else ""
        return f"Procore {did} ({answer.status}) when asked to {asked.words}.{tail}"

    match answer.status:
        case 429:
            wait = wait_asked(answer.headers, now)
            return ProcoreLimitedError(
                words("wants a pause, its rate limit is reached"),
                retry_after=_DEFAULT_WAIT if wait is None else max(wait, _LEAST_WAIT),
                guidance="qbsync waits and goes on by itself.",
                context=context,
            )
        case status if status == _TOO_SLOW or status >= _SERVER_TROUBLE:
            return ProcoreUnavailableError(
                words("could not answer"),
                retry_after=retry_after(answer.headers, now),
                guidance=_UNAVAILABLE_ADVICE,
                context=context,
            )
        case status if status < _CLIENT_TROUBLE:
            return ProcorePayloadError(
                words("pointed to another address"), guidance=_REDIRECT_ADVICE, context=context
            )
        case status:
            error, did, advice = _WORDS.get(status, (ProcoreRefusedError, "refused", _REPORT))
            if error is ProcoreForbiddenError and "not connected" in said.lower():
                advice = _NOT_CONNECTED_ADVICE
            return error(words(did), guidance=advice, context=context)


def said_in(body: bytes) -> str:
    """What an error's body says, on one line of at most 500 characters; empty where it says nothing."""
    try:
        text = "; ".join(dict.fromkeys(_messages(decode(body))))
    except RecursionError:
        text = ""
    except ValueError:
        text = plain_text(body[:20_000].decode("utf-8", "replace"))
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 3] + "..."


def words_of_errors(errors: object) -> str:
    """The words under an "errors" key: a sentence, fields with sentences, or either nested."""
    return "; ".join(dict.fromkeys(_messages({"errors": errors})))[:_LONGEST]


def _messages(value: object, label: str = "") -> Iterator[str]:
    """Sentences found in any of the shapes, a field's name before its own."""
    match value:
        case str() if value.strip():
            yield f"{label} {value.strip()}".strip()
        case list():
            for item in value:
                yield from _messages(item, label)
        case dict():
            yield from _of_mapping(value, label)
        case _:
            return


_WRAPPERS = ("errors", "error", "message", "error_description", "details", "base", "fields", "data")
_SILENT = ("code", "reason_code", "source", "status", "id")


def _of_mapping(value: Mapping[str, object], label: str) -> Iterator[str]:
    found = [key for key in _WRAPPERS if key in value]
    if found:
        for key in found:
            yield from _messages(value[key], label)
        return
    for key, inner in value.items():
        if key not in _SILENT or isinstance(inner, list | dict):
            yield from _messages(inner, str(key).replace("_", " "))


def _subject(path: str) -> str:
    segments = [part for part in re.sub(r"^/rest/v[\d.]+/", "", path).strip("/").split("/") if part]
    phrases: list[str] = []
    for number, segment in enumerate(segments):
        if segment == "sync" or segment.isdigit():
            continue
        following = segments[number + 1] if number + 1 < len(segments) else ""
        name = segment.replace("_", " ")
        phrases.append(f"{_singular(name)} {following}" if following.isdigit() else f"the {name}")
    return " of ".join(reversed(phrases)) or path


def _singular(name: str) -> str:
    return f"{name[:-3]}y" if name.endswith("ies") else name.removesuffix("s")
