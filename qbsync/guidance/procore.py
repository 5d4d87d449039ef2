"""HTTP errors of Procore's REST API, as `procore-403`.

What each means follows the reference, procore-api.md, sections 1.4, 2.1 and 2.5; the words are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qbsync.guidance.advice import Actor, Advice, Policy, advice, table

_WAIT: Final = "There is nothing to do: qbsync waits and asks again."
_RETRY: Final = "Then choose Retry in qbsync."


def _trouble(code: str, title: str, happened: str) -> Advice:
    """Procore itself is in trouble; waiting is all there is."""
    return advice(
        f"procore-{code}",
        Policy.TRANSIENT,
        Actor.NOBODY,
        title,
        happened,
        _WAIT,
        "If it lasts for hours, look at Procore's status page, or ask Procore's support with the request id "
        "that "
        "qbsync logged.",
    )


PROCORE: Final[Mapping[str, Advice]] = table(
    advice(
        *("procore-400", Policy.PERMANENT, Actor.SUPPORT, "Procore did not understand the request"),
        "Procore refused the request for its form; its message names the field.",
        "If the field is one that you can fill in on the record in Procore, do so. " + _RETRY,
        "If not, report it with Procore's message.",
    ),
    advice(
        *("procore-401", Policy.CONFIGURATION, Actor.QBSYNC_ADMIN, "Procore does not let qbsync in"),
        "Procore does not accept the client id and secret of this connection, or took its token back.",
        "In Procore's Developer Portal compare the client id, and see whether the secret was renewed.",
        "Give the connection the new secret, and see that sandbox and production are not mixed up.",
    ),
    advice(
        *("procore-403", Policy.CONFIGURATION, Actor.PROCORE_ADMIN, "qbsync has no permission in Procore"),
        "Procore knows qbsync, but does not let it do this: the app is not connected to the company, a "
        "project is "
        "not among its permitted projects, a tool is off in the project, or its permission is too low.",
        "In Procore open Company, Admin, App Management, qbsync's app, and see that it is installed.",
        "Under Permissions there, see that the tool has the level the guide names, and that the project is "
        "among "
        "the permitted projects.",
        "In the project, see under Admin, Tool Settings that the tool is switched on.",
        _RETRY,
    ),
    advice(
        *(
            "procore-404",
            Policy.PERMANENT,
            Actor.PROCORE_ADMIN,
            "Procore does not have it, or does not show it",
        ),
        "The record was deleted in Procore, or qbsync's account may not see it: Procore answers both alike.",
        "Open the record in Procore. If it is gone, cancel the job in qbsync.",
        "If it is there, give qbsync's account at least Read Only on that tool, and access to a private "
        "contract.",
        _RETRY,
    ),
    advice(
        *("procore-405", Policy.PERMANENT, Actor.SUPPORT, "Procore does not allow that change"),
        "Procore shows this kind of record to other programs, but does not let them change it.",
        "Make the change by hand in Procore, and report it.",
    ),
    advice(
        *("procore-406", Policy.PERMANENT, Actor.SUPPORT, "Procore cannot answer in that form"),
        "Procore has no answer in the form that qbsync asked for.",
        "Report it with the request id that qbsync logged.",
    ),
    _trouble(
        "408", "Procore took too long", "The question was too large for Procore, or Procore is slow today."
    ),
    advice(
        *("procore-409", Policy.PERMANENT, Actor.PROCORE_ADMIN, "Procore already has that id"),
        "Another record in Procore already bears the QuickBooks id, or somebody else was changing the same "
        "record.",
        "Search Procore for the record that bears the same ERP id or origin id. An earlier connector may "
        "have "
        "left it.",
        "Take it off there, or unlink that record in qbsync. " + _RETRY,
    ),
    advice(
        *("procore-413", Policy.PERMANENT, Actor.SUPPORT, "Too much at once for Procore"),
        "qbsync sent more records in one call than Procore takes.",
        "Report it with the request id that qbsync logged.",
    ),
    advice(
        *("procore-422", Policy.PERMANENT, Actor.PROCORE_ADMIN, "Procore refused a value"),
        "Procore understood the request and refused it: a field is required, locked, or must be unique. Its "
        "message names the field. What is in QuickBooks stays as it is.",
        "Open the record in Procore and enter the same by hand: Procore then shows the rule, often a "
        "required "
        "field of the company's own, or a locked budget or contract.",
        _RETRY,
    ),
    advice(
        *("procore-429", Policy.TRANSIENT, Actor.NOBODY, "Procore's limit is reached"),
        "All programs of the company together asked Procore more often than it allows in an hour, or in ten "
        "seconds.",
        _WAIT,
        "If it happens every hour, raise poll_seconds of the connection, or see which other program asks so "
        "often.",
    ),
    _trouble("500", "Procore had an internal error", "Procore failed while it answered."),
    _trouble(
        "502", "Procore is not reached", "Something between qbsync and Procore did not get an answer from it."
    ),
    _trouble(
        "503", "Procore is overloaded or under maintenance", "Procore asks to be left alone for a while."
    ),
    _trouble(
        "504",
        "Procore did not answer in time",
        "Something between qbsync and Procore stopped waiting for it.",
    ),
)
