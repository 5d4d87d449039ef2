"""What the SOAP service asks of the program behind it: the twelve calls of the Web Connector."""

from __future__ import annotations

from typing import Protocol


class Conversation(Protocol):
    """Answers the Web Connector; one object serves every session, from several threads at once.

    A text the Web Connector left out arrives as "", a number as 0. What the answers mean is decided by
    Intuit's guide (reference: qbwc-and-qbxml.md, sections 1.3 to 1.7). An exception becomes a SOAP fault
    without details, which ends the Web Connector's session.
    """

    def server_version(self) -> str:
        """Our version, for the Web Connector's log."""

    def client_version(self, version: str) -> str:
        """Nothing to go on, or `W:`, `E:` or `O:` and a text to warn, stop or ask for an upgrade."""

    def authenticate(self, user: str, password: str) -> list[str]:
        """The ticket, what to do (a company file's path, "", `none`, `nvu`, `busy`), and up to two delays."""

    def send_request_xml(  # noqa: PLR0917  # Intuit's six arguments
        self, ticket: str, hcp_response: str, company_file: str, country: str, major: int, minor: int
    ) -> str:
        """The next qbXML message; `hcp_response` comes with a session's first call alone."""

    def receive_response_xml(self, ticket: str, response: str, hresult: str, message: str) -> int:
        """Percent done after this answer: 100 ends the session, a negative number asks for getLastError."""

    def connection_error(self, ticket: str, hresult: str, message: str) -> str:
        """`done` to stop, or the company file to try next; QuickBooks could not be reached."""

    def get_last_error(self, ticket: str) -> str:
        """Words for the user, or `NoOp` to be asked again in five seconds."""

    def close_connection(self, ticket: str) -> str:
        """The line that the Web Connector shows once the session is over."""

    def get_interactive_url(self, ticket: str, session_id: str) -> str:
        """The page to open in interactive mode."""

    def interactive_done(self, ticket: str) -> str:
        """`Done` once the user has finished in interactive mode."""

    def interactive_rejected(self, ticket: str, reason: str) -> str:
        """Words for a user who did not let interactive mode begin."""

    def get_server_version(self, ticket: str) -> str:
        """Our version, for the Web Connector's box of more information."""
