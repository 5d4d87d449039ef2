"""The field tables hold every element that a mapping sends, and none that it never sends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from qbsync.errors import MappingError
from qbsync.mapping import ORDER, mapping_for
from qbsync.mapping.fields import FIELDS
from qbsync.mapping.invoice.lines import total
from qbsync.model.context import Context
from qbsync.model.ids import QuickBooksId
from qbsync.model.links import Link, LinkLine
from qbsync.model.names import Known, ListKind
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
    Payment,
    Project,
    RecordKey,
    RecordKind,
    RetainageItem,
    Vendor,
    key_of,
)
from qbsync.qbxml.parse import kept

EXAMPLES = 250
GUID = "{01234567-89ab-cdef-0123-456789abcdef}"
TYPES = {
    "Income": "Income",
    "Expenses": "Expense",
    "Payables": "AccountsPayable",
    "Retainage": "Service",
    "Withheld": "OtherCurrentLiability",
    "Checking": "Bank",
}


LISTED = ("Account", "StandardTerms", "VendorType", "Class", "SalesTaxCode")


class Lists:
    """QuickBooks' lists, where they have been read: accounts, terms, types and one item."""

    def __init__(self, *, read: bool) -> None:
        self._read = read

    def find(self, list_kind: ListKind, full_name: str) -> Known | None:
        """An entry of that very name, but for lists of people, where none is in the way."""
        there = list_kind.value in LISTED or full_name == "Retainage"
        if not self._read or not there:
            return None
        return Known(
            list=list_kind, list_id=QuickBooksId("1-2"), full_name=full_name, type=TYPES.get(full_name, "")
        )

    def jobs(self, name: str) -> list[Known]:  # noqa: ARG002
        """No job is in the way."""
        return []

    def known(self, list_kind: ListKind) -> bool:  # noqa: ARG002  # as for each list
        """Nothing has been read of people."""
        return False


DAYS = st.sampled_from([None, date(2026, 11, 22)])
TEXTS = st.sampled_from(["", "Acme", "Łódź, 2nd floor"])
NAMES = st.sampled_from(["Acme", "Kitchen"])
AMOUNTS = st.sampled_from([Decimal("12.50"), Decimal("-7.25"), Decimal("0.01")])
LONG = "The Long Street of Many Words and Numbers, " * 3
ADDRESSES = st.builds(
    Address,
    street=st.sampled_from(["", "1 Main Street", LONG]),
    city=TEXTS,
    state=st.sampled_from(["", "TX"]),
    postal_code=st.sampled_from(["", "78701"]),
    country=st.sampled_from(["", "US"]),
)
CODES = st.sampled_from(["1", "2"])
COST_TYPES = st.sampled_from(["", "Labor"])
TAX_CODES = st.sampled_from([None, None, "GST"])


def _rows(of: type, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.builds(of, **fields), min_size=1, max_size=3).map(tuple)


