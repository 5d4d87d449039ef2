"""What a company file holds, as plain frozen values for whoever looks at it from outside."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from qbsync.simulator.quickbooks import texts
from qbsync.simulator.quickbooks.kinds import targets
from qbsync.simulator.quickbooks.message import Fields
from qbsync.simulator.quickbooks.purchase_orders import LINES
from qbsync.simulator.quickbooks.state import Entry, State


@dataclass(frozen=True, slots=True, kw_only=True)
class ListElement:
    """Any element of a list; `parent_id` is empty at the top."""

    kind: str
    list_id: str
    name: str
    full_name: str
    parent_id: str
    is_active: bool
    edit_sequence: str
    external_guid: str
    time_created: str
    time_modified: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(ListElement):
    """A customer or job, vendor, employee or other name.

    `address` are the lines of its (bill) address that are set, by tag, `site` those of a job's own;
    `type_name` the vendor or customer type; `terms` the name of the terms.
    """

    company_name: str
    phone: str
    email: str
    address: tuple[tuple[str, str], ...]
    site: tuple[tuple[str, str], ...]
    type_name: str
    terms: str
    balance: Decimal
    job_status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item(ListElement):
    """An item; accounts by full name. A one-sided item has `account`, a two-sided one income and expense."""

    description: str
    price: Decimal
    account: str
    purchase_description: str
    income_account: str
    expense_account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(ListElement):
    """An account of the chart of accounts."""

    account_type: str
    number: str
    balance: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseOrderLine:
    """A line of a purchase order; `quantity` and `rate` are None where the line has none."""

    txn_line_id: str
    item_id: str
    item_name: str
    description: str
    quantity: Decimal | None
    rate: Decimal | None
    amount: Decimal
    customer_id: str
    customer_name: str
    class_name: str
    received_quantity: Decimal
    is_manually_closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseOrder:
    """A purchase order with its lines in order."""

    txn_id: str
    ref_number: str
    vendor_id: str
    vendor_name: str
    txn_date: str
    memo: str
    vendor_msg: str
    total: Decimal
    lines: tuple[PurchaseOrderLine, ...]
    is_manually_closed: bool
    is_fully_received: bool
    edit_sequence: str
    external_guid: str
    time_created: str
    time_modified: str


def full_name(state: State, fields: Fields, reference: str, owner: str) -> str:
    """The full name of what a reference of these fields names; empty if there is none."""
    list_id = fields.get(reference, {}).get("ListID", "")
    found = next((entry for kind in targets(reference, owner) if (entry := state.get(kind, list_id))), None)
    return state.full_name(found) if found else ""


def list_element(state: State, entry: Entry) -> ListElement:
    """The view of any list element."""
    return ListElement(
        kind=entry.kind,
        list_id=entry.id,
        name=entry.text("Name"),
        full_name=state.full_name(entry),
        parent_id=entry.parent_id,
        is_active=entry.is_active,
        edit_sequence=entry.text("EditSequence"),
        external_guid=entry.text("ExternalGUID"),
        time_created=entry.text("TimeCreated"),
        time_modified=entry.text("TimeModified"),
    )


def _general(state: State, entry: Entry) -> dict[str, object]:
    view = list_element(state, entry)
    return {name: getattr(view, name) for name in ListElement.__slots__}


def person(state: State, entry: Entry) -> Person:
    """The view of a customer, vendor, employee or other name."""
    address = entry.fields.get("VendorAddress") or entry.fields.get("BillAddress") or {}
    return Person(
        **_general(state, entry),  # type: ignore[arg-type]
        company_name=entry.text("CompanyName"),
        phone=entry.text("Phone"),
        email=entry.text("Email"),
        address=tuple(address.items()),
        site=tuple(entry.fields.get("ShipAddress", {}).items()),
        type_name=full_name(state, entry.fields, f"{entry.kind}TypeRef", entry.kind),
        terms=full_name(state, entry.fields, "TermsRef", entry.kind),
        balance=texts.number(entry.text("Balance")),
        job_status=entry.text("JobStatus"),
    )


def item(state: State, entry: Entry) -> Item:
    """The view of an item of any kind."""
    one_sided: Fields = entry.fields.get("SalesOrPurchase", {})
    two_sided: Fields = entry.fields.get("SalesAndPurchase", entry.fields)
    expense = "COGSAccountRef" if "COGSAccountRef" in two_sided else "ExpenseAccountRef"
    return Item(
        **_general(state, entry),  # type: ignore[arg-type]
        description=one_sided.get("Desc") or two_sided.get("SalesDesc", ""),
        price=texts.number(one_sided.get("Price") or two_sided.get("SalesPrice", "")),
        account=full_name(state, one_sided, "AccountRef", entry.kind),
        purchase_description=two_sided.get("PurchaseDesc", ""),
        income_account=full_name(state, two_sided, "IncomeAccountRef", entry.kind),
        expense_account=full_name(state, two_sided, expense, entry.kind),
    )


def account(state: State, entry: Entry) -> Account:
    """The view of an account."""
    return Account(
        **_general(state, entry),  # type: ignore[arg-type]
        account_type=entry.text("AccountType"),
        number=entry.text("AccountNumber"),
        balance=texts.number(entry.text("Balance")),
    )


def purchase_order(state: State, entry: Entry) -> PurchaseOrder:
    """The view of a purchase order."""
    return PurchaseOrder(
        txn_id=entry.id,
        ref_number=entry.text("RefNumber"),
        vendor_id=entry.fields["VendorRef"]["ListID"],
        vendor_name=full_name(state, entry.fields, "VendorRef", entry.kind),
        txn_date=entry.text("TxnDate"),
        memo=entry.text("Memo"),
        vendor_msg=entry.text("VendorMsg"),
        total=texts.number(entry.text("TotalAmount")),
        lines=tuple(_line(state, line) for line in entry.fields[LINES]),
        is_manually_closed=entry.text("IsManuallyClosed") == "true",
        is_fully_received=entry.text("IsFullyReceived") == "true",
        edit_sequence=entry.text("EditSequence"),
        external_guid=entry.text("ExternalGUID"),
        time_created=entry.text("TimeCreated"),
        time_modified=entry.text("TimeModified"),
    )


def _line(state: State, line: Fields) -> PurchaseOrderLine:
    return PurchaseOrderLine(
        txn_line_id=line["TxnLineID"],
        item_id=line.get("ItemRef", {}).get("ListID", ""),
        item_name=full_name(state, line, "ItemRef", "PurchaseOrder"),
        description=line.get("Desc", ""),
        quantity=texts.number(line["Quantity"]) if line.get("Quantity") else None,
        rate=texts.number(line["Rate"]) if line.get("Rate") else None,
        amount=texts.number(line["Amount"]),
        customer_id=line.get("CustomerRef", {}).get("ListID", ""),
        customer_name=full_name(state, line, "CustomerRef", "PurchaseOrder"),
        class_name=full_name(state, line, "ClassRef", "PurchaseOrder"),
        received_quantity=texts.number(line["ReceivedQuantity"]),
        is_manually_closed=line["IsManuallyClosed"] == "true",
    )
