"""Finds the advice for a code, in whatever way a person or a program writes it."""

from __future__ import annotations

import re
from typing import Final

from qbsync.guidance.advice import Actor, Advice, Policy, advice
from qbsync.guidance.hresults import HRESULTS
from qbsync.guidance.procore import PROCORE
from qbsync.guidance.status_rules import BUSY, BUSY_CHANGE, MERGE, RULES
from qbsync.guidance.statuses import GENERAL
from qbsync.guidance.webconnector import WEBCONNECTOR

STATUSES: Final = {**GENERAL, **RULES}

_RANGES: Final = (
    (499, "Information from QuickBooks"),
    (999, "A warning from QuickBooks"),
    (1999, "A general error of QuickBooks"),
    (2999, "Not supported by this QuickBooks"),
    (3099, "A value has the wrong form"),
    (9099, "QuickBooks refused the request"),
    (9199, "An error with a macro"),
)
"""QuickBooks' ranges of status codes: the last code of each (reference: qbwc-and-qbxml.md, section 4)."""

_HRESULT: Final = re.compile(r"(?:0x)?([0-9a-f]{8})", re.IGNORECASE)
_DECIMAL: Final = re.compile(r"-?\d{9,10}")
_WEBCONNECTOR: Final = re.compile(r"qbwc[ _:#-]*(\d{4})", re.IGNORECASE)
_PROCORE: Final = re.compile(r"(?:procore|http)[ _:#-]*(\d{3})", re.IGNORECASE)
_STATUS: Final = re.compile(r"(?:status(?:code)?[ _:=#-]*)?0*(\d{1,4})", re.IGNORECASE)


def explain(code: str) -> Advice | None:
    """The advice for a code, or None where there is none.

    Takes `3100` or `status 3100`; `0x80040400`, `80040400` or the signed `-2147220480`; `QBWC1012`, or `1012`
    where no status has that number; `procore 403`, or `403`.
    """
    text = code.strip().strip("\"'()[]{}.,;: ")
    if found := _WEBCONNECTOR.fullmatch(text):
        return WEBCONNECTOR.get(f"QBWC{found[1]}")
    if found := _PROCORE.fullmatch(text):
        return PROCORE.get(f"procore-{found[1]}")
    if hresult := _hresult(text):
        return HRESULTS.get(hresult)
    if found := _STATUS.fullmatch(text):
        number = found[1]
        return STATUSES.get(number) or WEBCONNECTOR.get(f"QBWC{number}") or PROCORE.get(f"procore-{number}")
    return None


def status_advice(code: int, severity: str, message: str) -> Advice:
    """The advice for one answer of QuickBooks; its message decides where a code says two things.

    3170 and 3180 are a moment's collision where somebody was editing, else a refusal. A code that is not
    known is judged by its severity; an error is parked and a write never repeated.
    """
    key, words = str(code), message.casefold()
    if key in BUSY and BUSY_CHANGE in words:
        return BUSY[key]
    if code == 3170 and "merge" in words:  # noqa: PLR2004  # QuickBooks' own number
        return MERGE
    return STATUSES.get(key) or _unknown_status(code, severity)


def hresult_advice(hresult: str) -> Advice:
    """The advice for an HRESULT as the Web Connector reports it; unknown ones leave the outcome open."""
    key = _hresult(hresult.strip())
    if key and key in HRESULTS:
        return HRESULTS[key]
    return advice(
        key or hresult.strip(),
        Policy.UNKNOWN,
        Actor.SUPPORT,
        "QuickBooks reported an error that is not known here",
        "The Web Connector reports an error of QuickBooks or Windows; whether anything was saved is not "
        "known.",
        "qbsync finds out before it sends anything again.",
        "If it comes back, restart QuickBooks and the Web Connector, and report the number with the Web "
        "Connector's log.",
    )


def procore_advice(status: int) -> Advice | None:
    """The advice for an HTTP status of Procore's API; any 5xx without words of its own is like 500."""
    found = PROCORE.get(f"procore-{status}")
    if found is None and 500 <= status <= 599:  # noqa: PLR2004  # HTTP's server errors
        return PROCORE["procore-500"]
    return found


def _hresult(text: str) -> str:
    """`0x8004040A` from any way of writing it, or "" where it is no HRESULT."""
    if _DECIMAL.fullmatch(text):
        number = int(text) & 0xFFFFFFFF
        return f"0x{number:08X}" if number >= 0x80000000 else ""  # noqa: PLR2004  # the sign of a failure
    found = _HRESULT.fullmatch(text)
    return f"0x{found[1].upper()}" if found else ""


def _unknown_status(code: int, severity: str) -> Advice:
    title = next((words for last, words in _RANGES if code <= last), "An error of QuickBooks")
    steps: tuple[str, ...]
    match severity.casefold():
        case "info":
            policy, actor = Policy.OK, Actor.NOBODY
            steps = ("There is nothing to do.",)
        case "warn" | "warning":
            policy, actor = Policy.WARN, Actor.BOOKKEEPER
            steps = ("QuickBooks did what was asked. Read its message and look at the record in QuickBooks.",)
        case _:
            policy, actor = Policy.PERMANENT, Actor.BOOKKEEPER
            steps = (
                "Read QuickBooks' message, and enter the same record in QuickBooks by hand to see the rule.",
                "Correct it in Procore or in QuickBooks. Then choose Retry on the job's page in qbsync.",
                "If the message does not help, report it with the code and the qbXML from the job's page.",
            )
    happened = f"QuickBooks answered with code {code}, which is not known here; its message says more."
    return advice(str(code), policy, actor, title, happened, *steps)
