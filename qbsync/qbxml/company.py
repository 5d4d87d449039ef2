"""What the first strHCPResponse of a session says about QuickBooks and the open company file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from qbsync.errors import QbxmlUnreadableError
from qbsync.qbxml.parse import Ret, Status, read
from qbsync.qbxml.versions import Edition

FILE_ID = "FileID"
"""The private field in which the Web Connector keeps the .qwc's FileID in the company file."""
APP_LOCK = "AppLock"
"""The private field the Web Connector locks a file with: LOCKED:<machine>:<ticks> (reference 1.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyFacts:
    """QuickBooks and the open company file.

    `supported` are the qbXML versions as QuickBooks writes them; `file_id` and `app_lock_machine` are empty
    where there are none; `private` holds every field of our OwnerID by name; `preferences` are flattened:
    "PurchasesAndVendorsPreferences/IsUsingInventory" -> "true".
    """

    product: str
    country: str
    edition: Edition
    supported: tuple[str, ...]
    file_id: str = ""
    app_lock_machine: str = ""
    company_name: str = ""
    file_mode: str = ""
    private: Mapping[str, str] = field(default_factory=dict)
    preferences: Mapping[str, str] = field(default_factory=dict)


def read_company(hcp_response: str, owner_id: str) -> CompanyFacts:
    """Read the host, company and preferences answers; `owner_id` is the connection's OwnerID.

    Raises QbxmlUnreadableError for anything that is not qbXML, and where QuickBooks does not say which
    versions it speaks.
    """
    rets: dict[str, Ret] = {}
    refused: list[Status] = []
    for event in read(hcp_response):
        if isinstance(event, Ret):
            rets.setdefault(event.tag, event)
        elif isinstance(event, Status) and event.severity == "Error":
            refused.append(event)
    host, company = rets.get("HostRet"), rets.get("CompanyRet")
    supported = tuple(v.value for v in host.all("SupportedQBXMLVersion")) if host else ()
    if host is None or not supported:
        said = "".join(f" It said: {status.message} ({status.code})." for status in refused)
        raise QbxmlUnreadableError(f"QuickBooks did not tell its version and qbXML versions.{said}")
    private = dict(_private(company, owner_id)) if company else {}
    country = host.text("Country", "US") or "US"
    return CompanyFacts(
        product=host.text("ProductName"),
        country=country,
        edition=_edition(country, supported),
        supported=supported,
        file_id=private.get(FILE_ID, ""),
        app_lock_machine=_machine(private.get(APP_LOCK, "")),
        company_name=company.text("CompanyName") if company else "",
        file_mode=host.text("QBFileMode"),
        private=private,
        preferences=dict(_flat(rets["PreferencesRet"])) if "PreferencesRet" in rets else {},
    )


def _edition(country: str, supported: tuple[str, ...]) -> Edition:
    """The country's, or that of the versions (CA2.0): HostRet has a Country from qbXML 3.0 on only."""
    named = [Edition(text[:2]) for text in supported if text[:2] in Edition.__members__]
    return named[0] if named else Edition.of_country(country)


def _private(company: Ret, owner_id: str) -> Iterator[tuple[str, str]]:
    for ext in company.all("DataExtRet"):
        if _same_guid(ext.text("OwnerID"), owner_id):
            yield ext.text("DataExtName"), ext.text("DataExtValue")


def _same_guid(one: str, other: str) -> bool:
    return one.strip("{} ").lower() == other.strip("{} ").lower()


def _machine(lock: str) -> str:
    state, _, rest = lock.partition(":")
    return rest.rpartition(":")[0] or rest if state == "LOCKED" else ""


def _flat(ret: Ret, path: str = "") -> Iterator[tuple[str, str]]:
    for child in ret.children():
        here = f"{path}/{child.tag}" if path else child.tag
        if child.children():
            yield from _flat(child, here)
        else:
            yield here, child.value
