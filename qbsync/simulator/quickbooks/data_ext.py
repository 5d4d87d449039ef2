"""Data extensions: definitions, and values on list elements, transactions and the company itself."""

from __future__ import annotations

from dataclasses import replace

from qbsync.simulator.quickbooks import statuses
from qbsync.simulator.quickbooks.company_info import ONLY_ID
from qbsync.simulator.quickbooks.kinds import ITEM_KINDS, KINDS
from qbsync.simulator.quickbooks.lists import created
from qbsync.simulator.quickbooks.message import Command, Fields
from qbsync.simulator.quickbooks.references import find_to_change, resolve
from qbsync.simulator.quickbooks.registry import Desk, Outcome, handles
from qbsync.simulator.quickbooks.state import Entry, touched

PUBLIC = "0"
"""OwnerID of the custom fields that users see."""
_PUBLIC_OBJECTS = {"Customer", "Vendor", "Employee", "Item"}
_LONGEST = {"STR255TYPE": 255, "STR1024TYPE": 1024}


@handles("DataExtDefAddRq")
def _define(desk: Desk, command: Command) -> Outcome:
    asked = command.fields["DataExtDefAdd"]
    objects = asked.get("AssignToObject", [])
    if asked["OwnerID"] == PUBLIC and not set(objects) <= _PUBLIC_OBJECTS:
        raise statuses.definition_refused(
            "a custom field may only belong to customers, vendors, employees and items"
        )
    if _definition(desk, asked) is not None:
        raise statuses.save_failed("data extension definition", "It already exists.")
    details = {
        "DataExtID": str(desk.state.next_number("DataExtID")),
        "DataExtListRequire": "false",
        "DataExtTxnRequire": "false",
        "DataExtFormatString": "",
    }
    entry = created(desk, "DataExtDef", details | asked)
    desk.state.put(entry)
    return Outcome(rets=(desk.writer.ret("DataExtDefRet", entry.fields),))


@handles("DataExtAddRq")
def _add(desk: Desk, command: Command) -> Outcome:
    asked = command.fields["DataExtAdd"]
    target, line = _target(desk, asked)
    if _index(_extensions(target, line), asked) is not None:
        raise statuses.save_failed("data extension", f"{asked['DataExtName']} already has a value here.")
    extension = _value(desk, asked, target)
    _store(desk, target, line, [*_extensions(target, line), extension])
    return Outcome(rets=(desk.writer.ret("DataExtRet", extension),))


@handles("DataExtModRq")
def _mod(desk: Desk, command: Command) -> Outcome:
    asked = command.fields["DataExtMod"]
    target, line = _target(desk, asked)
    extensions = _extensions(target, line)
    at = _index(extensions, asked)
    if at is None:
        raise statuses.no_object(asked["DataExtName"])
    extensions[at] = _value(desk, asked, target)
    _store(desk, target, line, extensions)
    return Outcome(rets=(desk.writer.ret("DataExtRet", extensions[at]),))


@handles("DataExtDelRq")
def _delete(desk: Desk, command: Command) -> Outcome:
    asked = command.fields["DataExtDel"]
    target, line = _target(desk, asked)
    extensions = _extensions(target, line)
    at = _index(extensions, asked)
    if at is None:
        raise statuses.no_object(asked["DataExtName"])
    del extensions[at]
    _store(desk, target, line, extensions)
    return Outcome()


def _definition(desk: Desk, asked: Fields) -> Entry | None:
    return next((entry for entry in desk.state.of_kind("DataExtDef") if _same(entry.fields, asked)), None)


def _same(known: Fields, asked: Fields) -> bool:
    return all(known[tag].casefold() == asked[tag].casefold() for tag in ("OwnerID", "DataExtName"))


def _target(desk: Desk, asked: Fields) -> tuple[Entry, str]:
    """The object that carries the extension, and the TxnLineID where a line does."""
    if "OtherDataExtType" in asked:
        company = desk.state.get("Company", ONLY_ID)
        assert company is not None
        return company, ""
    if "TxnDataExtType" in asked:
        if asked["TxnDataExtType"] not in KINDS:
            raise statuses.unsupported(f"DataExt of {asked['TxnDataExtType']}")
        entry = find_to_change(desk.state, asked["TxnDataExtType"], asked["TxnID"])
        return entry, asked.get("TxnLineID", "")
    found = resolve(desk.state, f"{asked['ListDataExtType']}Ref", asked["ListObjRef"], "DataExt")
    if found is None:
        raise statuses.missing("ListObjRef")
    return found, ""


def _extensions(target: Entry, line_id: str) -> list[Fields]:
    if not line_id:
        return list(target.extensions)
    return list(_line(target, line_id).get("DataExtRet", []))


def _line(target: Entry, line_id: str) -> Fields:
    for value in target.fields.values():
        if isinstance(value, list):
            for line in value:
                if isinstance(line, dict) and line.get("TxnLineID") == line_id:
                    return line
    raise statuses.no_object(line_id)


def _index(extensions: list[Fields], asked: Fields) -> int | None:
    return next((at for at, known in enumerate(extensions) if _same(known, asked)), None)


def _value(desk: Desk, asked: Fields, target: Entry) -> Fields:
    definition = _definition(desk, asked)
    where = "Item" if target.kind in ITEM_KINDS else target.kind
    if definition is None or where not in definition.fields.get("AssignToObject", [where]):
        raise statuses.definition_fault(f'"{asked["DataExtName"]}" is not defined for {where}')
    kind, value = definition.text("DataExtType"), asked["DataExtValue"]
    if len(value) > _LONGEST.get(kind, len(value)):
        raise statuses.too_long("DataExtValue", value, _LONGEST[kind])
    return {
        "OwnerID": definition.text("OwnerID"),
        "DataExtName": definition.text("DataExtName"),
        "DataExtType": kind,
        "DataExtValue": value,
    }


def _store(desk: Desk, target: Entry, line_id: str, extensions: list[Fields]) -> None:
    # a data extension counts as a change of its object (reference section 3.4)
    if line_id:
        _line(target, line_id)
        changes = {tag: _on_line(value, line_id, extensions) for tag, value in target.fields.items()}
        desk.state.put(touched(target, desk.now, changes))
        return
    desk.state.put(touched(replace(target, extensions=tuple(extensions)), desk.now))


def _on_line(value: object, line_id: str, extensions: list[Fields]) -> object:
    if not isinstance(value, list):
        return value
    return [
        line | {"DataExtRet": extensions}
        if isinstance(line, dict) and line.get("TxnLineID") == line_id
        else line
        for line in value
    ]
