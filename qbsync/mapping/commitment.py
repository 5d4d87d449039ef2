"""An approved subcontract or purchase order of Procore becomes a PurchaseOrder of QuickBooks."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from qbsync.errors import MappingError
from qbsync.model.context import Context, Review
from qbsync.model.links import Link, LinkLine
from qbsync.model.money import to_cents
from qbsync.model.names import ListKind
from qbsync.model.records import (
    Commitment,
    CommitmentLine,
    RecordKey,
    RecordKind,
    key_of,
    label_of,
)
from qbsync.qbxml import change_order_mark, ordinary
from qbsync.qbxml.coding import class_reference, net_of_tax, tax_reference
from qbsync.qbxml.currency import check_currency, check_vendor
from qbsync.qbxml.figures import amount_of, by_amount, by_unit, rate_of
from qbsync.qbxml.moments import changed_since
from qbsync.qbxml.owned import Owned
from qbsync.qbxml.parse import Ret
from qbsync.qbxml.preflight import Advice, Part, Preflight, filled, reference, room, unlinked
from qbsync.qbxml.requests import Body, Request

_CUT = "..."

_NUMBER = Advice(
    field="number",
    guidance="Accept it with --set number=ID, a QuickBooks ID of its own, or change the number in Procore.",
)
_LINE = Advice(field="lines", guidance="Correct the lines of the schedule of values in Procore.")
_ADVICE = {
    "PurchaseOrderAdd": _LINE,
    "RefNumber": _NUMBER,
    "Memo": Advice(field="title", guidance="Shorten the commitment's title in Procore."),
    "Desc": Advice(field="lines", guidance="Shorten the line's description in Procore."),
    "Quantity": _LINE,
    "Rate": _LINE,
    "Amount": _LINE,
    "TxnDate": Advice(field="contract_date", guidance="Change the contract date in Procore."),
    "ExpectedDate": Advice(field="delivery_date", guidance="Change the delivery date in Procore."),
}


def references(record: Commitment) -> tuple[RecordKey, ...]:
    """The vendor, the project and each cost code of the lines, once each."""
    keys = [RecordKey(kind=RecordKind.PROJECT, procore_id=record.project_id)]
    if record.vendor_id is not None:
        keys.insert(0, RecordKey(kind=RecordKind.VENDOR, procore_id=record.vendor_id))
    codes = dict.fromkeys(line.cost_code_id for line in record.lines if line.cost_code_id is not None)
    return (*keys, *(RecordKey(kind=RecordKind.COST_CODE, procore_id=code) for code in codes))


def touches(record: Commitment) -> RecordKey:
    """Its own QuickBooks record alone."""
    return key_of(record)


def lives_in(record: Commitment) -> RecordKey | None:  # noqa: ARG001  # as for each kind
    """None: it is a record of its own in QuickBooks."""
    return None


def review(record: Commitment, context: Context) -> Review:
    """Check number, vendor, currency and each line; a commitment that QuickBooks has already is a problem."""
    preflight = Preflight(record)
    draft = _draft(record, context, preflight)
    if context.link is None:
        preflight.check(draft, _ADVICE, edition=context.edition)
    return preflight.review()


def request(record: Commitment, context: Context) -> Request:
    """PurchaseOrderAdd; raises MappingError where it cannot be sent, or QuickBooks has it already."""
    preflight = Preflight(record)
    draft = _draft(record, context, preflight)
    preflight.check(draft, _ADVICE, edition=context.edition)
    preflight.settle(unlinked(context, references(record)))
    return draft


def outcome(record: Commitment, ret: Ret) -> Link:
    """The link that a PurchaseOrderRet makes, each of our lines joined to the TxnLineID in the same place.

    Lines that carry a change order's mark are never ours: they are there where the order was sent, and its
    changes too, and we forgot it. Raises MappingError where number or amounts of the lines differ from what
    we sent.
    """
    sent = _ordered(record)
    held = [line for line in ret.all("PurchaseOrderLineRet") if not change_order_mark.id_in(line)]
    if len(held) != len(sent):
        raise _misfit(record, ret, f"it has {len(held)} lines, Procore has {len(sent)}")
    for line, theirs in zip(sent, held, strict=True):
        amount = amount_of(theirs)
        if amount != to_cents(line.amount):
            raise _misfit(record, ret, f"line {line.position} is {amount}, Procore has {line.amount}")
    lines = tuple(
        LinkLine(
            procore_line_id=line.procore_id,
            txn_line_id=theirs.text("TxnLineID"),
            amount=amount_of(theirs),
            rate=rate_of(theirs),
            item_id=theirs.text("ItemRef/ListID"),
        )
        for line, theirs in zip(sent, held, strict=True)
    )
    return ordinary.transaction_link(record, ret, lines)


def owned(record: Commitment, link: Link) -> Owned:
    """What Procore gives of the header, that it is open, and each of our lines."""
    given = {
        "TxnDate": record.contract_date,
        "TermsRef": record.payment_terms,
        "ExpectedDate": record.delivery_date,
        "Memo": record.title,
        "VendorMsg": record.description,
    }
    return Owned(
        fields=(
            "VendorRef",
            "RefNumber",
            "IsManuallyClosed",
            *(name for name, value in given.items() if value),
        ),
        line_fields=("ItemRef", "CustomerRef", "Desc", "Amount", "Rate", "IsManuallyClosed"),
        lines=frozenset(line.txn_line_id for line in link.lines),
    )


def probe(record: Commitment, context: Context, since: datetime | None) -> Request:
    """The purchase orders of this vendor and number changed since `since` (aware), with their lines.

    By TxnID where the commitment is linked. Raises MappingError where the vendor is not.
    """
    body: dict[str, Body | str | bool] = {"IncludeLineItems": True}
    if context.link is not None:
        return Request(name="PurchaseOrderQueryRq", body={**body, "TxnID": context.link.quickbooks_id})
    preflight = Preflight(record)
    vendor = _vendor_key(record)
    preflight.settle(unlinked(context, [vendor] if vendor else []))
    if vendor is not None:
        body["EntityFilter"] = reference(context, vendor)
    if since is not None:
        body["ModifiedDateRangeFilter"] = {"FromModifiedDate": changed_since(since)}
    number = _wanted_number(record, context, preflight)
    if number:
        body["RefNumberFilter"] = {"MatchCriterion": "StartsWith", "RefNumber": number}
    return Request(name="PurchaseOrderQueryRq", body=body)


def trace(record: Commitment, context: Context, since: datetime) -> Request:  # noqa: ARG001  # as for each kind
    """Ask for every purchase order that changed since, with its lines, whatever its number is by now."""
    return ordinary.transactions_since("PurchaseOrderQueryRq", since)


def reread(link: Link) -> Request:
    """Ask for the linked purchase order, with its lines, by its TxnID."""
    return ordinary.transaction("PurchaseOrderQueryRq", link)


remarks = ordinary.nothing_to_say
is_no_news = ordinary.never
holds = ordinary.always
is_ours = ordinary.carries_guid


def resembles(record: Commitment, ret: Ret, context: Context) -> bool:
    """Whether the purchase order has this number and vendor, and is not for other jobs only.

    The same number may recur in another project.
    """
    number = _wanted_number(record, context, Preflight(record))
    vendor = _vendor_key(record)
    if ret.text("RefNumber").casefold() != number.casefold() or vendor is None:
        return False
    if reference(context, vendor) != {"ListID": ret.text("VendorRef/ListID")}:
        return False
    jobs = {line.text("CustomerRef/ListID") for line in ret.all("PurchaseOrderLineRet")} - {""}
    project = RecordKey(kind=RecordKind.PROJECT, procore_id=record.project_id)
    return not jobs or reference(context, project).get("ListID") in jobs


def agrees(record: Commitment, ret: Ret, context: Context) -> bool:
    """Whether the purchase order has this vendor and number and exactly our lines and amounts."""
    try:
        outcome(record, ret)
    except MappingError:
        return False
    return resembles(record, ret, context)


def _draft(record: Commitment, context: Context, preflight: Preflight) -> Request:
    if context.link is not None:
        preflight.problem(
            "status",
            f"QuickBooks has it already, as purchase order {context.link.name!r}.",
            "Change it by a change order; or delete the purchase order in QuickBooks first, unlink the "
            "commitment, and send it again.",
        )
    _check_header(record, context, preflight)
    _check_lines(record, preflight)
    vendor = _vendor_key(record)
    job = reference(context, RecordKey(kind=RecordKind.PROJECT, procore_id=record.project_id))
    body: dict[str, Part | None] = {
        "VendorRef": reference(context, vendor) if vendor else {},
        "TxnDate": record.contract_date,
        "RefNumber": _number(record, context, preflight),
        "TermsRef": _terms(record, context, preflight),
        "ExpectedDate": record.delivery_date,
        "Memo": preflight.line("title", record.title),
        "VendorMsg": _message(record, preflight),
        **net_of_tax(context),
        "ExternalGUID": context.guid,
    }
    lines = [_line(line, job, context, preflight) for line in _ordered(record)]
    return Request(
        name="PurchaseOrderAddRq",
        body={"PurchaseOrderAdd": {**filled(body), "PurchaseOrderLineAdd": lines}},
    )


def _check_header(record: Commitment, context: Context, preflight: Preflight) -> None:
    preflight.check_purchase_orders(context.preferences)
    if record.vendor_id is None:
        preflight.problem("vendor", "No contract company is chosen.", "Choose one in Procore.")
    check_currency(record.currency, context, preflight)
    check_vendor(_vendor_key(record), context, preflight)
    if record.contract_date is None:
        preflight.warn(
            "contract_date",
            "It has no contract date; QuickBooks will date it the day it arrives.",
            "Give it one in Procore first, if that matters.",
        )
    if context.same_number:
        message = f"{context.same_number} has the same number {record.number!r}."
        if context.options.allow_duplicate_numbers:
            preflight.warn("number", message, _NUMBER.guidance)
        else:
            preflight.problem("number", message, _NUMBER.guidance)


def _check_lines(record: Commitment, preflight: Preflight) -> None:
    if not record.lines:
        preflight.problem(
            "lines",
            "It has no lines; a purchase order needs one.",
            "Fill in its schedule of values in Procore.",
        )
    for line in record.lines:
        preflight.check_line(
            f"line {line.position}",
            code=line.cost_code if line.cost_code_id is None else None,
            amount=line.amount,
        )


def _wanted_number(record: Commitment, context: Context, preflight: Preflight) -> str:
    return preflight.line("number", context.choices.get("number", "") or record.number)


def _number(record: Commitment, context: Context, preflight: Preflight) -> str:
    """The RefNumber; asked of the approver where there is none that fits, for a cut one may be another's."""
    number = _wanted_number(record, context, preflight)
    limit = room("PurchaseOrderAddRq", "PurchaseOrderAdd/RefNumber")
    if number and len(number) <= limit:
        return number
    fault = f"{number!r} has {len(number)} characters" if number else "It has no number"
    preflight.ask("number")
    preflight.warn(
        "number",
        f"{fault}; QuickBooks' purchase order numbers have at most {limit}.",
        f"Accept it with --set number=ID, a QuickBooks ID of at most {limit} characters.",
    )
    return ""


