"""The twelve operations of the Web Connector as a spyne service, each handed on to the Conversation.

The shapes are those of Intuit's WSDL: strings may be absent and are not nillable, integers are required; the
four operations that Intuit's own C# sample or guide adds (getInteractiveURL, interactiveDone,
interactiveRejected, getServerVersion) stand beside. Nothing is validated here: an empty string, an argument
in another order or one too many is everyday traffic (reference: stack.md, section 4).
"""

from __future__ import annotations

import logging
import math
import re
import traceback
from collections.abc import Callable
from typing import Any, Final, TypeVar

from spyne import Application, ComplexModel, Fault, Integer32, Service, Unicode, const, rpc

from qbsync.soap.conversation import Conversation
from qbsync.soap.envelope import StrictSoap11

NAMESPACE: Final = "http://developer.intuit.com/"
PORT: Final = "QBWebConnectorSvcSoap"
INTERNAL_ERROR: Final = "Internal Error"

_log = logging.getLogger(__name__)
_S: Final = Unicode(min_occurs=0, nullable=False)
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_I: Final = Integer32(min_occurs=1, nullable=False)
_Answer = TypeVar("_Answer")

const.MIN_GC_INTERVAL = math.inf
"""spyne would collect all garbage after calls, once a second, to close files; no call of ours has any."""


class ArrayOfString(ComplexModel):
    """Intuit's name for the list that authenticate answers."""

    __namespace__ = NAMESPACE
    string = Unicode(min_occurs=0, max_occurs="unbounded", nullable=True)