RECORDS: dict[RecordKind, st.SearchStrategy[Any]] = {
    RecordKind.COST_CODE: st.builds(
        CostCode,
        procore_id=st.just("2"),
        code=st.just("010"),
        full_code=st.just("01-010"),
        name=NAMES,
        parent_id=st.sampled_from([None, "1"]),
    ),
    RecordKind.RETAINAGE_ITEM: st.builds(RetainageItem, name=st.sampled_from(["Retainage", "Holdback"])),
    RecordKind.VENDOR: st.builds(
        Vendor,
        procore_id=st.just("3"),
        name=NAMES,
        address=ADDRESSES,
        phone=TEXTS,
        fax=TEXTS,
        email=TEXTS,
        contact_first_name=TEXTS,
        contact_last_name=TEXTS,
        account_number=TEXTS,
    ),
    RecordKind.PROJECT: st.builds(
        Project,
        procore_id=st.just("4"),
        name=NAMES,
        number=TEXTS,
        address=ADDRESSES,
        start_date=DAYS,
        completion_date=DAYS,
    ),
    RecordKind.BUDGET: st.builds(
        Budget,
        procore_id=st.just("4"),
        project_name=TEXTS,
        lines=_rows(
            BudgetLine,
            cost_code_id=CODES,
            cost_code=st.just("01-010"),
            description=TEXTS,
            amount=AMOUNTS,
            cost_type=COST_TYPES,
        ),
    ),
    RecordKind.COMMITMENT: st.builds(
        Commitment,
        procore_id=st.just("5"),
        type=st.sampled_from(list(CommitmentType)),
        project_id=st.just("4"),
        vendor_id=st.just("3"),
        number=st.just("SC-1"),
        title=TEXTS,
        description=st.sampled_from(["", "All of it", LONG]),
        contract_date=DAYS,
        delivery_date=DAYS,
        payment_terms=st.sampled_from(["", "Net 30"]),
        lines=_rows(
            CommitmentLine,
            procore_id=st.just("9"),
            position=st.integers(1, 3),
            cost_code_id=CODES,
            cost_code=st.just("01-010"),
            description=TEXTS,
            amount=AMOUNTS,
            quantity=st.sampled_from([Decimal(5), Decimal("3.333333")]),
            unit_cost=st.just(Decimal("2.50")),
            by_unit=st.booleans(),
            tax_code_id=TAX_CODES,
            cost_type=COST_TYPES,
        ),
    ),
    RecordKind.CHANGE_ORDER: st.builds(
        ChangeOrder,
        procore_id=st.just("6"),
        project_id=st.just("4"),
        commitment_id=st.just("5"),
        number=st.just("001"),
        title=TEXTS,
        lines=_rows(
            ChangeOrderLine,
            procore_id=st.just("61"),
            position=st.integers(1, 3),
            commitment_line_id=st.sampled_from([None, "9"]),
            cost_code_id=CODES,
            cost_code=st.just("01-010"),
            description=TEXTS,
            amount=AMOUNTS,
            tax_code_id=TAX_CODES,
            cost_type=COST_TYPES,
        ),
    ),
    RecordKind.INVOICE: st.builds(
        Invoice,
        procore_id=st.just("7"),
        project_id=st.just("4"),
        commitment_id=st.just("5"),
        commitment_type=st.sampled_from(list(CommitmentType)),
        vendor_id=st.just("3"),
        number=st.just("INV-1"),
        billing_date=DAYS,
        due_date=DAYS,
        lines=_rows(
            InvoiceLine,
            procore_id=st.just("71"),
            position=st.integers(1, 3),
            item_type=st.just(InvoiceItemType.CONTRACT),
            cost_code_id=CODES,
            cost_code=st.just("01-010"),
            description=TEXTS,
            amount=AMOUNTS,
            retained=st.sampled_from([Decimal(0), Decimal("0.25")]),
            commitment_line_id=st.just("9"),
            cost_type=st.just("Labor"),
        ),
    ).map(lambda record: replace(record, payment_due=total(record))),
    RecordKind.PAYMENT: st.builds(
        Payment,
        procore_id=st.just("8"),
        project_id=st.just("4"),
        commitment_id=st.just("5"),
        invoice_id=st.just("7"),
        vendor_id=st.just("3"),
        amount=AMOUNTS,
        paid_on=DAYS,
        number=st.sampled_from(["", "10455"]),
    ),
}
CHOICES: dict[RecordKind, list[dict[str, str]]] = {
    RecordKind.COST_CODE: [
        {"income_account": "Income"},
        {"income_account": "Income", "expense_account": "Expenses"},
    ],
    RecordKind.RETAINAGE_ITEM: [{"account": "Withheld"}],
    RecordKind.VENDOR: [{}, {"name": "Acme (vendor)", "vendor_type": "Subcontractor", "terms": "Net 30"}],
    RecordKind.PROJECT: [{"customer": "Smith"}, {"customer": "Smith", "name": "Tower 2"}],
}
HELD = {
    RecordKind.BUDGET: "<EstimateRet><EditSequence>1</EditSequence>"
    "<CustomerRef><ListID>1-2</ListID></CustomerRef><EstimateLineRet>"
    "<TxnLineID>1-3</TxnLineID><ItemRef><ListID>1-7</ListID></ItemRef><Amount>9.00</Amount></EstimateLineRet><EstimateLineRet><TxnLineID>1-4</TxnLineID></EstimateLineRet>"
    "<EstimateLineGroupRet><TxnLineID>1-5</TxnLineID></EstimateLineGroupRet></EstimateRet>",
    RecordKind.CHANGE_ORDER: "<PurchaseOrderRet><EditSequence>1</EditSequence><PurchaseOrderLineRet>"
    "<TxnLineID>1-3</TxnLineID></PurchaseOrderLineRet><PurchaseOrderLineGroupRet><TxnLineID>1-5</TxnLineID>"
    "</PurchaseOrderLineGroupRet></PurchaseOrderRet>",
}
"""The QuickBooks record that a Mod changes, as it was just read."""
CHANGED = (RecordKind.COST_CODE, RecordKind.VENDOR, RecordKind.PROJECT, RecordKind.BUDGET)
"""The kinds that go again, as a Mod, once QuickBooks has them."""
OPTIONS = st.builds(
    Options,
    retainage_item=st.sampled_from(["", "Retainage"]),
    ap_account=st.sampled_from(["", "Payables"]),
    payment_account=st.sampled_from(["", "Checking"]),
    default_terms=st.sampled_from(["", "Net 30"]),
    default_vendor_type=st.sampled_from(["", "Subcontractor"]),
    cost_code_expense_account=st.sampled_from(["", "Expenses"]),
    commitment_line_style=st.sampled_from(["progress", "amount"]),
    bill_billable=st.booleans(),
    bill_lines=st.sampled_from(["items", "expenses"]),
    negative_invoices=st.just("vendor_credit"),
    cost_types=st.sampled_from(["none", "class"]),
    tax_codes=st.sampled_from(["", "GST=G, none=E"]),
)
INCLUDED = {"SalesTaxPreferences/IsUsingAmountsIncludeTax": "true"}


