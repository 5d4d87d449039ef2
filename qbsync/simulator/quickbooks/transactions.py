"""What all transactions share: queries by id, number and filters, and the lines of a Mod."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from qbsync.simulator.quickbooks import lists, queries, statuses, texts
from qbsync.simulator.quickbooks.kinds import ENTITY_KINDS
from qbsync.simulator.quickbooks.message import Command, Fields
from qbsync.simulator.quickbooks.registry import Desk, Outcome
from qbsync.simulator.quickbooks.state import Entry

NEW_LINE = "-1"
"""TxnLineID of a line that a Mod adds (reference section 3.5)."""
_NOT_SIMULATED = ("AccountFilter", "CurrencyFilter")


def query(
    desk: Desk,
    command: Command,
    *,
    kind: str,
    line_tags: tuple[str, ...],
    entity: str,
    shown: Callable[[Entry], Entry] = queries.unchanged,
    passes: Callable[[Entry], bool] = lambda _entry: True,
) -> Outcome:
    """A query of one kind of transaction; `entity` is the reference that EntityFilter looks at.

    `shown` completes an entry by what others say of it, `passes` is a filter of this kind's own.
    """
    fields = command.fields
    prepare = partial(_prepared, fields=fields, line_tags=line_tags, shown=shown)
    if "TxnID" in fields:
        wanted = queries.by_id(command, "TxnID", partial(desk.state.get, kind))
        return queries.named(desk, command, wanted, prepare)

    def search() -> Iterator[Entry]:
        return filter(passes, _search(desk, fields, kind, entity))

    return queries.answer(desk, command, search, prepare)


def _prepared(
    entry: Entry, *, fields: Fields, line_tags: tuple[str, ...], shown: Callable[[Entry], Entry]
) -> Entry:
    entry = shown(entry)
    hidden: set[str] = set()
    if fields.get("IncludeLineItems") not in {"true", "1"}:
        hidden.update(line_tags)
    if fields.get("IncludeLinkedTxns") not in {"true", "1"}:
        hidden.add("LinkedTxn")
    return replace(entry, fields={tag: value for tag, value in entry.fields.items() if tag not in hidden})


def _search(desk: Desk, fields: Fields, kind: str, entity: str) -> Iterator[Entry]:
    for name in _NOT_SIMULATED:
        if name in fields:
            raise statuses.unsupported(name)
    for entry in desk.state.of_kind(kind):
        if _passes_number(fields, entry) and _passes_dates(desk, fields, entry):
            entity_id = entry.fields.get(entity, {}).get("ListID", "")
            if "EntityFilter" not in fields or lists.passes_id_filter(
                desk, fields["EntityFilter"], ENTITY_KINDS, entity_id
            ):
                yield entry


def _passes_number(fields: Fields, entry: Entry) -> bool:
    number = entry.text("RefNumber")
    if "RefNumber" in fields:
        return number.casefold() in {wanted.casefold() for wanted in fields["RefNumber"]}
    if "RefNumberCaseSensitive" in fields:
        return number in fields["RefNumberCaseSensitive"]
    return queries.text_matches(fields, number, "RefNumber")


def _passes_dates(desk: Desk, fields: Fields, entry: Entry) -> bool:
    modified = fields.get("ModifiedDateRangeFilter", {})
    if not queries.modified_within(
        entry, modified.get("FromModifiedDate", ""), modified.get("ToModifiedDate", "")
    ):
        return False
    dates = fields.get("TxnDateRangeFilter", {})
    match dates.get("DateMacro", "All"):
        case "All":
            first, last = dates.get("FromTxnDate", ""), dates.get("ToTxnDate", "")
        case "Today":
            first = last = texts.day(desk.now)
        case macro:
            raise statuses.unsupported(f"DateMacro {macro}")
    day = entry.text("TxnDate")
    return first <= day and (not last or day <= last)


def changed_lines(
    lines: list[Fields], asked: list[Fields], new_line: Callable[[Fields], Fields],
    changed_line: Callable[[Fields, Fields], Fields],
) -> list[Fields]:  # fmt: skip
    """The lines of a Mod: named ones changed, -1 added, in the order sent; unnamed ones are gone.

    Raises Refusal (3120) for a line that the transaction does not have.
    """
    before = {line["TxnLineID"]: line for line in lines}
    after = []
    for line in asked:
        line_id = line["TxnLineID"]
        rest = {tag: value for tag, value in line.items() if tag != "TxnLineID"}
        if line_id == NEW_LINE:
            after.append(new_line(rest))
        elif line_id in before:
            after.append(changed_line(before.pop(line_id), rest))
        else:
            raise statuses.no_object(line_id)
    return after


def line_id(desk: Desk) -> str:
    """A new TxnLineID; lines are counted together with transactions."""
    return f"{desk.state.next_number('Txn'):X}-{int(desk.now.timestamp())}"
