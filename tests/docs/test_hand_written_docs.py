from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal

import pytest

from qbsync.errors import QbsyncError
from qbsync.guidance import Policy
from qbsync.mapping import ORDER, mapping_for
from qbsync.model.context import Context
from qbsync.model.ids import QuickBooksId
from qbsync.model.links import Link, LinkLine
from qbsync.model.names import Known
from qbsync.model.options import Options
from qbsync.model.records import (
    Address,
    Budget,
    BudgetLine,
    ChangeOrder,
    ChangeOrderLine,
    Commitment,
    CommitmentLine,
    CommitmentType,
    CostCode,
    Invoice,
    InvoiceItemType,
    InvoiceLine,
    Project,
    RecordKind,
    Vendor,
)
from qbsync.procore.feeds import exportable
from qbsync.qbxml.limits import max_length
from qbsync.qbxml.parse import kept
from qbsync.session.machine import SessionState
from qbsync.store.messages import MessageState
from qbsync.store.writebacks import WritebackState

SITE = Address(street="1 Main Street", city="Austin", state="TX", postal_code="78701", country="US")
DAY = date(2026, 11, 22)
LINE = CommitmentLine(
    procore_id="9",
    position=1,
    cost_code_id="1",
    cost_code="01-010",
    description="Formwork",
    amount=Decimal("12.50"),
    quantity=Decimal(5),
    unit_cost=Decimal("2.50"),
    by_unit=True,
)
RECORDS = {
    RecordKind.COST_CODE: CostCode(
        procore_id="2", code="010", full_code="01-010", name="Supervision", parent_id="1"
    ),
    RecordKind.VENDOR: Vendor(
        procore_id="3",
        name="Acme",
        address=SITE,
        phone="1",
        fax="2",
        email="a@example.com",
        contact_first_name="Ann",
        contact_last_name="Lee",
    ),
    RecordKind.PROJECT: Project(
        procore_id="4", name="Kitchen", number="7", address=SITE, start_date=DAY, completion_date=DAY
    ),
    RecordKind.BUDGET: Budget(
        procore_id="4",
        project_name="Kitchen",
        lines=(
            BudgetLine(
                cost_code_id="1",
                cost_code="01-010",
                description="Formwork",
                original=Decimal("12.50"),
                amount=Decimal("12.50"),
            ),
        ),
    ),
    RecordKind.COMMITMENT: Commitment(
        procore_id="5",
        type=CommitmentType.SUBCONTRACT,
        project_id="4",
        vendor_id="3",
        number="SC-1",
        title="Concrete",
        description="All of it",
        contract_date=DAY,
        delivery_date=DAY,
        payment_terms="Net 30",
        lines=(LINE,),
    ),
    RecordKind.CHANGE_ORDER: ChangeOrder(
        procore_id="6",
        project_id="4",
        commitment_id="5",
        number="001",
        title="More",
        lines=(
            ChangeOrderLine(
                procore_id="61",
                position=1,
                commitment_line_id=None,
                cost_code_id="1",
                cost_code="01-010",
                description="Rock",
                amount=Decimal("7.50"),
            ),
        ),
    ),
    RecordKind.INVOICE: Invoice(
        procore_id="7",
        project_id="4",
        commitment_id="5",
        commitment_type=CommitmentType.SUBCONTRACT,
        vendor_id="3",
        number="INV-1",
        billing_date=DAY,
        due_date=DAY,
        lines=(
            InvoiceLine(
                procore_id="71",
                position=1,
                item_type=InvoiceItemType.CONTRACT,
                cost_code_id="1",
                cost_code="01-010",
                description="Formwork",
                amount=Decimal("2.50"),
                retained=Decimal("0.25"),
                commitment_line_id="9",
            ),
        ),
    ),
}
CHOICES = {
    RecordKind.COST_CODE: {"income_account": "Income", "expense_account": "Expenses"},
    RecordKind.VENDOR: {"name": "Acme (vendor)", "vendor_type": "Subcontractor", "terms": "Net 30"},
    RecordKind.PROJECT: {"customer": "Smith"},
    RecordKind.BUDGET: {},
    RecordKind.COMMITMENT: {},
    RecordKind.CHANGE_ORDER: {},
    RecordKind.INVOICE: {},
}
ADDS = {
    RecordKind.COST_CODE: "ItemServiceAdd",
    RecordKind.VENDOR: "VendorAdd",
    RecordKind.PROJECT: "CustomerAdd",
    RecordKind.BUDGET: "EstimateAdd",
    RecordKind.COMMITMENT: "PurchaseOrderAdd",
    RecordKind.CHANGE_ORDER: "PurchaseOrderMod",
    RecordKind.INVOICE: "BillAdd",
}
HEADINGS = {
    RecordKind.COST_CODE: "Cost code → Service item",
    RecordKind.VENDOR: "Vendor → Vendor",
    RecordKind.PROJECT: "Project → Job",
    RecordKind.BUDGET: "Budget → Estimate",
    RecordKind.COMMITMENT: "Commitment → Purchase order",
    RecordKind.CHANGE_ORDER: "Change order → Lines of the purchase order",
    RecordKind.INVOICE: "Invoice → Bill",
}
AGGREGATES = {
    "SalesOrPurchase",
    "SalesAndPurchase",
    "EstimateLineAdd",
    "PurchaseOrderLineAdd",
    "PurchaseOrderLineMod",
    "ItemLineAdd",
    "FullName",
    "ListID",
}
OPTIONS = Options(
    retainage_item="Retainage",
    ap_account="Payables",
    default_terms="Net 30",
    cost_code_expense_account="Expenses",
)
HELD = kept(
    "<PurchaseOrderRet><TxnID>1-2</TxnID><EditSequence>1</EditSequence><PurchaseOrderLineRet>"
    "<TxnLineID>1-3</TxnLineID></PurchaseOrderLineRet></PurchaseOrderRet>"
)
"""The purchase order as it was just read, for what changes it."""
ADDRESS_LINES = {"Addr2", "Addr3", "Addr4"}
ABOVE = (
    "",
    "SalesOrPurchase/",
    "SalesAndPurchase/",
    "EstimateLineAdd/",
    "PurchaseOrderLineAdd/",
    "PurchaseOrderLineMod/",
    "ItemLineAdd/",
)
"""Where in the request an element may stand."""