class ConversationApplication(Application):
    """A spyne application that knows the Conversation behind it."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        # validator=None: any other setting refuses the empty strings that the Web Connector sends as routine
        super().__init__(
            [QBWebConnectorSvc],
            tns=NAMESPACE,
            name=PORT,
            in_protocol=StrictSoap11(validator=None, huge_tree=True),
            out_protocol=StrictSoap11(),
        )


def log_failure(operation: str, error: Exception, secrets: tuple[str, ...] = ()) -> None:
    """Log an exception once: its class, the beginning of its message and where it arose.

    Nothing from the first `<` on is kept, no second line, and none of `secrets`: bodies, passwords and
    tickets stay out of the log.
    """
    words = str(error)
    for secret in sorted((text for text in secrets if text), key=len, reverse=True):
        words = words.replace(secret, "[...]").replace(repr(secret)[1:-1], "[...]")
    first_line = words.partition("\n")[0].partition("<")[0].strip()[:300]
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    where = " > ".join(f"{frame.name}:{frame.lineno}" for frame in frames)
    _log.error("soap call failed: %s: %s: %s (%s)", operation, type(error).__name__, first_line, where)


def _ask(
    ctx: Any,  # noqa: ANN401  # spyne's context
    question: Callable[[Conversation], _Answer],
    *texts: str | None,
) -> _Answer:
    try:
        answer = question(ctx.app.conversation)
        _check_writable(answer)
    except Exception as error:  # noqa: BLE001  # the edge: whatever it is, the Web Connector gets a plain fault
        log_failure(ctx.descriptor.name, error, tuple(text for text in texts if text))
        raise Fault("Server", INTERNAL_ERROR) from None
    return answer


def _check_writable(answer: object) -> None:
    """Raise ValueError for what XML cannot carry: spyne would send an empty envelope with status 200."""
    texts = answer if isinstance(answer, list) else [answer]
    if any(isinstance(text, str) and _UNWRITABLE.search(text) for text in texts):
        raise ValueError("the answer holds a character that XML does not allow")


def _operation(*types: Any, names: str = "", returns: Any = _S) -> Any:  # noqa: ANN401  # spyne's decorator
    return rpc(*types, _args=tuple(names.split()), _returns=returns, _port_type=PORT)


class QBWebConnectorSvc(Service):
    """Each operation turns absent arguments into "" or 0 and hands them to the Conversation."""

    __service_name__ = "QBWebConnectorSvc"
    __port_types__ = (PORT,)

    @_operation(_S, names="strVersion")
    def serverVersion(ctx, _version: str | None) -> str:  # noqa: N802, N805
        """Our version; the argument is in Intuit's WSDL and not in Intuit's sample, and says nothing."""
        return _ask(ctx, lambda to: to.server_version())

    @_operation(_S, names="strVersion")
    def clientVersion(ctx, version: str | None) -> str:  # noqa: N802, N805
        """What we think of the Web Connector's version."""
        return _ask(ctx, lambda to: to.client_version(version or ""))

    @_operation(
        _S, _S, names="strUserName strPassword", returns=ArrayOfString.customize(min_occurs=0, nullable=False)
    )
    def authenticate(ctx, user: str | None, password: str | None) -> ArrayOfString:  # noqa: N805
        """Open a session: two to four strings, exactly as many as the Conversation gives."""
        strings = _ask(ctx, lambda to: to.authenticate(user or "", password or ""), user, password)
        return ArrayOfString(string=list(strings))

    @_operation(
        *(_S, _S, _S, _S, _I, _I),
        names="ticket strHCPResponse strCompanyFileName qbXMLCountry qbXMLMajorVers qbXMLMinorVers",
    )
    def sendRequestXML(  # noqa: N802, PLR0917  # Intuit's name and arguments
        ctx,  # noqa: N805
        ticket: str | None,
        hcp: str | None,
        file: str | None,
        country: str | None,
        major: int | None,
        minor: int | None,
    ) -> str:
        """The next qbXML message for QuickBooks."""
        return _ask(
            ctx,
            lambda to: to.send_request_xml(
                ticket or "", hcp or "", file or "", country or "", major or 0, minor or 0
            ),
            ticket,
            hcp,
        )

    @_operation(_S, _S, _S, _S, names="ticket response hresult message", returns=_I)
    def receiveResponseXML(  # noqa: N802
        ctx,  # noqa: N805
        ticket: str | None,
        response: str | None,
        hresult: str | None,
        message: str | None,
    ) -> int:
        """QuickBooks' answer to the message before; percent done."""
        return _ask(
            ctx,
            lambda to: to.receive_response_xml(ticket or "", response or "", hresult or "", message or ""),
            ticket,
            response,
        )

    @_operation(_S, _S, _S, names="ticket hresult message")
    def connectionError(ctx, ticket: str | None, hresult: str | None, message: str | None) -> str:  # noqa: N802, N805
        """QuickBooks could not be reached."""
        return _ask(ctx, lambda to: to.connection_error(ticket or "", hresult or "", message or ""), ticket)

    @_operation(_S, names="ticket")
    def getLastError(ctx, ticket: str | None) -> str:  # noqa: N802, N805
        """Words for the user after a negative or empty answer of ours."""
        return _ask(ctx, lambda to: to.get_last_error(ticket or ""), ticket)

    @_operation(_S, names="ticket")
    def closeConnection(ctx, ticket: str | None) -> str:  # noqa: N802, N805
        """End the session."""
        return _ask(ctx, lambda to: to.close_connection(ticket or ""), ticket)

    @_operation(_S, _S, names="wcTicket sessionID")
    def getInteractiveURL(ctx, ticket: str | None, session: str | None) -> str:  # noqa: N802, N805
        """The page for interactive mode."""
        return _ask(ctx, lambda to: to.get_interactive_url(ticket or "", session or ""), ticket, session)

    @_operation(_S, names="wcTicket")
    def interactiveDone(ctx, ticket: str | None) -> str:  # noqa: N802, N805
        """Whether interactive mode is over."""
        return _ask(ctx, lambda to: to.interactive_done(ticket or ""), ticket)

    @_operation(_S, _S, names="wcTicket reason")
    def interactiveRejected(ctx, ticket: str | None, reason: str | None) -> str:  # noqa: N802, N805
        """The user did not let interactive mode begin."""
        return _ask(ctx, lambda to: to.interactive_rejected(ticket or "", reason or ""), ticket)

    @_operation(_S, names="ticket")
    def getServerVersion(ctx, ticket: str | None) -> str:  # noqa: N802, N805
        """Our version, for the box of more information."""
        return _ask(ctx, lambda to: to.get_server_version(ticket or ""), ticket)
