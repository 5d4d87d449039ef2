"""The qbXML that the Web Connector itself sends to QuickBooks: registration, lock, and the HCP query."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from xml.sax.saxutils import escape

from lxml import etree

_TICKS_AT_EPOCH = 621_355_968_000_000_000
FILE_ID, APP_LOCK = "FileID", "AppLock"

Process = Callable[[str], str]
"""ProcessRequest of an open session."""


def hcp(version: str, owner_id: str) -> str:
    """The Host, Company and Preferences query of the first sendRequestXML."""
    return _message(
        version,
        '<HostQueryRq requestID="0" />'
        f'<CompanyQueryRq requestID="1"><OwnerID>{owner_id}</OwnerID></CompanyQueryRq>'
        '<PreferencesQueryRq requestID="2" />',
    )


def define(process: Process, version: str, owner_id: str, name: str) -> None:
    """Define a private data extension of the company; it may exist already."""
    body = (
        f"<OwnerID>{owner_id}</OwnerID><DataExtName>{name}</DataExtName><DataExtType>STR255TYPE</DataExtType>"
    )
    body = f"<DataExtDefAdd>{body}<AssignToObject>Company</AssignToObject></DataExtDefAdd>"
    process(_message(version, f"<DataExtDefAddRq>{body}</DataExtDefAddRq>"))


def read(process: Process, version: str, owner_id: str, name: str) -> str | None:
    """A private data extension of the company, or None."""
    query = f"<CompanyQueryRq><OwnerID>{owner_id}</OwnerID></CompanyQueryRq>"
    answer = etree.fromstring(process(_message(version, query)).encode("utf-8"))
    for extension in answer.iter("DataExtRet"):
        if extension.findtext("DataExtName") == name:
            return extension.findtext("DataExtValue")
    return None


def write(process: Process, version: str, owner_id: str, name: str, value: str) -> None:
    """Set a private data extension of the company."""
    known = read(process, version, owner_id, name) is not None
    verb = "DataExtMod" if known else "DataExtAdd"
    if not known:
        define(process, version, owner_id, name)
    body = (
        f"<OwnerID>{owner_id}</OwnerID><DataExtName>{name}</DataExtName>"
        f"<OtherDataExtType>Company</OtherDataExtType><DataExtValue>{escape(value)}</DataExtValue>"
    )
    process(_message(version, f"<{verb}Rq><{verb}>{body}</{verb}></{verb}Rq>"))


def lock_value(machine: str, moment: datetime, *, locked: bool) -> str:
    """The value of AppLock: who works on the file, since when in .NET ticks."""
    ticks = _TICKS_AT_EPOCH + int(moment.timestamp() * 10_000_000)
    return f"{'LOCKED' if locked else 'UNLOCKED'}:{machine}:{ticks}"


def _message(version: str, body: str) -> str:
    return (
        f'<?xml version="1.0" ?><?qbxml version="{version}"?>'
        f'<QBXML><QBXMLMsgsRq onError="stopOnError">{body}</QBXMLMsgsRq></QBXML>'
    )
