"""QuickBooks' status codes up to 3099: information, warnings, general errors and errors of form.

The codes and their policies are those of the reference, qbwc-and-qbxml.md, section 4; the words are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qbsync.guidance.advice import Actor, Advice, Policy, advice, table

_REPORT: Final = (
    "Report it with the qbXML from the job's page: qbsync should have noticed this before sending."
)
_RETRY: Final = "Then choose Retry on the job's page in qbsync."


def _bad_value(code: str, what: str, example: str, look_at: str) -> Advice:
    """QuickBooks could not read one value of the request: 3010 to 3065 differ only in which kind."""
    return advice(
        code,
        Policy.PERMANENT,
        Actor.SUPPORT,
        f"Not {what}",
        f"QuickBooks could not read a value in the request as {what} ({example}). Nothing was saved.",
        f"Look at {look_at} of the record in Procore, and correct it there if it is odd.",
        _RETRY,
        _REPORT,
    )


GENERAL: Final[Mapping[str, Advice]] = table(
    advice(
        *("0", Policy.OK, Actor.NOBODY, "Done"),
        "QuickBooks did what was asked.",
        "There is nothing to do.",
    ),
    advice(
        *("1", Policy.EMPTY, Actor.NOBODY, "Nothing found"),
        "QuickBooks looked and has no matching record. For a search this is an ordinary answer.",
        "There is nothing to do.",
    ),
    advice(
        *("500", Policy.EMPTY, Actor.NOBODY, "Some records were not found"),
        "QuickBooks has some of the records that were asked for, but not all: the others were deleted or "
        "merged.",
        "There is nothing to do; qbsync notes which ones are missing.",
    ),
    advice(
        *("501", Policy.WARN, Actor.NOBODY, "Something is left out for this version"),
        "The record holds something that the agreed version of qbXML has no word for; QuickBooks left it "
        "out.",
        "There is nothing to do, unless a field you need stays empty.",
    ),
    advice(
        *("510", Policy.WARN, Actor.BOOKKEEPER, "A record was not returned"),
        "QuickBooks has the record but does not hand it out to other programs.",
        "Open it in QuickBooks and see whether it is of a special kind, such as a payroll item.",
    ),
    advice(
        *("530", Policy.WARN, Actor.NOBODY, "A field was ignored"),
        "This edition of QuickBooks does not have one of the fields that were sent; the rest was saved.",
        "Compare the record in QuickBooks if the field matters to you.",
    ),
    advice(
        *("531", Policy.WARN, Actor.NOBODY, "A choice was ignored"),
        "This edition of QuickBooks does not have one of the choices that were sent; the rest was saved.",
        "Set the choice by hand in QuickBooks if it matters to you.",
    ),
    advice(
        *("550", Policy.WARN, Actor.BOOKKEEPER, "Saved without its notes"),
        "QuickBooks saved the record, but not the notes that belong to it.",
        "Open the record in QuickBooks and type the notes yourself, if you need them.",
    ),
    advice(
        *("560", Policy.WARN, Actor.NOBODY, "An old field was used"),
        "QuickBooks did what was asked and remarks that one field will go away in a later version.",
        "There is nothing to do now.",
    ),
    advice(
        *("570", Policy.WARN, Actor.BOOKKEEPER, "Saved, but not linked"),
        "QuickBooks saved the bill but could not link it to its purchase order, because the order is closed.",
        "Open the purchase order in QuickBooks and clear Closed, on the order and on its lines.",
        "Open the bill and choose Select PO to link it, or leave it unlinked if the order is to stay closed.",
    ),
    advice(
        *("600", Policy.UNKNOWN, Actor.NOBODY, "QuickBooks kept no answer"),
        "qbsync asked for the answer to an earlier message and QuickBooks has none stored for it, as after a "
        "restored backup. Whether that message was carried out is not known yet.",
        "There is nothing to do: qbsync looks for each record before it sends anything again.",
        "If a job stays in Checking what QuickBooks has, look the record up in QuickBooks and decide there.",
    ),
    advice(
        *("1000", Policy.UNKNOWN, Actor.BOOKKEEPER, "QuickBooks had an internal error"),
        "QuickBooks failed in the middle of its work and does not say whether the record was saved.",
        "qbsync looks for the record before it sends it again.",
        "If it happens often, choose File, Utilities, Verify Data in QuickBooks, and Rebuild Data if it says "
        "so.",
    ),
    advice(
        *("1010", Policy.TRANSIENT, Actor.NOBODY, "QuickBooks is not available just now"),
        "QuickBooks is busy with something else, such as a backup or an update.",
        "There is nothing to do; the job is tried again in a later update.",
    ),
    advice(
        *("1030", Policy.PERMANENT, Actor.SUPPORT, "QuickBooks does not know this request"),
        "This version or edition of QuickBooks cannot do what was asked.",
        "In QuickBooks press F2 and note the product and release shown at the top.",
        "Install the newest release (Help, Update QuickBooks Desktop). " + _RETRY,
        "If it stays, report it with the product and release.",
    ),
    advice(
        *("1060", Policy.PERMANENT, Actor.SUPPORT, "A request's number is too long"),
        "QuickBooks refused the number by which qbsync tells its requests apart. Nothing was saved.",
        _REPORT,
    ),
    advice(
        *("3000", Policy.PERMANENT, Actor.SUPPORT, "Not a QuickBooks id"),
        "The request names a record by something that is no QuickBooks id. Nothing was saved.",
        "If the link was made by hand (qbsync links link), check the id that was typed and link it again.",
        _RETRY,
    ),
    _bad_value("3010", "a yes or no", "it takes true or false", "the choices"),
    _bad_value("3020", "a date", "it takes year-month-day", "the dates"),
    _bad_value("3030", "a range of dates", "the first date is after the last", "the dates"),
    _bad_value("3031", "a range of names", "the first name comes after the last", "the names and numbers"),
    _bad_value("3035", "a length of time", "it takes hours and minutes", "the times"),
    _bad_value("3040", "an amount", "it takes two decimals and no thousands separator", "the amounts"),
    _bad_value("3045", "a price", "it takes at most five decimals", "the unit costs"),
    _bad_value("3050", "a percentage", "it takes a plain number", "the percentages"),
    _bad_value("3060", "a quantity", "it takes at most five decimals", "the quantities"),
    _bad_value("3065", "an identifier", "it takes a GUID in braces", "the ids"),
    advice(
        *("3070", Policy.PERMANENT, Actor.BOOKKEEPER, "A text is too long"),
        "One of the texts is longer than QuickBooks' field for it. Nothing was saved.",
        "Shorten it in Procore, or give a shorter one when you accept the job in qbsync (a vendor name takes "
        "41 "
        "characters, a purchase order number 11, a bill number 20).",
        _RETRY,
    ),
)
