"""Reads a .qwc file and refuses it as QBWC does, with QBWC's error codes (reference section 2)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from lxml import etree

_REQUIRED = ("AppName", "AppURL", "AppDescription", "AppSupport", "UserName", "OwnerID", "FileID", "QBType")
_STYLES = {"Document", "DocWrapped", "RPC"}
_GUID = re.compile(r"\{[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}")


class QbwcError(Exception):
    """QBWC stops with one of its codes, such as "QBWC1048"."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class QwcFile:
    """What the Web Connector takes from a .qwc file; `run_every_seconds` is 0 without a schedule."""

    app_name: str
    app_url: str
    app_support: str
    app_description: str
    user_name: str
    owner_id: str
    file_id: str
    style: str = "Document"
    run_every_seconds: int = 0
    is_read_only: bool = False


def read_qwc(source: bytes | str | Path) -> QwcFile:
    """The file's content, checked; raises QbwcError.

    Text and bytes are the file itself, a Path is where it lies.
    """
    content = source.read_bytes() if isinstance(source, Path) else source
    found = _elements(content.encode("utf-8") if isinstance(content, str) else content)
    absent = [tag for tag in _REQUIRED if not found.get(tag)]
    if "AppID" not in found:
        absent.append("AppID")
    if absent:
        raise QbwcError(
            "QBWC1039", f"There was a problem adding the application: {', '.join(absent)} missing"
        )
    for tag in ("OwnerID", "FileID"):
        if not _GUID.fullmatch(found[tag]):
            raise QbwcError(
                "QBWC1039", f"There was a problem adding the application: {tag} is no GUID in braces"
            )
    if found["QBType"] not in {"QBFS", "QBPOS"} or found.get("Style", "Document") not in _STYLES:
        raise QbwcError("QBWC1039", "There was a problem adding the application: QBType or Style is unknown")
    _check_addresses(found["AppURL"], found["AppSupport"])
    return QwcFile(
        app_name=found["AppName"],
        app_url=found["AppURL"],
        app_support=found["AppSupport"],
        app_description=found["AppDescription"],
        user_name=found["UserName"],
        owner_id=found["OwnerID"],
        file_id=found["FileID"],
        style=found.get("Style", "Document"),
        run_every_seconds=_schedule(found),
        is_read_only=found.get("IsReadOnly", "false").casefold() == "true",
    )


def _elements(content: bytes) -> dict[str, str]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as fault:
        raise QbwcError("QBWC1039", f"The file is not well-formed XML: {fault}") from fault
    if root.tag != "QBWCXML":
        raise QbwcError("QBWC1039", "The file's root is not QBWCXML")
    elements = [node for node in root.iter() if isinstance(node.tag, str) and not len(node)]
    return {str(node.tag): (node.text or "").strip() for node in elements}


def _schedule(found: dict[str, str]) -> int:
    minutes, seconds = found.get("RunEveryNMinutes", ""), found.get("RunEveryNSeconds", "")
    return int(minutes) * 60 if minutes else int(seconds or "0")


def _check_addresses(app_url: str, app_support: str) -> None:
    app, support = urlsplit(app_url), urlsplit(app_support)
    for address, code in ((app, "QBWC1001"), (support, "QBWC1002")):
        if _is_ip(address.hostname or ""):
            raise QbwcError(code, f"{address.geturl()}: a host name is needed, not an IP address")
    if app.hostname != support.hostname:
        raise QbwcError("QBWC1000", "AppURL and AppSupport must have the same host name")
    if app.scheme != "https" and app.hostname != "localhost":
        raise QbwcError("QBWC1010", "AppURL must be https, except on localhost")


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