def _terms(record: Commitment, context: Context, preflight: Preflight) -> Body:
    """The commitment's terms or else the connection's, where QuickBooks has them; Procore's are free text."""
    for field, wanted in (
        ("payment_terms", record.payment_terms.strip()),
        ("default_terms", context.options.default_terms),
    ):
        if not wanted:
            continue
        known = context.names.find(ListKind.TERMS, wanted)
        if known is not None and known.active:
            return {"ListID": known.list_id}
        preflight.warn(
            field,
            f"The terms {wanted!r} are left out: QuickBooks has no active standard terms of that name.",
            "Make them in QuickBooks, or set default_terms on the connection to some that it has.",
        )
    return {}


def _message(record: Commitment, preflight: Preflight) -> str:
    """The description on one line; the one text that is cut, with its end and a warning showing it."""
    text = " ".join(preflight.text("description", record.description).split())
    limit = room("PurchaseOrderAddRq", "PurchaseOrderAdd/VendorMsg")
    if len(text) <= limit:
        return text
    preflight.warn(
        "description",
        f"QuickBooks' vendor message takes {limit} characters of the description's {len(text)}; the rest is "
        "cut off.",
        "Shorten the description in Procore, if the vendor needs all of it on the purchase order.",
    )
    return text[: limit - len(_CUT)].rstrip() + _CUT


