"""Errors of the request processor itself: the message as a whole did not get through."""

from __future__ import annotations

from enum import StrEnum


class HResult(StrEnum):
    """The request processor's error codes (reference section 4.1)."""

    PARSE_ERROR = "0x80040400"
    NO_ACCESS = "0x80040401"
    UNEXPECTED = "0x80040402"
    CANNOT_OPEN_FILE = "0x80040403"
    CANNOT_START = "0x80040408"
    OTHER_FILE_OPEN = "0x8004040A"
    BAD_TICKET = "0x8004040D"
    OTHER_USER_MODE = "0x80040410"
    MODAL_DIALOG = "0x80040414"
    NOT_RUNNING = "0x80040416"
    NOT_AUTHORISED = "0x80040418"
    NO_AUTO_LOGIN = "0x8004041A"
    EDITION_UNSUPPORTED = "0x8004041F"
    USER_DENIED = "0x80040420"
    NEEDS_SINGLE_USER = "0x80040422"
    VERSION_UNSUPPORTED = "0x80040423"
    STILL_STARTING = "0x80040424"


MESSAGES: dict[HResult, str] = {
    HResult.PARSE_ERROR: "QuickBooks found an error when parsing the provided XML text stream.",
    HResult.NO_ACCESS: "Could not access QuickBooks.",
    HResult.UNEXPECTED: "Unexpected error. Check the qbsdklog.txt file for possible, additional information.",
    HResult.CANNOT_OPEN_FILE: "Could not open the specified QuickBooks company data file.",
    HResult.CANNOT_START: "Could not start QuickBooks.",
    HResult.OTHER_FILE_OPEN: "A QuickBooks company data file is already open and it is different from the "
    "one requested.",
    HResult.BAD_TICKET: "Invalid ticket parameter.",
    HResult.OTHER_USER_MODE: "The QuickBooks company data file is currently open in a mode other than the "
    "one specified by your application.",
    HResult.MODAL_DIALOG: "QuickBooks cannot be accessed while a modal dialog box is open.",
    HResult.NOT_RUNNING: "If QuickBooks is not running, the company data file name must be supplied.",
    HResult.NOT_AUTHORISED: "This application does not have permission to access this QuickBooks company "
    "data file.",
    HResult.NO_AUTO_LOGIN: "This application does not have permission to access this QuickBooks company data "
    "file without a user logged in.",
    HResult.EDITION_UNSUPPORTED: "This application is not supported by this edition of QuickBooks.",
    HResult.USER_DENIED: "The QuickBooks user has denied access.",
    HResult.NEEDS_SINGLE_USER: "QuickBooks needs single-user mode because another application has it open.",
    HResult.VERSION_UNSUPPORTED: "The version of qbXML that was requested is not supported or is unknown.",
    HResult.STILL_STARTING: "QuickBooks is still starting.",
}


class RequestProcessorError(Exception):
    """ProcessRequest or BeginSession failed with an HRESULT; nothing is said of single requests.

    `hresult` is text such as "0x80040400"; `detail` is for the test's or demo's log: QuickBooks says none
    of it, and the Web Connector passes none of it on.
    """

    def __init__(self, hresult: str, message: str = "", *, detail: str = "") -> None:
        self.hresult = str(hresult)
        self.message = message or MESSAGES.get(_known(hresult), "Unknown error.")
        self.detail = detail
        super().__init__(f"{self.hresult}: {self.message}" + (f" ({detail})" if detail else ""))


def _known(hresult: str) -> HResult:
    try:
        return HResult(hresult)
    except ValueError:
        return HResult.UNEXPECTED


def parse_error(detail: str) -> RequestProcessorError:
    """The refusal of a message for its form (0x80040400); `detail` never reaches the Web Connector."""
    return RequestProcessorError(HResult.PARSE_ERROR, detail=detail)
