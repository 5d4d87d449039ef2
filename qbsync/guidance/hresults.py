"""HRESULTs: what the Web Connector reports when QuickBooks cannot be reached, or did not take a message.

The codes and their policies are those of the reference, qbwc-and-qbxml.md, section 4.1; the words are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qbsync.guidance.advice import Actor, Advice, Policy, advice, table

_AGAIN: Final = "There is nothing more to do: the next update tries again."
_GRANTS: Final = (
    "Log in to QuickBooks as Admin in single-user mode and open Edit, Preferences, Integrated Applications, "
    "Company Preferences."
)

HRESULTS: Final[Mapping[str, Advice]] = table(
    advice(
        *("0x80040400", Policy.PERMANENT, Actor.SUPPORT, "QuickBooks could not read the message"),
        "QuickBooks refused the whole message for its form and did nothing of it. It does not say which "
        "part.",
        "qbsync sends the message again in halves until it has found the job to blame; the others go "
        "through.",
        "Report that job with its qbXML: qbsync should have noticed before sending.",
    ),
    advice(
        *("0x80040401", Policy.TRANSIENT, Actor.BOOKKEEPER, "QuickBooks could not be reached"),
        "The Web Connector did not get through to QuickBooks on that PC.",
        "Open QuickBooks and the company file, and close any message box in it.",
        "If QuickBooks is open: close it and the Web Connector, and start both again as the same Windows "
        "user, "
        "neither of them as administrator.",
    ),
    advice(
        *("0x80040402", Policy.UNKNOWN, Actor.QUICKBOOKS_ADMIN, "QuickBooks failed unexpectedly"),
        "Something went wrong between the Web Connector and QuickBooks; whether anything was saved is not "
        "known.",
        "qbsync finds out before it sends anything again.",
        "If it comes back, restart the PC, then repair QuickBooks under Windows' Programs and Features. The "
        "file "
        "qbsdklog.txt on that PC says more.",
    ),
    advice(
        *("0x80040403", Policy.CONFIGURATION, Actor.BOOKKEEPER, "The company file was not found"),
        "The company file is not where the connection says, or cannot be opened: moved, renamed, or on a "
        "drive "
        "that is not connected.",
        "In QuickBooks press F2: Location shows the file's full path.",
        "Give the qbsync administrator that path for the connection, or leave the "
        "path empty and keep the file open.",
    ),
    advice(
        *("0x80040408", Policy.TRANSIENT, Actor.BOOKKEEPER, "QuickBooks did not start"),
        "The Web Connector tried to start QuickBooks and it did not come up.",
        "Start QuickBooks by hand once and close what it asks, such as an update or a registration.",
        "See in the Task Manager that no QBW32.EXE or QBW.EXE is left over, and end it if QuickBooks is "
        "closed.",
        _AGAIN,
    ),
    advice(
        *("0x8004040A", Policy.CONFIGURATION, Actor.BOOKKEEPER, "Another company file is open"),
        "QuickBooks has a different company file open than the one of this connection. Nothing was sent to "
        "it.",
        "Choose File, Close Company in QuickBooks, or open the company file of this connection.",
        "For several companies on one PC, give each connection its path and leave QuickBooks closed "
        "overnight.",
    ),
    advice(
        *("0x8004040D", Policy.UNKNOWN, Actor.NOBODY, "The session with QuickBooks was lost"),
        "QuickBooks was closed or restarted in the middle of an update; whether the last message was carried "
        "out "
        "is not known yet.",
        "There is nothing to do: the next update finds out before anything is sent again.",
    ),
    advice(
        *("0x80040410", Policy.TRANSIENT, Actor.BOOKKEEPER, "The file is open in the other mode"),
        "The company file is open in single-user mode where multi-user is needed, or the other way round.",
        "In QuickBooks choose File, Switch to Multi-user Mode (or Single-user Mode, if only one person "
        "works).",
        _AGAIN,
    ),
    advice(
        *("0x80040414", Policy.TRANSIENT, Actor.BOOKKEEPER, "QuickBooks shows a message box"),
        "QuickBooks waits for somebody to answer a box on its screen, and does nothing else meanwhile.",
        "Go to the PC, answer or close every box in QuickBooks, and save open forms.",
        _AGAIN,
    ),
    advice(
        *("0x80040416", Policy.TRANSIENT, Actor.BOOKKEEPER, "QuickBooks is closed and no file was named"),
        "QuickBooks was not running, and the connection does not say which company file to open.",
        "Either keep the company file open in QuickBooks while updates run,",
        "or have the file's path entered in the connection, and allow access "
        "even if QuickBooks is not running.",
    ),
    advice(
        *("0x80040418", Policy.CONFIGURATION, Actor.QUICKBOOKS_ADMIN, "qbsync has no access"),
        "This company file does not let qbsync in.",
        _GRANTS,
        "Tick the box beside qbsync, and clear Don't allow any applications to access this company file.",
        "If qbsync is not in the list, run an update in the Web Connector and answer Yes, always; allow "
        "access "
        "even if QuickBooks is not running.",
    ),
    advice(
        *("0x8004041A", Policy.CONFIGURATION, Actor.QUICKBOOKS_ADMIN, "qbsync may not log in by itself"),
        "QuickBooks is closed, and the company file lets qbsync in only while it is open.",
        _GRANTS,
        "Select qbsync, choose Properties, tick Allow this application to login automatically, and pick a "
        "user.",
    ),
    advice(
        *(
            "0x8004041F",
            Policy.CONFIGURATION,
            Actor.QUICKBOOKS_ADMIN,
            "This edition of QuickBooks will not do",
        ),
        "This edition of QuickBooks does not work with programs such as qbsync.",
        "QuickBooks Desktop Pro, Premier (Contractor, Accountant) or Enterprise is needed.",
        "If two editions are installed, open the company file in the right one before the update.",
    ),
    advice(
        *("0x80040420", Policy.CONFIGURATION, Actor.QUICKBOOKS_ADMIN, "Access was refused"),
        "Somebody answered No when QuickBooks asked whether qbsync may have access.",
        _GRANTS,
        "Remove qbsync from the list there.",
        "Run an update in the Web Connector, and answer Yes, always; allow access even if QuickBooks is not "
        "running.",
    ),
    advice(
        *("0x80040422", Policy.TRANSIENT, Actor.BOOKKEEPER, "Another program has the file to itself"),
        "The company file is in single-user mode, and another program is using it at the moment.",
        "Let the other program finish, or switch to multi-user mode: File, Switch to Multi-user Mode.",
        _AGAIN,
    ),
    advice(
        *("0x80040423", Policy.REQUEUE, Actor.QBSYNC_ADMIN, "QuickBooks is too old for this message"),
        "This QuickBooks does not know the version of qbXML in which the message was written, and did "
        "nothing.",
        "qbsync writes the message again in the version that the company file names.",
        "If it stays, update QuickBooks (Help, Update QuickBooks Desktop): qbsync needs qbXML 13, QuickBooks "
        "2014 "
        "or later.",
    ),
    advice(
        *("0x80040424", Policy.TRANSIENT, Actor.NOBODY, "QuickBooks is still starting"),
        "QuickBooks was just being opened and was not ready yet.",
        _AGAIN,
    ),
)
