"""What costs something and is no bill: vendor credits, checks, card charges and credits, journal entries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from qbsync.simulator.quickbooks import lists, purchase_lines, sales_tax, statuses, texts, transactions
from qbsync.simulator.quickbooks.message import Command, Fields
from qbsync.simulator.quickbooks.references import resolved
from qbsync.simulator.quickbooks.registry import Desk, Outcome, handles
from qbsync.simulator.quickbooks.state import Entry, touched

JOURNAL = "JournalEntry"
DEBITS, CREDITS = "JournalDebitLine", "JournalCreditLine"
ITEM_LINES, EXPENSE_LINES = "ItemLineRet", "ExpenseLineRet"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """How one kind names its account, its payee and its total."""

    account: str
    account_type: str
    entity: str
    total: str = "Amount"


FORMS: Mapping[str, _Form] = {
    "VendorCredit": _Form(
        account="APAccountRef", account_type="AccountsPayable", entity="VendorRef", total="CreditAmount"
    ),
    "Check": _Form(account="AccountRef", account_type="Bank", entity="PayeeEntityRef"),
    "CreditCardCharge": _Form(account="AccountRef", account_type="CreditCard", entity="PayeeEntityRef"),
    "CreditCardCredit": _Form(account="AccountRef", account_type="CreditCard", entity="PayeeEntityRef"),
}
KINDS = (*FORMS, JOURNAL)
_UNSUPPORTED = ("ItemGroupLineAdd", "ApplyCheckToTxnAdd")


def add(desk: Desk, kind: str, asked: Fields) -> Entry:
    """Enter a transaction by the fields of its Add; raises Refusal."""
    for tag in _UNSUPPORTED:
        if tag in asked:
            raise statuses.unsupported(tag)
    fields = {
        tag: value for tag, value in resolved(desk.state, asked, kind).items() if value not in ("", None)
    }
    fields = _journal(desk, fields) if kind == JOURNAL else _purchase(desk, kind, fields)
    fields |= {
        "TxnDate": fields.get("TxnDate", texts.day(desk.now)),
        "TxnNumber": str(desk.state.next_number("TxnNumber")),
    }
    entry = lists.created(desk, kind, fields)
    desk.state.put(entry)
    return entry


def change(desk: Desk, entry: Entry, amounts: Mapping[str, Decimal]) -> Entry:
    """Give lines other amounts, by TxnLineID, as a person does; a journal entry has to stay in balance."""
    tags = (DEBITS, CREDITS) if entry.kind == JOURNAL else (EXPENSE_LINES, ITEM_LINES)
    lines = {tag: [_at(line, amounts) for line in entry.fields.get(tag, [])] for tag in tags}
    kept = {tag: found for tag, found in lines.items() if found}
    if entry.kind == JOURNAL:
        _check_balance(kept)
    else:
        kept |= _total(desk, entry.kind, [line for found in lines.values() for line in found])
    changed = touched(entry, desk.now, kept)
    desk.state.put(changed)
    return changed


def void(desk: Desk, entry: Entry) -> Entry:
    """Set every amount to zero."""
    tags = (DEBITS, CREDITS) if entry.kind == JOURNAL else (EXPENSE_LINES, ITEM_LINES)
    zero = {"Amount": "0.00", "Quantity": "0", "Cost": "0"}
    blank: Fields = {
        tag: [line | {name: text for name, text in zero.items() if name in line} for line in kept]
        for tag in tags
        if (kept := entry.fields.get(tag))
    }
    if entry.kind != JOURNAL:
        blank |= {FORMS[entry.kind].total: "0.00", "Memo": f"VOID: {entry.text('Memo')}".strip()}
    changed = touched(entry, desk.now, blank)
    desk.state.put(changed)
    return changed


def _purchase(desk: Desk, kind: str, fields: Fields) -> Fields:
    form = FORMS[kind]
    if kind == "VendorCredit":
        fields = {form.account: purchase_lines.payables(desk.state)} | fields
    purchase_lines.check_account(desk.state, fields[form.account], form.account, form.account_type)
    sales_tax.check_header(fields)
    payee = fields.get(form.entity, {}).get("ListID", "")
    expenses = [purchase_lines.expense_line(desk, line, payee) for line in fields.pop("ExpenseLineAdd", [])]
    items = [purchase_lines.item_line(desk, line, payee) for line in fields.pop("ItemLineAdd", [])]
    if not expenses and not items:
        raise statuses.save_failed(kind, "You cannot save an empty transaction.")
    return fields | {EXPENSE_LINES: expenses, ITEM_LINES: items} | _total(desk, kind, [*expenses, *items])


def _total(desk: Desk, kind: str, lines: list[Fields]) -> Fields:
    total = sum((texts.number(line["Amount"]) for line in lines), sales_tax.tax_on(desk, lines))
    if total < 0:
        raise statuses.save_failed(kind, "The total may not be negative.")
    return {FORMS[kind].total: texts.amount_text(total)}


def _journal(desk: Desk, fields: Fields) -> Fields:
    lines = {tag: [_journal_line(desk, line) for line in fields.get(tag, [])] for tag in (DEBITS, CREDITS)}
    _check_balance(lines)
    return fields | {"IsAdjustment": fields.get("IsAdjustment", "false")} | lines


def _journal_line(desk: Desk, asked: Fields) -> Fields:
    line = {tag: value for tag, value in asked.items() if value not in ("", None)}
    if "AccountRef" not in line:
        raise statuses.missing("AccountRef")
    line["Amount"] = texts.amount_text(texts.number(line.get("Amount", "0")))
    return line | {"TxnLineID": transactions.line_id(desk)}


def _check_balance(lines: Mapping[str, list[Fields]]) -> None:
    debit, credit = (
        sum((texts.number(line["Amount"]) for line in lines.get(tag, [])), Decimal(0))
        for tag in (DEBITS, CREDITS)
    )
    if debit != credit or not lines.get(DEBITS):
        raise statuses.save_failed(JOURNAL, "The transaction is not in balance.")


def _at(line: Fields, amounts: Mapping[str, Decimal]) -> Fields:
    wanted = amounts.get(line["TxnLineID"])
    if wanted is None:
        return line
    changed = line | {"Amount": texts.amount_text(wanted)}
    return purchase_lines.with_amount(changed) if "ItemRef" in line else changed


def _add(desk: Desk, command: Command, *, kind: str) -> Outcome:
    return lists.answered(desk, command, add(desk, kind, command.fields[f"{kind}Add"]))


def _query(desk: Desk, command: Command, *, kind: str) -> Outcome:
    journal = kind == JOURNAL
    return transactions.query(
        desk,
        command,
        kind=kind,
        line_tags=(DEBITS, CREDITS) if journal else (ITEM_LINES, EXPENSE_LINES, "ItemGroupLineRet"),
        entity="EntityRef" if journal else FORMS[kind].entity,
    )


for one in KINDS:
    handles(f"{one}AddRq")(partial(_add, kind=one))
    handles(f"{one}QueryRq")(partial(_query, kind=one))
