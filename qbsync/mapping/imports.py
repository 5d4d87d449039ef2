"""A vendor, job, Service item or purchase order of QuickBooks as Procore would be told of it.

The name is QuickBooks' own, so that the two stay alike once they are linked. What Procore has no field for is
left out, and nothing is cut.
"""

from __future__ import annotations

from qbsync.model.ids import QuickBooksId
from qbsync.model.offers import Entry
from qbsync.model.records import RecordKind
from qbsync.qbxml.parse import Ret

VENDOR_FIELDS = ("CompanyName", "VendorAddress", "Phone", "Fax", "Email")
JOB_FIELDS = ("ShipAddress", "BillAddress", "JobStartDate", "JobProjectedEndDate", "JobDesc")
ITEM_FIELDS = ("ParentRef", "SalesOrPurchase", "SalesAndPurchase")
"""Elements that are read beside the names, for what is imported."""
ORDER_FIELDS = (
    "TxnID",
    "TimeModified",
    "RefNumber",
    "Memo",
    "VendorRef",
    "IsManuallyClosed",
    "IsFullyReceived",
    "PurchaseOrderLineRet",
    "PurchaseOrderLineGroupRet",
)
"""What is read of a purchase order that may be imported."""

_COUNTRIES = {
    "usa": "US",
    "u.s.a.": "US",
    "united states": "US",
    "united states of america": "US",
    "canada": "CA",
}
_CODE = 3
"""A longer state is spelled out and no code; Procore takes codes."""


def entry_of(ret: Ret) -> Entry | None:
    """What could be imported of a Ret: a vendor, a job right below its customer, an item, an order."""
    full_name = ret.text("FullName") or ret.text("Name")
    match ret.tag:
        case "VendorRet":
            return _entry(ret, RecordKind.VENDOR, full_name, _vendor(ret))
        case "CustomerRet" if full_name.count(":") == 1:
            return _entry(ret, RecordKind.PROJECT, full_name, _project(ret))
        case "ItemServiceRet":
            return _entry(ret, RecordKind.COST_CODE, full_name, _cost_code(ret))
        case "PurchaseOrderRet":
            return _order(ret)
        case _:
            return None


def _entry(ret: Ret, kind: RecordKind, full_name: str, fields: dict[str, str]) -> Entry:
    return Entry(
        kind=kind,
        list_id=QuickBooksId(ret.text("ListID")),
        name=full_name,
        active=ret.text("IsActive", "true") == "true",
        fields={name: text for name, text in fields.items() if text},
        parent=ret.text("ParentRef/ListID") if kind is RecordKind.COST_CODE else "",
        level=full_name.count(":") if kind is RecordKind.COST_CODE else 0,
    )


def _order(ret: Ret) -> Entry:
    """A purchase order; one that is closed or all received is not offered."""
    over = "true" in (ret.text("IsManuallyClosed"), ret.text("IsFullyReceived"))
    return Entry(
        kind=RecordKind.COMMITMENT,
        list_id=QuickBooksId(ret.text("TxnID")),
        name=ret.text("RefNumber"),
        active=not over,
        fields={
            "number": ret.text("RefNumber"),
            "title": ret.text("Memo"),
            "vendor": ret.text("VendorRef/ListID"),
            "vendor_name": ret.text("VendorRef/FullName"),
            "groups": ret.has("PurchaseOrderLineGroupRet"),
            "lines": [_order_line(line) for line in ret.all("PurchaseOrderLineRet")],
        },
    )


def _order_line(line: Ret) -> dict[str, str]:
    return {
        "line": line.text("TxnLineID"),
        "item": line.text("ItemRef/ListID"),
        "item_name": line.text("ItemRef/FullName"),
        "job": line.text("CustomerRef/ListID"),
        "description": line.text("Desc"),
        "amount": line.text("Amount"),
        "quantity": line.text("Quantity"),
        "rate": line.text("Rate"),
    }


def _vendor(ret: Ret) -> dict[str, str]:
    name, company = ret.text("Name"), ret.text("CompanyName")
    return {
        "name": name,
        "trade_name": company if company != name else "",
        **_address(ret, "VendorAddress", (name, company)),
        "business_phone": ret.text("Phone"),
        "fax_number": ret.text("Fax"),
        "email_address": ret.text("Email"),
    }


def _project(ret: Ret) -> dict[str, str]:
    name = ret.text("Name") or ret.text("FullName").rpartition(":")[2]
    site = "ShipAddress" if ret.all("ShipAddress") else "BillAddress"
    return {
        "name": name,
        **_address(ret, site, (name,)),
        "start_date": ret.text("JobStartDate"),
        "completion_date": ret.text("JobProjectedEndDate"),
        "description": ret.text("JobDesc"),
    }


def _cost_code(ret: Ret) -> dict[str, str]:
    code = ret.text("Name") or ret.text("FullName").rpartition(":")[2]
    described = (
        ret.text("SalesAndPurchase/PurchaseDesc")
        or ret.text("SalesAndPurchase/SalesDesc")
        or ret.text("SalesOrPurchase/Desc")
    )
    return {"code": code, "name": described or code}


def _address(ret: Ret, tag: str, names: tuple[str, ...]) -> dict[str, str]:
    """The address; a first line that is only the name is QuickBooks' way to address a letter."""
    lines = [ret.text(f"{tag}/Addr{number}").strip() for number in range(1, 6)]
    street = [line for line in lines if line]
    if street and street[0].casefold() in {name.casefold() for name in names}:
        street = street[1:]
    state, country = ret.text(f"{tag}/State").strip(), ret.text(f"{tag}/Country").strip()
    known = _COUNTRIES.get(country.casefold(), country.upper())
    return {
        "address": "\n".join(street),
        "city": ret.text(f"{tag}/City"),
        "state_code": state if len(state) <= _CODE else "",
        "zip": ret.text(f"{tag}/PostalCode"),
        "country_code": known if len(known) == 2 else "",  # noqa: PLR2004  # ISO 3166 alpha-2
    }
