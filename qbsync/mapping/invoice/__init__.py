"""An approved subcontractor invoice of Procore becomes a Bill of QuickBooks, or a VendorCredit.

A negative one is a VendorCredit where the connection says so. Its lines cannot be linked to the purchase
order (reference 3.4), so they name their items; and its link holds the amounts as the invoice has them: of
the opposite sign to what QuickBooks shows, by which such a link is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from qbsync.errors import MappingError
from qbsync.mapping.invoice import drafts, lines as planned, named
from qbsync.model.context import Context, Finding, Review
from qbsync.model.links import Link
from qbsync.model.money import to_cents
from qbsync.model.records import Invoice, RecordKey, key_of, label_of, version_of
from qbsync.qbxml import ordinary
from qbsync.qbxml.moments import changed_since
from qbsync.qbxml.owned import LINES, Owned
from qbsync.qbxml.parse import Ret
from qbsync.qbxml.preflight import Preflight, reference, unlinked
from qbsync.qbxml.requests import Body, Request

_QUERIES = ("BillQueryRs", "VendorCreditQueryRs")
NOT_LINKED = 570
"""QuickBooks saved the bill but could not link it: the purchase order is closed (reference, section 4)."""


def references(record: Invoice) -> tuple[RecordKey, ...]:
    """The vendor, the project, the commitment and each change order billed; for a credit the cost codes too.

    A credit's lines are not linked to the purchase order, so they need its items themselves.
    """
    return tuple(dict.fromkeys(named.all_of(record)))


def touches(record: Invoice) -> RecordKey:
    """The commitment: the bill is linked to its purchase order, which that changes."""
    return named.commitment(record)


def lives_in(record: Invoice) -> RecordKey | None:  # noqa: ARG001  # as for each kind
    """None: it is a record of its own in QuickBooks."""
    return None


def review(record: Invoice, context: Context) -> Review:
    """Check number, figures and each item; an invoice that QuickBooks has already is a problem."""
    preflight = Preflight(record)
    draft = drafts.draft(record, context, preflight)
    if context.link is None:
        preflight.check(draft, drafts.ADVICE, edition=context.edition)
    return preflight.review()


def request(record: Invoice, context: Context) -> Request:
    """BillAdd or VendorCreditAdd; raises MappingError where it cannot be sent, or QuickBooks has it."""
    preflight = Preflight(record)
    draft = drafts.draft(record, context, preflight)
    preflight.check(draft, drafts.ADVICE, edition=context.edition)
    preflight.settle(unlinked(context, references(record)))
    return draft


def outcome(record: Invoice, ret: Ret) -> Link:
    """The link that a BillRet or VendorCreditRet makes, each item joined to the lines it is found on.

    One that a person typed, and links by its id, has its own lines. Raises MappingError where the total, or
    a line of ours, differs from what the invoice comes to.
    """
    try:
        found = planned.typed(record, ret) if _is_typed(ret) else planned.joined(record, ret)
    except ValueError as error:
        raise _misfit(record, ret, str(error)) from None
    return ordinary.transaction_link(record, ret, found)


def _is_typed(ret: Ret) -> bool:
    """Whether a query shows what a person typed: it carries no mark of ours."""
    return ret.status.name in _QUERIES and not ret.text("ExternalGUID")


def remarks(record: Invoice, ret: Ret) -> tuple[Finding, ...]:
    """What a person should be told of a bill that QuickBooks took: that it is not linked to its order.

    Told by status 570 of the Add, and by a query's bill, which shows what it is linked to. A bill on expense
    accounts is never linked.
    """
    if ret.tag != "BillRet" or not planned.ordered(record) or ret.all("ExpenseLineRet"):
        return ()
    orders = [linked for linked in ret.all("LinkedTxn") if linked.text("TxnType") == "PurchaseOrder"]
    asked = ret.status.name.endswith("QueryRs")
    if ret.status.code != NOT_LINKED and (orders or not asked):
        return ()
    if _is_typed(ret):
        return (_typed_remark(ret),)
    remark = Finding(
        field="commitment",
        message=f"QuickBooks saved bill {ret.text('RefNumber')!r} without a link to its purchase order, "
        "which is closed, or has a closed line: what the order shows as received lacks it.",
        guidance="Open the purchase order in QuickBooks, untick Closed, delete the bill, then retry the job; "
        "or leave it as it is.",
    )
    return (remark,)


def _typed_remark(ret: Ret) -> Finding:
    return Finding(
        field="commitment",
        message=f"Bill {ret.text('RefNumber')!r}, as it was typed in QuickBooks, is not linked to its "
        "purchase order: what the order shows as received lacks it.",
        guidance="The bill may stay as it is. Once all of the order is billed, close that in QuickBooks "
        "by hand.",
    )


def is_no_news(accepted: Invoice, shown: Invoice) -> bool:
    """Whether an invoice that was accepted has changed in nothing but what Procore says is due on it.

    That is compared with the items and not sent: it is news only where they do not come to it.
    """
    said = replace(accepted, payment_due=shown.payment_due)
    return version_of(said) == version_of(shown) and shown.payment_due in (None, planned.total(shown))


def owned(record: Invoice, link: Link) -> Owned:
    """The vendor, the number, Procore's dates, the memo and each of our lines."""
    given = {"TxnDate": record.billing_date, "DueDate": record.due_date}
    return Owned(
        fields=("VendorRef", "RefNumber", "Memo", *(name for name, value in given.items() if value)),
        line_fields=("ItemRef", "AccountRef", "CustomerRef", "Desc", "Memo", "Amount"),
        lines=frozenset(line.txn_line_id for line in link.lines),
    )