def _vendor_key(record: Commitment) -> RecordKey | None:
    if record.vendor_id is None:
        return None
    return RecordKey(kind=RecordKind.VENDOR, procore_id=record.vendor_id)


def _ordered(record: Commitment) -> list[CommitmentLine]:
    """The lines as they are sent: by position, and QuickBooks answers in the same order."""
    return sorted(record.lines, key=lambda line: line.position)


def _line(line: CommitmentLine, job: Body, context: Context, preflight: Preflight) -> Body:
    description = preflight.text(f"line {line.position}", line.description)
    if line.by_unit:
        figures = by_unit(line.amount, line.quantity, line.unit_cost)
    else:
        figures = by_amount(line.amount, context.options.commitment_line_style)
    if line.by_unit and figures.get("Quantity") != line.quantity:
        unit = f" {line.unit}" if line.unit else ""
        note = f"[in Procore {_plain(line.quantity)}{unit} at {_plain(line.unit_cost)}]"
        description = preflight.text(f"line {line.position}", f"{description} {note}")
    where = f"line {line.position}"
    taxed = None if line.tax_code_id is None else line.tax_code or line.tax_code_id
    item = RecordKey(kind=RecordKind.COST_CODE, procore_id=line.cost_code_id or "")
    return filled(
        {
            "ItemRef": reference(context, item),
            "Desc": description,
            **figures,
            "ClassRef": class_reference(where, line.cost_type, context, preflight),
            "CustomerRef": job,
            "SalesTaxCodeRef": tax_reference(where, taxed, context, preflight),
        }
    )


def _plain(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _misfit(record: Commitment, ret: Ret, fault: str) -> MappingError:
    return MappingError(
        f"QuickBooks' purchase order {ret.text('RefNumber')!r} is not the commitment {label_of(record)}: "
        f"{fault}.",
        guidance="Compare the two. Delete the purchase order in QuickBooks and send the commitment again, or "
        "link them by hand.",
        context={"record": str(key_of(record)), "txn_id": ret.text("TxnID")},
    )
