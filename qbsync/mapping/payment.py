"""A payment made in Procore Pay becomes a check in QuickBooks that pays the invoice's bill.

Only a connection on the ERP feed hears of one (reference/procore-api.md, section 4.5:
create_contract_payment). A payment is never changed: what was paid was paid.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation

from qbsync.errors import MappingError
from qbsync.model.context import Context, Review
from qbsync.model.links import Link
from qbsync.model.money import is_whole_cents
from qbsync.model.names import ListKind
from qbsync.model.records import Payment, RecordKey, RecordKind, key_of, label_of
from qbsync.qbxml import ordinary
from qbsync.qbxml.moments import changed_since
from qbsync.qbxml.owned import Owned
from qbsync.qbxml.parse import Ret
from qbsync.qbxml.preflight import UNLINKED, Advice, Part, Preflight, filled, reference, unlinked
from qbsync.qbxml.requests import Body, Request

_BANK = Advice(
    field="payment_account",
    guidance="Set payment_account on the connection to an active bank account of QuickBooks.",
)
_PAYABLES = Advice(
    field="ap_account",
    guidance="Set ap_account on the connection to an active accounts payable account of QuickBooks.",
)
_ADVICE = {"BankAccountRef": _BANK, "APAccountRef": _PAYABLES}
_BY_HAND = "Enter the payment in QuickBooks by hand, or correct it in Procore and export it again."


def references(record: Payment) -> tuple[RecordKey, ...]:
    """The vendor that is paid and the invoice whose bill it pays."""
    return tuple(key for key in (_vendor(record), _invoice(record)) if key is not None)


def touches(record: Payment) -> RecordKey:
    """The invoice: a payment changes what is open of its bill."""
    return _invoice(record) or key_of(record)


def lives_in(record: Payment) -> RecordKey | None:  # noqa: ARG001  # as for each kind
    """None: it is a record of its own in QuickBooks."""
    return None


def review(record: Payment, context: Context) -> Review:
    """Check the amount, the invoice, the vendor and the bank account."""
    preflight = Preflight(record)
    preflight.check(_draft(record, context, preflight), _ADVICE)
    return preflight.review()


def request(record: Payment, context: Context) -> Request:
    """BillPaymentCheckAdd; raises MappingError where it cannot be sent, or is in QuickBooks already."""
    preflight = Preflight(record)
    if context.link is not None:
        preflight.problem("payment", "It is in QuickBooks already, and is not changed there.", _BY_HAND)
    draft = _draft(record, context, preflight)
    preflight.check(draft, _ADVICE)
    preflight.settle(unlinked(context, references(record)))
    return draft


def outcome(record: Payment, ret: Ret) -> Link:
    """The link that a BillPaymentCheckRet makes; raises MappingError where it pays another amount."""
    paid = _amount(ret)
    if paid != record.amount:
        raise MappingError(
            f"QuickBooks' check {ret.text('RefNumber')!r} pays {paid}, not the {record.amount} of "
            f"{label_of(record)}.",
            guidance="Compare the two. Delete the check in QuickBooks and send the payment again, or correct "
            "it there and look again.",
            context={"record": str(key_of(record)), "txn_id": ret.text("TxnID")},
        )
    return ordinary.transaction_link(record, ret)


def owned(record: Payment, link: Link) -> Owned:  # noqa: ARG001  # as for each kind
    """Nothing that is compared: what becomes of a payment is read with QuickBooks' other payments."""
    return Owned()


def probe(record: Payment, context: Context, since: datetime | None) -> Request:
    """The checks to this vendor changed since `since` (aware); by TxnID where the payment is linked."""
    if context.link is not None:
        return reread(context.link)
    body: dict[str, Part] = {}
    vendor = _vendor(record)
    if since is not None:
        body["ModifiedDateRangeFilter"] = {"FromModifiedDate": changed_since(since)}
    if vendor is not None and vendor in context.links:
        body["EntityFilter"] = reference(context, vendor)
    return Request(name="BillPaymentCheckQueryRq", body={**body, "IncludeLineItems": True})


