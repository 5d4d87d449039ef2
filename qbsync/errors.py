"""The one tree of qbsync's errors; each class states what should happen next.

    QbsyncError
    ├── ConfigError                 a setting or command is missing or wrong
    ├── NotFoundError               what was asked for does not exist
    ├── DatabaseBehindError         the database needs `qbsync db upgrade`
    ├── StateError                  a job may not move that way
    ├── BusyError                   another process is at this very work
    ├── MappingError                a record cannot become a QuickBooks request
    ├── QbxmlError                  qbXML that QuickBooks would refuse, or that we cannot read
    │   ├── QbxmlInvalidError
    │   └── QbxmlUnreadableError
    ├── ProcoreError                Procore did not do what was asked
    │   ├── ProcoreAuthError        401, or no token to be had
    │   ├── ProcoreForbiddenError   403
    │   ├── ProcoreMissingError     404: gone, or not to be seen by this account
    │   ├── ProcoreRefusedError     400, 405, 406, 409, 413, 422
    │   ├── ProcoreLimitedError     429, or the hour's allowance is used
    │   ├── ProcoreUnavailableError 408, 5xx, no network
    │   └── ProcorePayloadError     an answer of a shape that no document describes
    │       └── ProcoreGarbledError an answer that was spoilt on its way: no JSON, or cut
    └── ConversationError           the Web Connector's conversation cannot go on
        ├── WrongCompanyError       another company file is open
        └── LostSessionError        a ticket that is unknown or over

The queue, the pages, the commands' exit codes and the metrics read `recovery` and nothing else.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class Recovery(StrEnum):
    """What is to be done after an error of this kind."""

    RETRY = "retry"
    """Wait, then do the same again; nobody need act."""
    PERSON = "person"
    """Hold the work for someone; the guidance says who, and what to do."""
    STOP = "stop"
    """End this conversation; the next one starts afresh."""
    BUG = "bug"
    """A fault of ours; report it with the context."""


class QbsyncError(Exception):
    """Something went wrong that qbsync can name.

    `message` says what happened and to which record; `guidance` who can mend it and how; `context` holds
    names and ids for logs, never a secret.
    """

    recovery: ClassVar[Recovery] = Recovery.BUG
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, guidance: str = "", context: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.guidance = guidance
        self.context = context or {}

    def for_people(self) -> str:
        """The message and, where there is any, what to do about it."""
        return f"{self.message} {self.guidance}".strip()


class ConfigError(QbsyncError):
    """A setting or an argument is missing or wrong."""

    recovery = Recovery.PERSON
    exit_code = 2


class NotFoundError(QbsyncError):
    """What was asked for does not exist."""

    recovery = Recovery.PERSON
    exit_code = 4


class DatabaseBehindError(QbsyncError):
    """The database is older than this qbsync."""

    recovery = Recovery.PERSON
    exit_code = 5


class StateError(QbsyncError):
    """A job may not move from its state to the one asked for."""

    recovery = Recovery.PERSON
    exit_code = 2


class BusyError(QbsyncError):
    """Another process is at this very work right now."""

    recovery = Recovery.RETRY
    exit_code = 75


class MappingError(QbsyncError):
    """A record cannot become what QuickBooks needs; names the record, the field and the reason."""

    recovery = Recovery.PERSON


class QbxmlError(QbsyncError):
    """Something about qbXML is wrong."""


class QbxmlInvalidError(QbxmlError):
    """A request that QuickBooks would refuse for its form."""

    recovery = Recovery.PERSON


class QbxmlUnreadableError(QbxmlError):
    """An answer that is not qbXML; it is stored and never acknowledged."""

    recovery = Recovery.RETRY


class ProcoreError(QbsyncError):
    """Procore did not do what was asked."""

    recovery = Recovery.PERSON


class ProcoreAuthError(ProcoreError):
    """Procore does not accept the client id and secret, or the token."""


class ProcoreForbiddenError(ProcoreError):
    """Procore knows the account but does not let it do this."""


class ProcoreMissingError(ProcoreError):
    """Procore has no such record, or does not show it to this account."""


class ProcoreRefusedError(ProcoreError):
    """Procore read the request and refused it."""


class ProcoreLimitedError(ProcoreError):
    """Procore's rate limit is reached; `retry_after` is in seconds."""

    recovery = Recovery.RETRY
    exit_code = 75

    def __init__(
        self,
        message: str,
        *,
        retry_after: float = 60.0,
        guidance: str = "",
        context: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message, guidance=guidance, context=context)
        self.retry_after = retry_after


class ProcoreUnavailableError(ProcoreError):
    """Procore cannot be reached or is in trouble; `retry_after` is in seconds, None where it did not say."""

    recovery = Recovery.RETRY
    exit_code = 75

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        guidance: str = "",
        context: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message, guidance=guidance, context=context)
        self.retry_after = retry_after


class ProcorePayloadError(ProcoreError):
    """Procore answered in a shape that none of its documents describes."""


class ProcoreGarbledError(ProcorePayloadError):
    """What came is no answer of Procore's at all: cut JSON, or the page of a login or a proxy."""


class ConversationError(QbsyncError):
    """The conversation with the Web Connector cannot go on."""

    recovery = Recovery.STOP


class WrongCompanyError(ConversationError):
    """Another company file is open than the one this connection belongs to."""


class LostSessionError(ConversationError):
    """The Web Connector used a ticket that is unknown or over."""
