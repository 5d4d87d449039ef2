"""Statuses of single requests, in QuickBooks' numbers and words (reference section 4)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The outcome of one request."""

    code: int
    message: str

    @property
    def severity(self) -> str:
        """Info below 500, Warn below 1000, Error from there on."""
        if self.code < 500:  # noqa: PLR2004 Intuit's ranges
            return "Info"
        return "Warn" if self.code < 1000 else "Error"  # noqa: PLR2004


OK = Status(code=0, message="Status OK")
NO_MATCH = Status(code=1, message="A query request did not find a matching object in QuickBooks")
NOT_PROCESSED = Status(
    code=3231, message="The request has not been processed because an earlier request had an error."
)


PARTLY_LINKED = Status(
    code=570,
    message="The transaction was saved, but it could not be linked: a transaction that it names is closed.",
)


class Refusal(Exception):  # noqa: N818 it refuses one request, which is no fault of the program
    """One request is refused with a status; the rest of the message goes on as onError says."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = Status(code=code, message=message)


def not_found(value: str) -> Status:
    """500: a query named an object that does not exist."""
    return Status(
        code=500,
        message="The query request has not been fully completed. There was a required element "
        f'("{value}") that could not be found in QuickBooks.',
    )


def unsupported(name: str) -> Refusal:
    """1030: a request that this company file does not do."""
    return Refusal(1030, f"The request {name} is not supported by this implementation.")


def request_id_too_long(request_id: str) -> Refusal:
    """1060: a requestID of more than 50 characters."""
    return Refusal(1060, f'The request ID "{request_id}" is too long; the maximum length is 50.')


def invalid_id(value: str, field: str) -> Refusal:
    """3000: an id that is not shaped like one."""
    return Refusal(3000, f'The given object ID "{value}" in the field "{field}" is invalid.')


def too_long(field: str, text: str, longest: int) -> Refusal:
    """3070: a text longer than its field."""
    return Refusal(
        3070, f'The string "{text}" in the field "{field}" is too long. The maximum length is {longest}.'
    )


def name_in_use(name: str) -> Refusal:
    """3100: the name is taken in its name space."""
    return Refusal(3100, f'The name "{name}" of the list element is already in use.')


def no_object(object_id: str) -> Refusal:
    """3120: no object has this id."""
    return Refusal(
        3120,
        f'Object "{object_id}" specified in the request cannot be found.  QuickBooks error message: Invalid '
        "argument.  The specified record does not exist in the list.",
    )


def bad_reference(kind: str, value: str, where: str) -> Refusal:
    """3140: a reference to something that does not exist."""
    return Refusal(
        3140,
        f'There is an invalid reference to QuickBooks {kind} "{value}" in the {where}.  QuickBooks error '
        "message: Invalid argument.  The specified record does not exist in the list.",
    )


def missing(field: str) -> Refusal:
    """3150: an element that the business rules need."""
    return Refusal(3150, f'There is a missing element: "{field}".')


def in_use(object_id: str) -> Refusal:
    """3160: something cannot be deleted because other records use it."""
    return Refusal(
        3160,
        f'Cannot delete the object specified by the id = "{object_id}".  QuickBooks error message: The list '
        "element is in use.",
    )


def cannot_merge(kind: str) -> Refusal:
    """3170: a Mod gives a record the name of another one."""
    return Refusal(
        3170,
        f"There was an error when modifying a {kind} list element.  QuickBooks error message: Cannot merge "
        "list elements.",
    )


def save_failed(what: str, why: str) -> Refusal:
    """3180: QuickBooks could not save the object."""
    return Refusal(3180, f"There was an error when saving a {what}.  QuickBooks error message: {why}")


def out_of_date(edit_sequence: str) -> Refusal:
    """3200: the EditSequence is not the current one."""
    return Refusal(3200, f'The provided edit sequence "{edit_sequence}" is out-of-date.')


def invalid_value(field: str, value: str, why: str) -> Refusal:
    """3210: a value that breaks a business rule."""
    return Refusal(
        3210, f'The "{field}" field has an invalid value "{value}".  QuickBooks error message: {why}'
    )


def time_mismatch(object_id: str) -> Refusal:
    """3240: the id's number exists, but not with that time of creation."""
    return Refusal(
        3240, f'Time creation mismatch: object "{object_id}" specified in the request cannot be found.'
    )


def feature_off(feature: str) -> Refusal:
    """3250: the company has not switched this feature on."""
    return Refusal(
        3250,
        f"This feature is not enabled or not available in this version of QuickBooks: {feature}.",
    )


def definition_fault(why: str) -> Refusal:
    """3350: a data extension without, or with another, definition."""
    return Refusal(3350, f"There was an error in the data extension definition: {why}")


def definition_refused(why: str) -> Refusal:
    """3351: a data extension definition that may not be made."""
    return Refusal(3351, f"The data extension definition is not allowed: {why}")


def bad_iterator(iterator_id: str) -> Refusal:
    """3391: an iterator of another session, or one that has ended."""
    return Refusal(3391, f'The iteratorID "{iterator_id}" is not valid.')