def trace(record: Payment, context: Context, since: datetime) -> Request:  # noqa: ARG001  # as for each kind
    """Ask for every check that changed since, whomever it pays."""
    return ordinary.transactions_since("BillPaymentCheckQueryRq", since)


def reread(link: Link) -> Request:
    """Ask for the linked check by its TxnID."""
    return ordinary.transaction("BillPaymentCheckQueryRq", link)


remarks = ordinary.nothing_to_say
is_no_news = ordinary.never
holds = ordinary.always
is_ours = ordinary.carries_guid


def resembles(record: Payment, ret: Ret, context: Context) -> bool:
    """Whether the check pays that very bill the same amount."""
    invoice = _invoice(record)
    link = context.links.get(invoice) if invoice is not None else None
    paid = {part.text("TxnID"): part.text("Amount") for part in ret.all("AppliedToTxnRet")}
    return link is not None and link.quickbooks_id in paid and _amount(ret) == record.amount


def agrees(record: Payment, ret: Ret, context: Context) -> bool:
    """Whether the check holds what we would write."""
    return resembles(record, ret, context)


def _draft(record: Payment, context: Context, preflight: Preflight) -> Request:
    vendor, invoice = _vendor(record), _invoice(record)
    if invoice is None:
        preflight.problem("invoice", "Procore does not say which invoice it pays.", _BY_HAND)
    if vendor is None:
        preflight.problem("vendor", "Procore does not say whom it pays.", _BY_HAND)
    if record.amount <= 0 or not is_whole_cents(record.amount):
        preflight.problem("amount", f"QuickBooks takes no payment of {record.amount}.", _BY_HAND)
    bill = context.links.get(invoice) if invoice is not None else None
    number = preflight.fitting(
        "number",
        record.number,
        request_name="BillPaymentCheckAddRq",
        path="BillPaymentCheckAdd/RefNumber",
    )
    body: dict[str, Part | None] = {
        "PayeeEntityRef": {"ListID": UNLINKED} if vendor is None else reference(context, vendor),
        "APAccountRef": _payables(context, preflight),
        "TxnDate": record.paid_on,
        "BankAccountRef": _bank(context, preflight),
        "RefNumber": number,
        "IsToBePrinted": None if number else False,
        "Memo": f"Procore payment {record.procore_id}",
        "ExternalGUID": context.guid,
        "AppliedToTxnAdd": [
            {
                "TxnID": UNLINKED if bill is None else bill.quickbooks_id,
                "PaymentAmount": record.amount,
            }
        ],
    }
    return Request(name="BillPaymentCheckAddRq", body={"BillPaymentCheckAdd": filled(body)})


def _bank(context: Context, preflight: Preflight) -> Body:
    wanted = context.options.payment_account
    if not wanted:
        preflight.problem(
            _BANK.field, "No bank account is chosen for payments made in Procore Pay.", _BANK.guidance
        )
        return {"ListID": UNLINKED}
    return preflight.listed(
        context.names,
        ListKind.ACCOUNT,
        wanted,
        field=_BANK.field,
        guidance=_BANK.guidance,
        types=("Bank",),
    )


def _payables(context: Context, preflight: Preflight) -> Body:
    wanted = context.options.ap_account
    if not wanted:
        return {}
    return preflight.listed(
        context.names,
        ListKind.ACCOUNT,
        wanted,
        field=_PAYABLES.field,
        guidance=_PAYABLES.guidance,
        types=("AccountsPayable",),
    )


def _vendor(record: Payment) -> RecordKey | None:
    if record.vendor_id is None:
        return None
    return RecordKey(kind=RecordKind.VENDOR, procore_id=record.vendor_id)


def _invoice(record: Payment) -> RecordKey | None:
    if record.invoice_id is None:
        return None
    return RecordKey(kind=RecordKind.INVOICE, procore_id=record.invoice_id)


def _amount(ret: Ret) -> Decimal:
    try:
        return Decimal(ret.text("Amount", "0"))
    except InvalidOperation:
        return Decimal(0)
