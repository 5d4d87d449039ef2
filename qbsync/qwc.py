"""The .qwc file by which the Web Connector learns of a connection: writes one, and explains a wrong one.

The elements and the mistakes are those of the reference, qbwc-and-qbxml.md, section 2.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit
from xml.sax.saxutils import escape

from lxml import etree

from qbsync.errors import ConfigError

_GUID: Final = re.compile(r"\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}", re.IGNORECASE)
_NOT_XML: Final = re.compile("[\x00-\x1f\ud800-\udfff\ufffe\uffff]")
_IP: Final = re.compile(r"(.*\.)?(\d+|0x[0-9a-f]*)|.*:.*", re.IGNORECASE)
"""A host whose last label is a number is an IPv4 address however it is written; one with a colon an IPv6."""

_DESCRIPTION: Final = "Carries approved Procore records into QuickBooks and brings payments back."
_DESCRIPTION_LIMIT: Final = 80

_SAMPLE_IDS: Final = frozenset(
    {
        "{57f3b9b1-86f1-4fcc-b1ee-566de1813d20}",
        "{90a44fb5-33d9-4815-ac85-bc86a7e7d1eb}",
        "{90a44fb5-33d9-4815-ac85-bc87a7e7d1eb}",
        "{00000000-0000-0000-0000-000000000000}",
    }
)
"""Ids that are printed in Intuit's guide and in an open server's code, and so are in many company files."""

_REQUIRED: Final = (
    *("AppName", "AppID", "AppURL", "AppDescription", "AppSupport"),
    *("UserName", "OwnerID", "FileID", "QBType"),
)
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "QBType": ("QBFS", "QBPOS"),
    "IsReadOnly": ("true", "false"),
    "Notify": ("true", "false"),
    "PersonalDataPref": ("pdpNotNeeded", "pdpOptional", "pdpRequired"),
    "UnattendedModePref": ("umpRequired", "umpOptional"),
    "Style": ("Document", "DocWrapped", "RPC"),
}
_OPTIONAL: Final = (*_CHOICES, "AppDisplayName", "AppUniqueName", "AuthFlags", "Scheduler", "CertURL")


class Severity(StrEnum):
    """Whether the Web Connector would refuse the file, or only do something unexpected."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing to know about a .qwc file; `code` is what the Web Connector would show, "" where nothing."""

    element: str
    severity: Severity
    message: str
    code: str = ""

    def for_people(self) -> str:
        """The remark in one line."""
        code = f" ({self.code})" if self.code else ""
        return f"{self.severity}: {self.element}: {self.message}{code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class QwcFile:
    """Every element of a .qwc file, in the order in which it is written."""

    app_name: str
    """Also the name under which QuickBooks keeps the access grant and its stored answers: never changed."""
    app_id: str = ""
    app_url: str
    app_description: str = _DESCRIPTION
    app_support: str
    app_display_name: str
    app_unique_name: str
    user_name: str
    owner_id: str
    file_id: str
    qb_type: str = "QBFS"
    auth_flags: str = "0xF"
    """Simple Start, Pro, Premier and Enterprise."""
    is_read_only: bool = False
    """false: Intuit's guide has the meaning the wrong way round."""
    notify: bool = False
    personal_data: str = "pdpNotNeeded"
    unattended: str = "umpOptional"
    style: str = "Document"
    minutes: int

    def to_bytes(self) -> bytes:
        """The file in UTF-8, without a byte order mark."""
        elements = {
            "AppName": self.app_name,
            "AppID": self.app_id,
            "AppURL": self.app_url,
            "AppDescription": self.app_description,
            "AppSupport": self.app_support,
            "AppDisplayName": self.app_display_name,
            "AppUniqueName": self.app_unique_name,
            "UserName": self.user_name,
            "OwnerID": self.owner_id,
            "FileID": self.file_id,
            "QBType": self.qb_type,
            "AuthFlags": self.auth_flags,
            "IsReadOnly": str(self.is_read_only).lower(),
            "Notify": str(self.notify).lower(),
            "PersonalDataPref": self.personal_data,
            "UnattendedModePref": self.unattended,
            "Style": self.style,
        }
        lines = "".join(f"  <{name}>{escape(text)}</{name}>\n" for name, text in elements.items())
        scheduler = (
            f"  <Scheduler>\n    <RunEveryNMinutes>{self.minutes}</RunEveryNMinutes>\n  </Scheduler>\n"
        )
        return f'<?xml version="1.0" encoding="utf-8"?>\n<QBWCXML>\n{lines}{scheduler}</QBWCXML>\n'.encode()


