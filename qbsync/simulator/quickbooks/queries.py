"""What all queries share: named ids, filters, pages, iterators and metadata (reference section 3.6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from qbsync.simulator.quickbooks import statuses, texts
from qbsync.simulator.quickbooks.message import Command, Fields
from qbsync.simulator.quickbooks.references import check_id
from qbsync.simulator.quickbooks.registry import Desk, Outcome
from qbsync.simulator.quickbooks.state import Entry

Search = Callable[[], Iterable[Entry]]
"""Finds the entries that a query's filters let through."""


def answer(desk: Desk, command: Command, search: Search, prepare: Callable[[Entry], Entry]) -> Outcome:
    """A query by filters: one page of it, by iterator or MaxReturned."""
    page_size = int(command.fields.get("MaxReturned", "0"))
    match command.attributes.get("iterator"):
        case None:
            entries = list(search())
            return _outcome(desk, command, entries[: page_size or None], prepare, total=len(entries))
        case "Start":
            if not page_size:
                raise statuses.missing("MaxReturned")
            iterator_id = desk.new_guid()
            desk.iterators.open[iterator_id] = [entry.key for entry in search()]
        case _:
            iterator_id = command.attributes.get("iteratorID", "")
    return _next_page(desk, command, iterator_id, page_size, prepare)


def _next_page(
    desk: Desk, command: Command, iterator_id: str, page_size: int, prepare: Callable[[Entry], Entry]
) -> Outcome:
    if iterator_id not in desk.iterators.open:
        raise statuses.bad_iterator(iterator_id)
    if command.attributes.get("iterator") == "Stop":
        del desk.iterators.open[iterator_id]
        return Outcome()
    keys = desk.iterators.open[iterator_id]
    page, rest = keys[: page_size or None], keys[page_size:] if page_size else []
    desk.iterators.open[iterator_id] = rest
    if not rest:
        del desk.iterators.open[iterator_id]
    entries = [entry for key in page if (entry := desk.state.get(*key)) is not None]
    return _outcome(
        desk, command, entries, prepare, total=len(entries), iterator_id=iterator_id, remaining=len(rest)
    )


def named(
    desk: Desk,
    command: Command,
    wanted: Sequence[tuple[str, Entry | None]],
    prepare: Callable[[Entry], Entry],
) -> Outcome:
    """A query by ids or names: what exists is answered, 500 says that something does not."""
    found = [entry for _, entry in wanted if entry is not None]
    absent = next((value for value, entry in wanted if entry is None), None)
    status = statuses.OK if absent is None else statuses.not_found(absent)
    return _outcome(desk, command, found, prepare, total=len(found), status=status)


def _outcome(
    desk: Desk,
    command: Command,
    entries: Sequence[Entry],
    prepare: Callable[[Entry], Entry],
    *,
    total: int,
    status: statuses.Status | None = None,
    iterator_id: str | None = None,
    remaining: int | None = None,
) -> Outcome:
    metadata = command.attributes.get("metaData", "NoMetaData")
    only, owners = command.fields.get("IncludeRetElement", []), command.fields.get("OwnerID", [])
    shown = () if metadata == "MetaDataOnly" else entries
    count = total if metadata == "MetaDataOnly" else len(entries)
    return Outcome(
        rets=tuple(desk.writer.entry(prepare(entry), only=only, owners=owners) for entry in shown),
        status=status or (statuses.OK if entries else statuses.NO_MATCH),
        ret_count=None if metadata == "NoMetaData" else count,
        iterator_id=iterator_id,
        iterator_remaining=remaining,
    )


def by_id(
    command: Command, tag: str, look_up: Callable[[str], Entry | None]
) -> list[tuple[str, Entry | None]]:
    """Each id of a query with its entry; 3000 for one that is not shaped like an id."""
    for value in command.fields[tag]:
        check_id(value, tag)
    return [(value, look_up(value)) for value in command.fields[tag]]


def modified_within(entry: Entry, first: str, last: str) -> bool:
    """Whether TimeModified lies between two qbXML times, both inclusive, compared by their local parts."""
    moment = texts.local_time(entry.text("TimeModified"))
    if first and moment < texts.local_time(first):
        return False
    return not last or moment <= texts.local_time(last, end_of_day=True)


def text_matches(filters: Fields, value: str, field: str) -> bool:
    """Whether a text passes `<Field>Filter` or `<Field>RangeFilter` of the fields, in any case."""
    value = value.casefold()
    criterion = filters.get(f"{field}Filter")
    if criterion is not None:
        part = criterion[field].casefold()
        match criterion["MatchCriterion"]:
            case "StartsWith":
                return value.startswith(part)
            case "EndsWith":
                return value.endswith(part)
            case _:
                return part in value
    bounds = filters.get(f"{field}RangeFilter", {})
    first, last = bounds.get(f"From{field}", "").casefold(), bounds.get(f"To{field}", "").casefold()
    return first <= value and (not last or value <= last)


def unchanged(entry: Entry) -> Entry:
    """The entry as it is: nothing to prepare."""
    return entry