@st.composite
def _sent(draw: st.DrawFn, kind: RecordKind) -> set[str]:
    """The paths of a request for some record in some world; none where preflight holds it back."""
    record = draw(RECORDS[kind])
    own = None
    if kind in CHANGED and draw(st.booleans()):
        own = _link(key_of(record))
    mapping = mapping_for(kind)
    context = Context(
        options=draw(OPTIONS),
        names=Lists(read=draw(st.booleans())),
        guid=GUID,
        choices=draw(st.sampled_from(CHOICES.get(kind, [{}]))),
        links={key: _link(key) for key in mapping.references(record)},
        link=own,
        held=kept(HELD[kind]) if kind in HELD else None,
        two_sided=draw(st.sampled_from([frozenset(), frozenset({"1-7"})])),
        edition=draw(st.sampled_from(["", "US", "CA"])),
        preferences=draw(st.sampled_from([{}, INCLUDED])),
    )
    try:
        request = mapping.request(record, context)
    except MappingError:
        return set()
    [(_, body)] = request.body.items()
    return set(_paths(body))


def _link(key: RecordKey) -> Link:
    of_line = "1" if key.kind is RecordKind.BUDGET else "9"
    line = LinkLine(
        procore_line_id=of_line, txn_line_id="1-3", amount=Decimal("9.00"), rate=Decimal(1), item_id="1-7"
    )
    return Link(key=key, quickbooks_id=QuickBooksId("1-2"), name="Acme", edit_sequence="1", lines=(line,))


def _paths(body: Any, above: str = "") -> Iterator[str]:
    for name, value in body.items():
        inner = [one for one in (value if isinstance(value, list | tuple) else [value]) if one is not None]
        if inner and isinstance(inner[0], dict):
            if name.endswith("Ref"):
                yield f"{above}{name}"
                continue
            verb = name[-3:] in ("Add", "Mod")
            for one in inner:
                yield from _paths(one, f"{above}{name[:-3] if verb else name}/")
        else:
            yield f"{above}{name}"


def test_every_kind_that_is_exported_has_a_field_table() -> None:
    """No kind goes to QuickBooks without a table, and no element stands in two rows of one."""
    assert set(FIELDS) == set(ORDER) == set(RECORDS)
    for table in FIELDS.values():
        listed = [path for one in table.fields for path in one.paths]
        assert len(listed) == len(set(listed))


@pytest.mark.parametrize("kind", ORDER)
def test_a_field_table_is_what_the_mapping_sends(kind: RecordKind) -> None:
    """Over generated records each element that is sent is listed, and each that is listed is sent by one."""
    listed = {path for one in FIELDS[kind].fields for path in one.paths}
    seen: set[str] = set()
    requests = 0

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(_sent(kind))
    def look(paths: set[str]) -> None:
        nonlocal requests
        requests += bool(paths)
        seen.update(paths)

    look()
    assert requests > EXAMPLES / 10
    assert sorted(seen - listed) == [], f"add rows to qbsync/mapping/fields/{kind.value}.py"
    assert sorted(listed - seen) == [], f"no record of this test sends them: {kind.value}"
