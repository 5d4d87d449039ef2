"""What an update of the Web Connector came to, and everything that passed during it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How an update ended."""

    DONE = "done"
    NO_WORK = "no work"
    """authenticate answered none."""
    INVALID_USER = "invalid user"
    """authenticate answered nvu."""
    BUSY = "busy"
    POSTPONED = "postponed"
    """authenticate asked to come again later; this wins over none, nvu and busy."""
    CLIENT_REFUSED = "client refused"
    """clientVersion answered E:, O: or a W: that nobody was there to accept."""
    NOT_CONNECTED = "not connected"
    """QuickBooks or the company file could not be opened; connectionError was called."""
    ERROR = "error"
    """The service ended it with a text in getLastError."""
    INTERACTIVE = "interactive"
    """The service asked for interactive mode, which nobody was there to agree to."""
    DIED = "died"
    """stop_after: the Web Connector was gone in the middle, without another word."""
    FAILED = "failed"
    """A call failed; `code` is QBWC's."""


class Misbehaviour(StrEnum):
    """What goes wrong with one round trip."""

    DELIVER_TWICE = "deliver twice"
    DELIVER_GARBAGE = "deliver garbage"
    DELIVER_TRUNCATED = "deliver truncated"
    DELIVER_NOTHING = "deliver nothing"
    """An empty response without an hresult."""
    SEND_TWICE = "send twice"
    """sendRequestXML is called twice; only the second request is executed and answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One sendRequestXML and what became of it.

    `response` is what was delivered, `executed` what QuickBooks answered; `percent` is None when nothing
    was delivered.
    """

    ticket: str
    request: str
    executed: str = ""
    response: str = ""
    hresult: str = ""
    message: str = ""
    percent: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateResult:
    """One update, from serverVersion to closeConnection.

    `error` is the text of getLastError, or of QBWC's own error `code`; `closing` the text of
    closeConnection, which the user sees; `calls` the SOAP operations in order; `hcp` the document that went
    with the first sendRequestXML.
    """

    outcome: Outcome
    ticket: str = ""
    code: str = ""
    error: str = ""
    closing: str = ""
    server_version: str = ""
    postpone_seconds: int = 0
    minimum_run_every_seconds: int = 0
    hcp: str = ""
    calls: tuple[str, ...] = ()
    exchanges: tuple[Exchange, ...] = ()

    @property
    def round_trips(self) -> int:
        """How many answers were delivered by receiveResponseXML."""
        return self.calls.count("receiveResponseXML")