class Terms:
    """A QuickBooks of which every name is known and fits."""

    def find(self, list_kind, full_name):
        """An entry of that very name, but for lists of people and items, where none is in the way."""
        types = {"Income": "Income", "Expenses": "Expense", "Payables": "AccountsPayable"}
        if list_kind.value not in ("Account", "StandardTerms", "VendorType"):
            return None
        return Known(
            list=list_kind, list_id=QuickBooksId("1-2"), full_name=full_name, type=types.get(full_name, "")
        )

    def known(self, list_kind):  # noqa: ARG002
        """Nothing has been read of people and items."""
        return False


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
    """Each class without subclasses has a row in "Where each is met", and each branch is named below it."""
    page = prose["docs/errors.md"]
    met = _rows_after(page, "| Class | Met when")
    every = list(_tree(QbsyncError))
    assert met == [cls.__name__ for cls in every if not cls.__subclasses__()]
    for cls in every:
        assert f"`{cls.__name__}`" in page


def test_every_policy_is_said(prose):
    """What each policy of guidance means for a job stands in the page of errors."""
    rows = "\n".join(line for line in prose["docs/errors.md"].splitlines() if line.startswith("| `"))
    assert all(f"`{policy.value}`" in rows for policy in Policy)


def test_every_kind_that_is_exported_has_its_mapping(mapping_sections):
    """The page of mappings has a section for each kind in the registry."""
    assert set(mapping_sections) == set(ORDER)


@pytest.mark.parametrize("kind", ORDER)
def test_every_element_that_a_mapping_writes_is_in_its_table(kind, mapping_sections):
    """Each element of the request for a record with everything in it stands in the page of mappings."""
    record = RECORDS[kind]
    mapping = mapping_for(kind)
    links = {
        key: Link(
            key=key,
            quickbooks_id=QuickBooksId("1-2"),
            name="01",
            lines=(LinkLine(procore_line_id="9", txn_line_id="1-3", rate=Decimal(1)),),
        )
        for key in mapping.references(record)
    }
    written = set()
    for style in ("progress", "amount"):
        context = Context(
            options=replace(OPTIONS, commitment_line_style=style),
            names=Terms(),
            guid="{01234567-89ab-cdef-0123-456789abcdef}",
            choices=CHOICES[kind],
            links=links,
            held=HELD,
        )
        written |= set(_elements(mapping.request(record, context).body))
    assert len(written) > 5
    wanted = written - AGGREGATES - ADDRESS_LINES - {ADDS[kind]}
    assert [one for one in sorted(wanted) if not re.search(rf"\b{one}\b", mapping_sections[kind])] == []


@pytest.mark.parametrize("kind", ORDER)
def test_limits_in_the_tables_are_intuits(kind, mapping_sections):
    """A limit in the page of mappings is the one that the schema facts give for that element."""
    held = []
    for row in mapping_sections[kind].splitlines():
        cells = [cell.strip() for cell in row.split(" | ")]
        if not row.startswith("| ") or len(cells) < 4 or not re.match(r"\d+( a line)?\b", cells[2]):
            continue
        limits = [int(number) for number in re.findall(r"\d+", cells[2])]
        names = re.sub(r"(\w+)/(\w+), (.*)", r"\1/\2, \1/\3", cells[1])
        for number, name in zip(limits, re.findall(r"\b[A-Z]\w*(?:/\w+)*", names), strict=False):
            found = _limits(kind, name)
            if found:
                assert number in found, (name, number, found)
                held.append(name)
    assert len(held) >= 2


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


def _elements(body):
    for name, value in body.items():
        yield name
        for inner in value if isinstance(value, list | tuple) else [value]:
            if isinstance(inner, dict):
                yield from _elements(inner)


def _limits(kind, name):
    """What the facts say of that element, wherever in the Add it stands."""
    add = ADDS[kind]
    found = set()
    for above in ABOVE:
        try:
            found.add(max_length(f"{add}Rq", f"{add}/{above}{name}"))
        except (KeyError, LookupError, ValueError):
            continue
    return found - {None}