def write(*, name: str, user: str, public_url: str, owner_id: str, file_id: str, minutes: int) -> bytes:
    """The .qwc file of the connection `name`; the same values give the same bytes.

    `public_url` is the server's address without /qbwc. The ids are GUIDs, with or without braces. Raises
    ConfigError for an address that the Web Connector would refuse: http (but for localhost, of which `check`
    warns) or an IP number; and for an id, a name or an interval that is none.
    """
    url = _public_address(public_url)
    for what, text in (("connection's name", name), ("Web Connector user", user)):
        if not text.strip() or _NOT_XML.search(text):
            raise ConfigError(f"The {what} is empty or holds a control character.")
    if minutes < 1:
        raise ConfigError(f"qbwc_minutes is a whole number of at least 1, not {minutes}.")
    app_name = f"qbsync {name}"
    return QwcFile(
        app_name=app_name,
        app_url=f"{url}/qbwc",
        app_support=f"{url}/support/{quote(name, safe='')}",
        app_display_name=app_name,
        app_unique_name=app_name,
        user_name=user,
        owner_id=_braced("OwnerID", owner_id),
        file_id=_braced("FileID", file_id),
        minutes=minutes,
    ).to_bytes()


def check(data: bytes) -> list[Remark]:
    """Everything that is wrong or doubtful in a .qwc file, whoever wrote it; empty where nothing is."""
    try:
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
        )
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        words = f"This is not XML (line {line}). Most often an & stands where &amp; must be written."
        return [_error("QBWCXML", words, "QBWC1039")]
    if root.tag != "QBWCXML":
        words = f"The file begins with {root.tag!s}; a .qwc file begins with QBWCXML, without a namespace."
        return [_error("QBWCXML", words, "QBWC1039")]
    texts = {str(child.tag): (child.text or "").strip() for child in root}
    remarks = [*_presence(root), *_addresses(texts)]
    for name, text in texts.items():
        if text and name in _RULES:
            remarks.extend(_RULES[name](name, text))
    remarks.extend(_same_ids(texts))
    for scheduler in root.findall("Scheduler"):
        remarks.extend(_schedule(scheduler))
    return remarks


def _public_address(public_url: str) -> str:
    text = public_url.strip().rstrip("/")
    parts = _split(text)
    if parts is None or parts.query or parts.fragment or parts.username is not None:
        raise ConfigError(
            f"QBSYNC_PUBLIC_URL is not an address: {_without_secret(text)!r}.",
            guidance="Give it as https://host, as browsers reach this server.",
        )
    for remark in _address("QBSYNC_PUBLIC_URL", text):
        if remark.severity is Severity.ERROR:
            raise ConfigError(f"The Web Connector would refuse {text}: {remark.message} ({remark.code}).")
    return text


def _without_secret(url: str) -> str:
    return re.sub(r"//[^/@]*@", "//...@", url)