def probe(record: Invoice, context: Context, since: datetime | None) -> Request:
    """The bills (or credits) of this vendor and number changed since `since` (aware), with their lines.

    By TxnID where the invoice is linked. Raises MappingError where the vendor is not.
    """
    if context.link is not None:
        by_hand = not context.link.lines and named.is_credit(record)
        return _by_id(context.link, credit=by_hand or _is_credit(context.link))
    body: dict[str, Body | str | bool] = {}
    preflight = Preflight(record)
    vendor = named.vendor(record)
    preflight.settle(unlinked(context, [vendor] if vendor else []))
    if vendor is not None:
        body["EntityFilter"] = reference(context, vendor)
    if since is not None:
        body["ModifiedDateRangeFilter"] = {"FromModifiedDate": changed_since(since)}
    number = drafts.wanted_number(record, context, preflight)
    if number:
        body["RefNumberFilter"] = {"MatchCriterion": "StartsWith", "RefNumber": number}
    return _query(body, credit=named.is_credit(record))


def trace(record: Invoice, context: Context, since: datetime) -> Request:  # noqa: ARG001  # as for each kind
    """Ask for every bill (or credit) that changed since, with its lines, whatever its number is by now."""
    changed: Body = {"FromModifiedDate": changed_since(since)}
    return _query({"ModifiedDateRangeFilter": changed}, credit=named.is_credit(record))


def reread(link: Link) -> Request:
    """Ask for the linked bill or credit, with its lines, by its TxnID."""
    return _by_id(link, credit=_is_credit(link))


def _by_id(link: Link, *, credit: bool) -> Request:
    return _query({"TxnID": link.quickbooks_id}, credit=credit)


def _is_credit(link: Link) -> bool:
    """Whether it is one to a VendorCredit: QuickBooks showed its lines with the opposite sign.

    Where that was not kept the lines' sum tells, which with tax may be below nothing on a bill too.
    """
    shown = {one.field: one.value for one in link.held}
    for line in link.lines:
        amount = shown.get(f"{LINES}/{line.txn_line_id}/Amount")
        if line.amount and amount:
            return amount == str(to_cents(-line.amount))
    each = {line.txn_line_id: line.amount or Decimal(0) for line in link.lines}
    return sum(each.values()) < 0


holds = ordinary.always
is_ours = ordinary.carries_guid


def resembles(record: Invoice, ret: Ret, context: Context) -> bool:
    """Whether the bill has this vendor and number: a second one is how a bill is paid twice."""
    number = drafts.wanted_number(record, context, Preflight(record))
    vendor = named.vendor(record)
    if vendor is None or ret.text("RefNumber").casefold() != number.casefold():
        return False
    return reference(context, vendor) == {"ListID": ret.text("VendorRef/ListID")}


def agrees(record: Invoice, ret: Ret, context: Context) -> bool:
    """Whether the bill has this vendor and number and exactly our lines and amounts."""
    try:
        outcome(record, ret)
    except MappingError:
        return False
    return resembles(record, ret, context)


def _query(body: Mapping[str, Body | str | bool], *, credit: bool) -> Request:
    name = "VendorCreditQueryRq" if credit else "BillQueryRq"
    return Request(name=name, body={**body, "IncludeLineItems": True, "IncludeLinkedTxns": True})


def _misfit(record: Invoice, ret: Ret, fault: str) -> MappingError:
    what = "vendor credit" if ret.tag == "VendorCreditRet" else "bill"
    return MappingError(
        f"QuickBooks' {what} {ret.text('RefNumber')!r} is not the invoice {label_of(record)}: {fault}.",
        guidance=f"Compare the two. Delete the {what} in QuickBooks and send the invoice again, or correct "
        "it there and look again.",
        context={"record": str(key_of(record)), "txn_id": ret.text("TxnID")},
    )
