"""Add, Mod and Query of list elements, the same for every list; `register` adds one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from qbsync.simulator.quickbooks import queries, statuses, texts
from qbsync.simulator.quickbooks.kinds import KINDS
from qbsync.simulator.quickbooks.message import Command, Fields
from qbsync.simulator.quickbooks.notes import with_notes_and_contacts
from qbsync.simulator.quickbooks.references import find_to_change, resolved
from qbsync.simulator.quickbooks.registry import Desk, Outcome, handles
from qbsync.simulator.quickbooks.state import Entry, touched

Rules: TypeAlias = Callable[[Desk, Fields], Fields]
"""What a list asks of its elements beyond their form: completes the fields, or raises Refusal."""

_DEEPEST = 5
_RULES: dict[str, Rules] = {}
_NOT_SIMULATED = ("TotalBalanceFilter", "CurrencyFilter")


def register(kind: str, rules: Rules | None = None, *, mod: bool = True) -> None:
    """Answer the Add, Mod and Query requests of one list."""
    if rules is not None:
        _RULES[kind] = rules
    handles(f"{kind}AddRq")(partial(_add, kind=kind))
    handles(f"{kind}QueryRq")(partial(query, kinds=(kind,)))
    if mod:
        handles(f"{kind}ModRq")(partial(_mod, kind=kind))


def add(desk: Desk, kind: str, asked: Fields) -> Entry:
    """Create a list element from the fields of its Add; raises Refusal."""
    fields = resolved(desk.state, asked, kind)
    fields = KINDS[kind].defaults | {tag: value for tag, value in fields.items() if value not in ("", None)}
    fields = _complete(desk, kind, fields)
    fields["Name"] = fields.get("Name", "").strip()
    _check_name(desk, kind, fields, own_id="")
    entry = created(desk, kind, fields)
    desk.state.put(entry)
    return entry


def created(desk: Desk, kind: str, fields: Fields) -> Entry:
    """A new entry with its id and stamps; not yet stored."""
    form = KINDS[kind]
    second = int(desk.now.timestamp())
    number = desk.state.next_number(form.space)
    object_id = f"{number:X}-{second}" if form.transaction else f"{0x80000000 + number:X}-{second}"
    stamps = {
        form.id_tag: object_id,
        "TimeCreated": texts.stamp(desk.now),
        "TimeModified": texts.stamp(desk.now),
        "EditSequence": str(second),
    }
    return Entry(kind=kind, id=object_id, order=desk.state.next_order(), fields=fields | stamps)


def change(desk: Desk, entry: Entry, asked: Fields) -> Entry:
    """Alter a list element by the fields of its Mod; omitted ones stay, empty ones are cleared."""
    fields = resolved(desk.state, asked, entry.kind)
    fields = {tag: value for tag, value in fields.items() if tag not in {"ListID", "EditSequence"}}
    merged = _complete(desk, entry.kind, merge(entry.fields, fields))
    merged["Name"] = merged.get("Name", "").strip()
    _check_name(desk, entry.kind, merged, own_id=entry.id)
    changed = touched(replace(entry, fields=merged), desk.now)
    desk.state.put(changed)
    return changed


def merge(fields: Fields, changes: Fields) -> Fields:
    """The fields with changes laid over them; an empty text or reference removes a field."""
    merged = dict(fields)
    for tag, value in changes.items():
        target = tag.removesuffix("Mod")
        if value in ("", None):
            merged.pop(target, None)
        elif isinstance(value, dict) and not target.endswith("Ref"):
            merged[target] = merge(fields.get(target, {}), value)
        else:
            merged[target] = value
    return merged


def query(desk: Desk, command: Command, *, kinds: tuple[str, ...]) -> Outcome:
    """A query of one list, or of several that are asked together (ItemQuery, EntityQuery)."""
    fields, state = command.fields, desk.state
    space = KINDS[kinds[0]].space

    def of_id(list_id: str) -> Entry | None:
        return next((entry for kind in kinds if (entry := state.get(kind, list_id))), None)

    def of_name(full_name: str) -> Entry | None:
        found = state.named(space, full_name.strip())
        return found if found is not None and found.kind in kinds else None

    if "ListID" in fields:
        return queries.named(desk, command, queries.by_id(command, "ListID", of_id), queries.unchanged)
    if "FullName" in fields:
        wanted = [(name, of_name(name)) for name in fields["FullName"]]
        return queries.named(desk, command, wanted, queries.unchanged)
    search = partial(_search, desk, fields, kinds)
    return queries.answer(desk, command, search, queries.unchanged)


def _search(desk: Desk, fields: Fields, kinds: Iterable[str]) -> Iterator[Entry]:
    for name in _NOT_SIMULATED:
        if name in fields:
            raise statuses.unsupported(name)
    for kind in kinds:
        passing = (entry for entry in desk.state.of_kind(kind) if _passes(desk, fields, entry))
        yield from sorted(passing, key=lambda entry: desk.state.full_name(entry).casefold())


def _passes(desk: Desk, fields: Fields, entry: Entry) -> bool:
    active = fields.get("ActiveStatus") or "ActiveOnly"
    return (
        (active == "All" or entry.is_active == (active == "ActiveOnly"))
        and queries.modified_within(
            entry, fields.get("FromModifiedDate", ""), fields.get("ToModifiedDate", "")
        )
        and queries.text_matches(fields, desk.state.full_name(entry), "Name")
        and entry.text("AccountType") in fields.get("AccountType", [entry.text("AccountType")])
        and _passes_class(desk, fields, entry)
    )


def _passes_class(desk: Desk, fields: Fields, entry: Entry) -> bool:
    return "ClassFilter" not in fields or passes_id_filter(
        desk, fields["ClassFilter"], ("Class",), entry.fields.get("ClassRef", {}).get("ListID", "")
    )


def passes_id_filter(desk: Desk, wanted: Fields, kinds: tuple[str, ...], list_id: str) -> bool:
    """Whether an object with this ListID passes an EntityFilter, ClassFilter or the like."""
    found = next((entry for kind in kinds if (entry := desk.state.get(kind, list_id))), None)
    if found is None:
        return False
    full_name = desk.state.full_name(found).casefold()
    names = [name.casefold() for name in wanted.get("FullName", [])]
    if list_id in wanted.get("ListID", []) or full_name in names:
        return True
    top = wanted.get("FullNameWithChildren", "").casefold()
    if root := wanted.get("ListIDWithChildren"):
        entry = next((entry for kind in kinds if (entry := desk.state.get(kind, root))), None)
        top = desk.state.full_name(entry).casefold() if entry else ""
    return bool(top) and f"{full_name}:".startswith(f"{top}:")


def _add(desk: Desk, command: Command, *, kind: str) -> Outcome:
    entry = add(desk, kind, command.fields[f"{kind}Add"])
    return answered(desk, command, entry)


def _mod(desk: Desk, command: Command, *, kind: str) -> Outcome:
    asked = command.fields[f"{kind}Mod"]
    entry = find_to_change(desk.state, kind, asked["ListID"])
    check_edit_sequence(entry, asked)
    return answered(desk, command, change(desk, entry, asked))


def check_edit_sequence(entry: Entry, asked: Fields) -> None:
    """Refuse a Mod that was made from an older state of the object (3200)."""
    if asked["EditSequence"] != entry.text("EditSequence"):
        raise statuses.out_of_date(asked["EditSequence"])


def answered(desk: Desk, command: Command, entry: Entry) -> Outcome:
    """The answer of an Add or Mod: the object as it now is."""
    only = command.fields.get("IncludeRetElement", [])
    return Outcome(rets=(desk.writer.entry(entry, only=only),))


def _complete(desk: Desk, kind: str, fields: Fields) -> Fields:
    fields = with_notes_and_contacts(desk, fields)
    rules = _RULES.get(kind)
    return fields if rules is None else rules(desk, fields)


def _check_name(desk: Desk, kind: str, fields: Fields, *, own_id: str) -> None:
    name = fields["Name"]
    if not name:
        raise statuses.missing("Name")
    if ":" in name:
        raise statuses.invalid_value("Name", name, "A colon separates levels and may not stand in a name.")
    parent = desk.state.get(kind, fields["ParentRef"]["ListID"]) if "ParentRef" in fields else None
    full_name = name
    if parent is not None:
        full_name = f"{desk.state.full_name(parent)}:{name}"
        if full_name.count(":") >= _DEEPEST:
            raise statuses.invalid_value("ParentRef", full_name, "A list has at most five levels.")
        _check_circle(desk, parent, own_id)
    taken = desk.state.named(KINDS[kind].space, full_name)
    if taken is None or (taken.id == own_id and taken.kind == kind):
        return
    if own_id and taken.kind == kind:
        raise statuses.cannot_merge(kind.lower())
    raise statuses.name_in_use(full_name)


def _check_circle(desk: Desk, parent: Entry, own_id: str) -> None:
    above: Entry | None = parent
    while own_id and above is not None:
        if above.id == own_id:
            raise statuses.invalid_value("ParentRef", parent.id, "An element cannot be its own parent.")
        above = desk.state.get(above.kind, above.parent_id)
