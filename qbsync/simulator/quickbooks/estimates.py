"""Estimates: a job's budget line by line, changed line by line, never voided."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import partial

from qbsync.simulator.quickbooks import item_lines, lists, sales_tax, statuses, texts, transactions
from qbsync.simulator.quickbooks.company_info import preference
from qbsync.simulator.quickbooks.message import Command, Fields
from qbsync.simulator.quickbooks.references import find_to_change, resolved
from qbsync.simulator.quickbooks.registry import Desk, Outcome, handles
from qbsync.simulator.quickbooks.state import Entry, touched

KIND = "Estimate"
LINES = "EstimateLineRet"
_PREFERENCE = "JobsAndEstimatesPreferences/IsUsingEstimates"


def add(desk: Desk, asked: Fields) -> Entry:
    """Create an estimate from the fields of its Add; raises Refusal."""
    _need_preference(desk)
    if "EstimateLineGroupAdd" in asked:
        raise statuses.unsupported("EstimateLineGroupAdd")
    fields = {
        tag: value for tag, value in resolved(desk.state, asked, KIND).items() if value not in ("", None)
    }
    sales_tax.check_header(fields)
    lines = [_new_line(desk, line) for line in fields.pop("EstimateLineAdd")]
    fields = {"IsActive": "true"} | fields
    fields |= {
        "TxnDate": fields.get("TxnDate", texts.day(desk.now)),
        "TxnNumber": str(desk.state.next_number("TxnNumber")),
    }
    if "RefNumber" not in fields:
        fields["RefNumber"] = str(desk.state.next_number("EstimateNumber"))
    entry = lists.created(desk, KIND, fields | _with_totals(desk, lines))
    desk.state.put(entry)
    return entry


def change(desk: Desk, entry: Entry, asked: Fields) -> Entry:
    """Alter an estimate by the fields of its Mod; raises Refusal.

    Lines that are not named are deleted, and new ones stand after those that are there (reference 3.5).
    """
    _need_preference(desk)
    if "EstimateLineGroupMod" in asked:
        raise statuses.unsupported("EstimateLineGroupMod")
    changes = resolved(desk.state, asked, KIND)
    lines = entry.fields[LINES]
    if "EstimateLineMod" in changes:
        wanted = changes.pop("EstimateLineMod")
        _check_order(wanted)
        lines = transactions.changed_lines(
            lines, wanted, partial(_new_line, desk), partial(_changed_line, desk)
        )
    dropped = {"TxnID", "EditSequence", "CreateChangeOrder"}
    changes = {tag: value for tag, value in changes.items() if tag not in dropped}
    if changes.get("CustomerRef", {}) is None:
        raise statuses.missing("CustomerRef")
    fields = lists.merge(entry.fields, changes)
    changed = touched(replace(entry, fields=fields | _with_totals(desk, lines)), desk.now)
    desk.state.put(changed)
    return changed


def _check_order(wanted: list[Fields]) -> None:
    new = [line["TxnLineID"] == transactions.NEW_LINE for line in wanted]
    if new != sorted(new):
        raise statuses.save_failed(KIND, "New lines have to stand after the existing ones.")


def _need_preference(desk: Desk) -> None:
    if preference(desk.state, _PREFERENCE) != "true":
        raise statuses.feature_off("estimates")


def _new_line(desk: Desk, asked: Fields) -> Fields:
    line = {tag: value for tag, value in asked.items() if value not in ("", None)}
    if "Amount" in line and "ItemRef" not in line:
        raise statuses.save_failed(KIND, "A line with an amount must have an item.")
    line = sales_tax.with_code(desk, line, tag=sales_tax.REFERENCE)
    brought = item_lines.from_item(desk, line, item_lines.SALES)
    line = brought | line | {"TxnLineID": transactions.line_id(desk)}
    return _with_amount(line, amount_given="Amount" in asked)


def _changed_line(desk: Desk, line: Fields, asked: Fields) -> Fields:
    return item_lines.changed(desk, line, asked, item_lines.SALES, _with_amount)


def _with_amount(line: Fields, *, amount_given: bool) -> Fields:
    """The line with its amount: given, else Quantity times Rate; a given amount sets the rate right."""
    quantity = texts.number(line["Quantity"]) if line.get("Quantity") else None
    rate = texts.number(line.get("Rate", "0"))
    amount = texts.number(line["Amount"]) if amount_given else rate * (1 if quantity is None else quantity)
    line = line | {"Amount": texts.amount_text(amount)}
    if quantity is not None:
        line["Quantity"] = texts.quantity_text(quantity)
    line["Rate"] = texts.rate_text(amount / quantity if quantity else amount)
    return line


def _with_totals(desk: Desk, lines: list[Fields]) -> Fields:
    if not any(line.get("ItemRef") or line.get("Desc") for line in lines):
        raise statuses.save_failed(KIND, "You cannot save an empty transaction.")
    subtotal = sum((texts.number(line["Amount"]) for line in lines), Decimal(0))
    total = subtotal + sales_tax.tax_on(desk, lines)
    return {
        LINES: lines,
        "Subtotal": texts.amount_text(subtotal),
        "TotalAmount": texts.amount_text(total),
    }


@handles("EstimateAddRq")
def _add(desk: Desk, command: Command) -> Outcome:
    return lists.answered(desk, command, add(desk, command.fields["EstimateAdd"]))


@handles("EstimateModRq")
def _mod(desk: Desk, command: Command) -> Outcome:
    asked = command.fields["EstimateMod"]
    entry = find_to_change(desk.state, KIND, asked["TxnID"])
    lists.check_edit_sequence(entry, asked)
    return lists.answered(desk, command, change(desk, entry, asked))


handles("EstimateQueryRq")(
    partial(transactions.query, kind=KIND, line_tags=(LINES, "EstimateLineGroupRet"), entity="CustomerRef")
)