def _split(url: str) -> SplitResult | None:
    """The parts of an http or https address with a host, or None."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    blank = any(character.isspace() or ord(character) < ord(" ") for character in url)
    return parts if usable and not blank else None


def _braced(what: str, guid: str) -> str:
    text = guid.strip()
    braced = text if text.startswith("{") else f"{{{text}}}"
    if not _GUID.fullmatch(braced):
        raise ConfigError(f"The {what} is not a GUID: {guid!r}.")
    return braced


def _error(element: str, message: str, code: str = "") -> Remark:
    return Remark(element=element, severity=Severity.ERROR, message=message, code=code)


def _warning(element: str, message: str, code: str = "") -> Remark:
    return Remark(element=element, severity=Severity.WARNING, message=message, code=code)


def _presence(root: etree._Element) -> Iterator[Remark]:
    """What is missing, empty, there twice, or not known."""
    names = [str(child.tag) for child in root]
    for name in _REQUIRED:
        if name not in names:
            yield _error(name, "It is missing.", "QBWC1039")
        elif name != "AppID" and not (root.findtext(name) or "").strip():
            yield _error(name, "It is empty.", "QBWC1039")
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield _error(name, "It stands there more than once.", "QBWC1039")
        if "password" in name.lower():
            yield _error(
                name, "A password does not belong into the file: it is typed into the Web Connector."
            )
        elif name not in _REQUIRED and name not in _OPTIONAL:
            close = get_close_matches(name, (*_REQUIRED, *_OPTIONAL), n=1)
            meant = f" {close[0]} was probably meant." if close else ""
            yield _warning(name, f"The Web Connector does not know this element and ignores it.{meant}")


def _addresses(texts: Mapping[str, str]) -> Iterator[Remark]:
    """The addresses, each by itself and AppSupport against AppURL."""
    hosts: dict[str, str] = {}
    for name in ("AppURL", "AppSupport", "CertURL"):
        text = texts.get(name, "")
        if not text:
            continue
        yield from _address(name, text)
        parts = _split(text)
        hosts[name] = (parts.hostname or "") if parts else ""
    support, service = hosts.get("AppSupport", ""), hosts.get("AppURL", "")
    if support and service and support != service:
        yield _error("AppSupport", f"Its host is {support}, that of AppURL is {service}.", "QBWC1000")
    if support == "intuit.com" or support.endswith(".intuit.com"):
        yield _error("AppSupport", "It must be a page of the application's own, not one of Intuit's.")


def _address(element: str, text: str) -> Iterator[Remark]:
    parts = _split(text)
    if parts is None:
        yield _error(element, "It is not an address such as https://host/path.")
        return
    host = parts.hostname or ""
    if _IP.fullmatch(host):
        code = "QBWC1002" if element == "AppSupport" else "QBWC1001"
        yield _error(element, f"{host} is an IP number; the Web Connector takes host names only", code)
    elif host == "localhost":
        words = "localhost works only for a Web Connector on this very PC; use it for trying things out"
        yield _warning(element, words, "QBWC1035")
    elif parts.scheme != "https":
        yield _error(element, "it begins with http; the Web Connector takes https only", "QBWC1010")


def _choice(name: str, text: str) -> Iterator[Remark]:
    if text not in _CHOICES[name]:
        yield _error(name, f"It is one of {', '.join(_CHOICES[name])}, not {text}.", "QBWC1039")
    elif name == "IsReadOnly" and text == "true":
        yield _warning(name, "Write false: with true the Web Connector may ask for read access alone.")
    elif name == "QBType" and text == "QBPOS":
        yield _warning(
            name, "QBPOS is QuickBooks Point of Sale; company files of QuickBooks Desktop need QBFS."
        )
    elif name == "Style" and text != "Document":
        yield _warning(name, f"qbsync understands {text} but answers in Document style: write Document.")


def _guid(name: str, text: str) -> Iterator[Remark]:
    if not _GUID.fullmatch(text):
        yield _error(name, "It is a GUID in braces: {8-4-4-4-12 hexadecimal digits}.", "QBWC1039")
    elif text.lower() in _SAMPLE_IDS:
        words = "This id is printed in guides and sample programs; a company file may bear it already."
        yield _warning(name, words, "QBWC1039")


def _flags(name: str, text: str) -> Iterator[Remark]:
    try:
        known = 0 <= int(text, 16 if text.lower().startswith("0x") else 10) <= 0xF  # noqa: PLR2004  # four editions
    except ValueError:
        known = False
    if not known:
        words = "It is a sum of 0x1 Simple Start, 0x2 Pro, 0x4 Premier, 0x8 Enterprise, or 0x0 for all."
        yield _error(name, words, "QBWC1034")


def _description(name: str, text: str) -> Iterator[Remark]:
    if len(text) > _DESCRIPTION_LIMIT:
        yield _warning(name, f"It has {len(text)} characters; Intuit advises at most {_DESCRIPTION_LIMIT}.")


_RULES: Final[Mapping[str, Callable[[str, str], Iterator[Remark]]]] = {
    **dict.fromkeys(_CHOICES, _choice),
    "OwnerID": _guid,
    "FileID": _guid,
    "AuthFlags": _flags,
    "AppDescription": _description,
}


def _same_ids(texts: Mapping[str, str]) -> Iterator[Remark]:
    owner = texts.get("OwnerID", "")
    if owner and owner.lower() == texts.get("FileID", "").lower():
        words = "It is the same as OwnerID: OwnerID stands for the application, FileID for one company file."
        yield _warning("FileID", words, "QBWC1039")


def _schedule(scheduler: etree._Element) -> Iterator[Remark]:
    names = [str(child.tag) for child in scheduler]
    if not any(name in ("RunEveryNMinutes", "RunEveryNSeconds") for name in names):
        yield _error("Scheduler", "It holds RunEveryNMinutes or RunEveryNSeconds.", "QBWC1039")
    if len(names) > 1:
        yield _warning("Scheduler", f"Only the first of {', '.join(names)} counts.")
    for child in scheduler:
        text = (child.text or "").strip()
        if not text.isascii() or not text.isdigit() or int(text) < 1:
            yield _error(
                "Scheduler", f"{child.tag!s} is a whole number of at least 1, not {text!r}.", "QBWC1039"
            )
