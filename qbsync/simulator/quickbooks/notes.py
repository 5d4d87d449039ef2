"""Additional notes and contacts, which customers and vendors carry as numbered parts."""

from __future__ import annotations

from qbsync.simulator.quickbooks import statuses, texts
from qbsync.simulator.quickbooks.message import Fields
from qbsync.simulator.quickbooks.registry import Desk


def with_notes_and_contacts(desk: Desk, fields: Fields) -> Fields:
    """The fields with AdditionalNotes and Contacts of an Add or Mod turned into their Ret form."""
    fields = dict(fields)
    for note in fields.pop("AdditionalNotes", []):
        if "NoteID" in note:
            _change_note(fields, note)
        else:
            _add_note(desk, fields, note)
    for contact in fields.pop("Contacts", []):
        if "ListID" in contact:
            _change_contact(desk, fields, contact)
        else:
            fields["ContactsRet"] = [*fields.get("ContactsRet", []), _new_contact(desk, contact)]
    return fields


def _add_note(desk: Desk, fields: Fields, note: Fields) -> None:
    notes = fields.get("AdditionalNotesRet", [])
    new = {"NoteID": str(len(notes)), "Date": texts.day(desk.now), "Note": note["Note"]}
    fields["AdditionalNotesRet"] = [*notes, new]


def _change_note(fields: Fields, note: Fields) -> None:
    notes = fields.get("AdditionalNotesRet", [])
    if all(known["NoteID"] != note["NoteID"] for known in notes):
        raise statuses.no_object(note["NoteID"])
    fields["AdditionalNotesRet"] = [
        known | note if known["NoteID"] == note["NoteID"] else known for known in notes
    ]


def _stamps(desk: Desk) -> Fields:
    return {"TimeModified": texts.stamp(desk.now), "EditSequence": str(int(desk.now.timestamp()))}


def _new_contact(desk: Desk, contact: Fields) -> Fields:
    second = int(desk.now.timestamp())
    list_id = f"{0x80000000 + desk.state.next_number('Contact'):X}-{second}"
    return contact | {"ListID": list_id, "TimeCreated": texts.stamp(desk.now)} | _stamps(desk)


def _change_contact(desk: Desk, fields: Fields, contact: Fields) -> None:
    contacts = fields.get("ContactsRet", [])
    if all(known["ListID"] != contact["ListID"] for known in contacts):
        raise statuses.no_object(contact["ListID"])
    fields["ContactsRet"] = [
        known | contact | _stamps(desk) if known["ListID"] == contact["ListID"] else known
        for known in contacts
    ]
