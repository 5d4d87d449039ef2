from __future__ import annotations

import re
from dataclasses import fields

import pytest

from qbsync.errors import QbsyncError
from qbsync.guidance import Policy
from qbsync.mapping import ORDER
from qbsync.model.options import Options
from qbsync.model.records import RecordKind
from qbsync.procore.feeds import exportable
from qbsync.session.machine import SessionState
from qbsync.store.messages import MessageState
from qbsync.store.writebacks import WritebackState

HEADINGS = {
    RecordKind.COST_CODE: "Cost code → Service item",
    RecordKind.RETAINAGE_ITEM: "Retainage item → Service item",
    RecordKind.VENDOR: "Vendor → Vendor",
    RecordKind.PROJECT: "Project → Job",
    RecordKind.BUDGET: "Budget → Estimate",
    RecordKind.COMMITMENT: "Commitment → Purchase order",
    RecordKind.CHANGE_ORDER: "Change order → Lines of the purchase order",
    RecordKind.INVOICE: "Invoice → Bill",
    RecordKind.PAYMENT: "Payment → BillPaymentCheck",
}


@pytest.fixture(scope="module")
def mapping_sections(pages):
    """The page of mappings by kind."""
    found = dict(
        re.findall(r"^## ([^\n]*)\n(.*?)(?=^## |\Z)", pages["docs/mapping.md"], re.DOTALL | re.MULTILINE)
    )
    return {kind: found[heading] for kind, heading in HEADINGS.items()}


def test_the_states_of_messages_sessions_and_writebacks_are_documented(prose):
    """Each state of a message, a session and a write-back has a row of its own, and no other has."""
    page = prose["docs/exactly-once.md"]
    assert _rows_after(page, "| Message state ") == [state.value for state in MessageState]
    assert _rows_after(page, "| Session state ") == [state.value for state in SessionState]
    owed = prose["docs/jobs.md"].partition("## What Procore is owed")[2]
    assert _rows_after(owed, "| State ") == [state.value for state in WritebackState]


def test_every_error_that_can_be_raised_is_said_where_it_is_met(prose):
    """Each class has a row in "Where each is met", but for the branches, which are named below it as such."""
    page = prose["docs/errors.md"]
    met = _rows_after(page, "| Class | Met when")
    every = list(_tree(QbsyncError))
    [named] = re.findall(r"^(.*) are the branches:", page, re.MULTILINE)
    branches = set(re.findall(r"`(\w+)`", named))
    assert met == [cls.__name__ for cls in every if cls.__name__ not in branches]
    assert all(cls.__subclasses__() for cls in every if cls.__name__ in branches)


def test_every_workflow_page_has_its_four_parts(prose):
    """What you do, what you accept, what appears on the other side, and what can go wrong: in that order."""
    pages = {name: text for name, text in prose.items() if name.startswith("docs/workflows/")}
    assert len(pages) == 9
    parts = ("In (?:Procore|QuickBooks)", "What you accept", "What appears in", "What can go wrong")
    for name, text in pages.items():
        heads = [re.search(rf"^\*\*{part}\b[^*]*\*\*[^*]", text, re.MULTILINE) for part in parts]
        places = [head and head.start() for head in heads]
        assert None not in places, name
        assert places == sorted(places), name


def test_every_policy_is_said(prose):
    """What each policy of guidance means for a job stands in the page of errors."""
    rows = "\n".join(line for line in prose["docs/errors.md"].splitlines() if line.startswith("| `"))
    assert all(f"`{policy.value}`" in rows for policy in Policy)


def test_every_kind_that_is_exported_has_its_mapping(mapping_sections):
    """The page of mappings has a section for each kind in the registry."""
    assert set(mapping_sections) == set(ORDER)


def test_the_statuses_that_make_a_commitment_exportable_are_said(mapping_sections):
    """Each status of Procore's that makes a commitment exportable stands in its section."""
    for statuses in exportable._STATUSES.values():
        for status in statuses:
            assert status in mapping_sections[RecordKind.COMMITMENT]


def test_every_option_that_a_page_names_exists(pages):
    """A word that looks like an option of a connection, with its value, is one."""
    known = {one.name for one in fields(Options)}
    for name, text in pages.items():
        for command in re.findall(r"qbsync connection set \w+ ([^`\n]+)", text):
            keys = re.findall(r"\b([a-z_]+)=", command)
            assert set(keys) <= known, (name, keys)


def _rows_after(text, header):
    rows = text[text.index(header) :].split("\n\n", 1)[0].splitlines()[2:]
    return [re.match(r"\| `(\w+)` \|", row)[1] for row in rows]


def _tree(cls):
    yield cls
    for child in cls.__subclasses__():
        yield from _tree(child)
