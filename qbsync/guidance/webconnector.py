"""The codes that the Web Connector shows and logs as QBWC1000 to QBWC1051.

Codes and causes are those of the reference, qbwc-and-qbxml.md, section 2.1 (Intuit's guide, appendix A, and
what was seen in the field); the words are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qbsync.guidance.advice import Actor, Advice, Policy, advice, table

_NEW_FILE: Final = "Write the .qwc file anew with qbsync qwc NAME, and add that one to the Web Connector."
_LOG: Final = "In the Web Connector choose View Log; send the last lines to the qbsync administrator."
_SERVER: Final = (
    "Open the connection's support page and the server's address ending in /qbwc in a browser on that PC: "
    "both "
    "must show a page of qbsync, without a warning about the certificate."
)
_OPEN: Final = (
    "Open QuickBooks and the company file as Admin in single-user mode, close every message box, and try "
    "again."
)
_AGAIN: Final = "Run Update Selected again."


def _same(codes: str, policy: Policy, actor: Actor, title: str, happened: str, *steps: str) -> list[Advice]:
    """One advice for several codes that differ only inside the Web Connector."""
    return [advice(f"QBWC{code}", policy, actor, title, happened, *steps) for code in codes.split()]


def _call_failed(code: str, call: str, when: str) -> Advice:
    """The Web Connector got no usable answer to one of its calls."""
    return advice(
        f"QBWC{code}",
        Policy.TRANSIENT,
        Actor.QBSYNC_ADMIN,
        f"No usable answer to {call}",
        f"The Web Connector asked qbsync {when} and got no answer that it could use. Nothing is lost: the "
        f"next "
        "update picks up where this one ended.",
        _AGAIN,
        "If it comes back, look in qbsync's log at that minute, and at what lies between: a proxy's error "
        "page, a "
        "time limit under two minutes, or a limit on the size of requests under 64 MB.",
    )


WEBCONNECTOR: Final[Mapping[str, Advice]] = table(
    advice(
        *("QBWC1000", Policy.CONFIGURATION, Actor.QBSYNC_ADMIN, "Two different host names in the file"),
        "AppURL and AppSupport in the .qwc file are on different hosts.",
        _NEW_FILE,
    ),
    *_same(
        *("1001 1002", Policy.CONFIGURATION, Actor.QBSYNC_ADMIN, "An address of numbers in the file"),
        "An address in the .qwc file is an IP number; the Web Connector takes host names only.",
        "Set QBSYNC_PUBLIC_URL to https:// and the server's name.",
        _NEW_FILE,
    ),
    *_same(
        *("1003 1004", Policy.CONFIGURATION, Actor.QBSYNC_ADMIN, "The support page does not answer"),
        "The Web Connector opened the address under AppSupport, and it did not answer with a page.",
        _SERVER,
        "If it asks for a login, is blocked by a firewall, or is not found, let the address through.",
    ),
    *_same(
        *("1005 1006 1033", Policy.CONFIGURATION, Actor.BOOKKEEPER, "The log file cannot be written"),
        "The Web Connector cannot create or write its log file on the PC.",
        "See that the disk has room, and that the Windows user may write to the folder ProgramData, Intuit.",
        "Close the Web Connector (Exit in the tray as well), and start it again.",
    ),
    *_same(
        *("1007 1008 1009 1022 1023 1024", Policy.CONFIGURATION, Actor.QUICKBOOKS_ADMIN),
        "QuickBooks was not reached while the file was added",
        "The Web Connector must ask QuickBooks for permission while it adds the .qwc file, and did not reach "
        "it.",
        _OPEN,
        "Add the .qwc file again: File, Add an Application.",
    ),
    *_same(
        *("1010 1051", Policy.CONFIGURATION, Actor.QBSYNC_ADMIN, "The address is not https"),
        "The Web Connector takes https addresses only, and did not add the application.",
        "Give the server a certificate that Windows trusts, and set QBSYNC_PUBLIC_URL to its https address.",
        _NEW_FILE,
    ),
    *_same(
        *("1011 1032", Policy.CONFIGURATION, Actor.BOOKKEEPER, "The application is missing from the list"),
        "The Web Connector no longer finds qbsync among the applications of this Windows user.",
        "Exit the Web Connector in the tray too, start it again, and add the .qwc file again if it is not "
        "listed.",
    ),
    advice(
        *("QBWC1012", Policy.TRANSIENT, Actor.QBSYNC_ADMIN, "The server could not be reached"),
        "The Web Connector could not log in to qbsync: no network, a certificate or TLS version that Windows "
        "refuses, or an answer that did not come from qbsync, such as a proxy's page.",
        _SERVER,
        "If they open, look in qbsync's log at that minute; the Web Connector needs TLS 1.2, and neither "
        "follows "
        "redirects nor reads compressed answers.",
    ),
    advice(
        *("QBWC1013", Policy.TRANSIENT, Actor.BOOKKEEPER, "QuickBooks could not be reached"),
        "The Web Connector logged in to qbsync, but did not get into QuickBooks. The line beside it in the "
        "log has "
        "a number that begins with 0x8004.",
        "Look that number up (qbsync explain NUMBER); the support page shows it with its advice.",
        _OPEN,
    ),
    advice(
        *("QBWC1014", Policy.TRANSIENT, Actor.BOOKKEEPER, "QuickBooks did not describe itself"),
        "QuickBooks did not answer the questions about itself and the company file with which each update "
        "begins.",
        _OPEN,
        _LOG,
    ),
    advice(
        *("QBWC1015", Policy.WARN, Actor.NOBODY, "QuickBooks was not left cleanly"),
        "The update was over; only saying goodbye to QuickBooks failed. Nothing is lost.",
        "There is nothing to do, unless the next update fails as well: then restart QuickBooks.",
    ),
    *_same(
        *("1016 1017 1018 1019 1020", Policy.WARN, Actor.BOOKKEEPER, "Nothing suitable was selected"),
        "The button that was pressed needs another selection in the Web Connector's list.",
        "Tick the box in front of qbsync, and press the button again.",
    ),
    *_same(
        *(
            "1021 1034",
            Policy.CONFIGURATION,
            Actor.QUICKBOOKS_ADMIN,
            "QuickBooks' interface is damaged or unfit",
        ),
        "The part of QuickBooks that other programs use (QBXMLRP2) is missing, too old, or of an edition "
        "that the "
        ".qwc file does not allow.",
        "Update QuickBooks (Help, Update QuickBooks Desktop), then repair it under Programs and Features.",
        "Install the newest Web Connector from Intuit's site.",
    ),
    *_same(
        *(
            "1025 1026 1027",
            Policy.CONFIGURATION,
            Actor.QBSYNC_ADMIN,
            "The company file did not take the FileID",
        ),
        "The Web Connector could not find or write the mark by which it knows this company file again.",
        _OPEN,
        "Add the .qwc file again. If it fails again, the mark is taken: report it before you make a new "
        "FileID.",
    ),
    *_same(
        *("1028 1029 1038", Policy.CONFIGURATION, Actor.BOOKKEEPER, "The stored password cannot be read"),
        "The Web Connector cannot read the password it keeps on this PC, as after a change of the Windows "
        "user.",
        "Click into the Password field beside qbsync, type the password again, press Enter, and answer Yes.",
        "If it is not at hand, have a new one made (qbsync connection rotate-password NAME).",
    ),
    advice(
        *("QBWC1030", Policy.CONFIGURATION, Actor.BOOKKEEPER, "No password yet"),
        "The Web Connector has no password for qbsync.",
        "Click into the Password field beside qbsync, type the password, press Enter, and answer Yes to "
        "store it.",
    ),
    advice(
        *("QBWC1031", Policy.WARN, Actor.BOOKKEEPER, "The update ended with errors"),
        "The update ran to its end, and some jobs failed.",
        "Open the connection's support page or qbsync's job list: each failed job says what to do.",
    ),
    advice(
        *("QBWC1035", Policy.CONFIGURATION, Actor.QBSYNC_ADMIN, "The file is for a server on this very PC"),
        "The .qwc file names localhost, and there is no qbsync on this PC.",
        "Set QBSYNC_PUBLIC_URL to the server's https address.",
        _NEW_FILE,
    ),
    _call_failed("1036", "clientVersion", "whether its version will do"),
    advice(
        *("QBWC1037", Policy.WARN, Actor.BOOKKEEPER, "qbsync has something to say about the version"),
        "qbsync showed a warning or an error about the version of the Web Connector.",
        "Do as its text says; usually: install the newest Web Connector from Intuit's site.",
    ),
    advice(
        *("QBWC1039", Policy.CONFIGURATION, Actor.QBSYNC_ADMIN, "The application could not be added"),
        "Either the .qwc file lacks something (qbsync qwc check FILE says what), or this company file "
        "already bears "
        "the mark of an earlier .qwc file with the same OwnerID.",
        "Check the file: qbsync qwc check FILE.",
        "If it is sound, remove the older entry of qbsync from the Web Connector, and add the file again.",
        "If that does not help, take the mark out with Intuit's tool for it (Custom Property tool, CP3), "
        "logged in "
        "as Admin in single-user mode.",
    ),
    advice(
        *("QBWC1040", Policy.CONFIGURATION, Actor.BOOKKEEPER, "Wrong user or password"),
        "qbsync does not accept the user name and password that the Web Connector sent.",
        "Type the password again in the Password field beside qbsync: no blanks, capitals matter; press "
        "Enter.",
        "If it is lost, have a new one made (qbsync connection rotate-password NAME); the old one then ends.",
    ),
    _call_failed("1041", "sendRequestXML", "what to do next"),
    advice(
        *("QBWC1042", Policy.TRANSIENT, Actor.QBSYNC_ADMIN, "No usable answer to receiveResponseXML"),
        "The Web Connector handed QuickBooks' answer to qbsync and was not understood, or got a page that "
        "was not "
        "from qbsync. QuickBooks' part is done; the next update fetches the answer again, and nothing is "
        "done "
        "twice.",
        _AGAIN,
        "If it comes back, look in qbsync's log at that minute, and for a limit on the size of requests "
        "under 64 "
        "MB in the proxy before it.",
    ),
    _call_failed("1043", "getLastError", "what went wrong"),
    _call_failed("1044", "closeConnection", "to end the session"),
    _call_failed("1045", "connectionError", "what to do without QuickBooks"),
    advice(
        *("QBWC1046", Policy.CONFIGURATION, Actor.SUPPORT, "qbsync's word on the version was not understood"),
        "The Web Connector did not understand what qbsync answered about its version.",
        "Report it with the version shown under Help in the Web Connector.",
    ),
    advice(
        *("QBWC1048", Policy.CONFIGURATION, Actor.QBSYNC_ADMIN, "The certificate could not be verified"),
        "Before it adds the application the Web Connector opens AppURL. Either Windows does not trust the "
        "server's "
        "certificate, or the address answered with anything but 200 to a plain GET, which it takes for the "
        "same.",
        _SERVER,
        "If a warning appears, renew the certificate with its whole chain, for that very host name.",
        "If none appears, let GET and HEAD through to /qbwc in the proxy or firewall, without login or "
        "redirect.",
    ),
)
