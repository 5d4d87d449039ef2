from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from qbsync.errors import MappingError
from qbsync.mapping import invoice
from qbsync.mapping.invoice import lines as planned
from qbsync.model.context import Context
from qbsync.model.drift import Held
from qbsync.model.ids import QuickBooksId
from qbsync.model.links import Link, LinkLine
from qbsync.model.options import Options
from qbsync.model.records import (
    CommitmentType,
    Invoice,
    InvoiceItemType,
    InvoiceLine,
    RecordKey,
    key_of,
    version_of,
)
from qbsync.qbxml.check import check
from qbsync.qbxml.parse import Ret, read
from qbsync.qbxml.requests import Request

GUID = "{6f1d7a52-6a0c-4f0e-9a55-0d5f7f2f7a11}"
CONTRACT, DETAIL, CHANGE, WHOLE = InvoiceItemType
FIRST = InvoiceLine(
    procore_id="901",
    position=1,
    item_type=CONTRACT,
    cost_code_id="2",
    cost_code="01-010",
    description="Supervision",
    amount=Decimal("1200.00"),
    retained=Decimal("120.00"),
    commitment_line_id="101",
)
UNITS = replace(
    FIRST,
    procore_id="902",
    position=2,
    description="Concrete",
    amount=Decimal("148.50"),
    retained=Decimal("14.85"),
    commitment_line_id="102",
)
CHANGED = replace(
    FIRST,
    procore_id="903",
    position=3,
    item_type=CHANGE,
    description="Rock",
    amount=Decimal("50.00"),
    retained=Decimal(0),
    commitment_line_id=None,
    change_order_id="31",
    change_order_line_id="311",
)
ALL = replace(
    CHANGED,
    procore_id="904",
    position=4,
    item_type=WHOLE,
    cost_code_id=None,
    description="CCO 2",
    amount=Decimal("100.00"),
    change_order_id="32",
    change_order_line_id=None,
)
BILL = Invoice(
    procore_id="61",
    project_id="5",
    commitment_id="77",
    commitment_type=CommitmentType.SUBCONTRACT,
    vendor_id="9",
    number="INV-7",
    sequence="3",
    billing_date=date(2026, 5, 31),
    due_date=date(2026, 6, 30),
    payment_due=Decimal("1263.65"),
    currency="USD",
    lines=(FIRST, UNITS, CHANGED),
)
RELEASE = replace(FIRST, amount=Decimal(0), retained=Decimal(0), released=Decimal("500.00"))
JOB = {"ListID": "80000005-1"}
ITEM = "80000002-1"


@pytest.fixture
def links(linked):
    """Everything that the invoices name, linked; the order's lines as QuickBooks has them."""

    def line(procore_id, txn_line_id, amount, rate="1"):
        return LinkLine(
            procore_line_id=procore_id,
            txn_line_id=txn_line_id,
            amount=Decimal(amount),
            rate=None if rate is None else Decimal(rate),
            item_id=ITEM,
        )

    return {
        "vendor:9": linked("vendor:9", "80000009-1"),
        "project:5": linked("project:5", "80000005-1"),
        "cost_code:2": linked("cost_code:2", "80000002-1"),
        "commitment:77": linked(
            "commitment:77",
            "A-1",
            name="SC-001",
            lines=(
                line("101", "A-2", "12000.00"),
                line("102", "A-3", "371.25", "148.5"),
                line("103", "A-4", "10.00", None),
                line("104", "A-5", "10.00", "0"),
            ),
        ),
        "change_order:31": linked(
            "change_order:31",
            "A-1",
            lines=(line("311", "A-6", "80.00"), line("312", "A-6", "80.00"), line("313", "A-7", "5.00")),
        ),
        "change_order:32": linked(
            "change_order:32",
            "A-1",
            lines=(
                line("321", "A-8", "10.00"),
                line("322", "A-9", "10.00"),
                line("323", "A-10", "10.00"),
            ),
        ),
    }


@pytest.fixture
def world(context, links, entry):
    """A context with every link, the retainage item chosen, and what a test changes."""

    def make(**more):
        options = {"retainage_item": "Retainage", **more.pop("options", {})}
        entries = (entry("Item", "Retainage", "80000040-1", type="Service"), *more.pop("entries", ()))
        return context(*entries, links={**links, **more.pop("links", {})}, options=options, **more)

    return make


def fields(findings):
    """The fields that findings name, in their order."""
    return [finding.field for finding in findings]


def billing(*items, **more):
    """An invoice of these items whose current payment due is what they come to."""
    record = replace(BILL, lines=items, payment_due=None, **more)
    return replace(record, payment_due=planned.total(record))


def lines_of(request):
    """The lines as they are sent."""
    (body,) = request.body.values()
    return body["ItemLineAdd"]


def sent_by(world, record, sound, **more):
    """What each linked line sends: the order's line, the quantity and the amount."""
    return [
        (line["LinkToTxn"]["TxnLineID"], line.get("Quantity"), line["Amount"])
        for line in lines_of(sound(invoice.request(record, world(**more))))
        if "LinkToTxn" in line
    ]


def answer(*amounts, tag="Bill", due=None, number="INV-7", vendor="80000009-1", guid=GUID, linked=""):
    """A BillRet or VendorCreditRet as QuickBooks shows it, its lines B-1, B-2, ..."""
    name = "AmountDue" if tag == "Bill" else "CreditAmount"
    come_to = sum(map(Decimal, amounts), Decimal(0)) if due is None else due
    shown = "".join(
        f"<ItemLineRet><TxnLineID>B-{at}</TxnLineID><Amount>{amount}</Amount></ItemLineRet>"
        for at, amount in enumerate(amounts, start=1)
    )
    return (
        f"<{tag}Ret><TxnID>B-0</TxnID><EditSequence>1700000000</EditSequence>"
        f"<VendorRef><ListID>{vendor}</ListID></VendorRef><{name}>{come_to}</{name}>"
        f"<RefNumber>{number}</RefNumber><ExternalGUID>{guid}</ExternalGUID>{linked}{shown}</{tag}Ret>"
    )


def found_on(link):
    """Each item and the lines it is found on."""
    joined: dict[str, list[str]] = {}
    for line in link.lines:
        joined.setdefault(line.procore_line_id, []).append(line.txn_line_id)
    return joined


def test_an_invoice_becomes_a_bill(world, sound):
    """Header, lines linked to the order's without an item, and the retainage held on its own item."""
    assert sound(invoice.request(BILL, world())) == Request(
        name="BillAddRq",
        body={
            "BillAdd": {
                "VendorRef": {"ListID": "80000009-1"},
                "TxnDate": date(2026, 5, 31),
                "DueDate": date(2026, 6, 30),
                "RefNumber": "INV-7",
                "Memo": "Procore invoice INV-7 (no. 3), purchase order SC-001",
                "ExternalGUID": GUID,
                "ItemLineAdd": [
                    {
                        "Desc": "Supervision",
                        "Quantity": Decimal("1200.00"),
                        "Amount": Decimal("1200.00"),
                        "LinkToTxn": {"TxnID": "A-1", "TxnLineID": "A-2"},
                    },
                    {
                        "Desc": "Concrete",
                        "Quantity": Decimal(1),
                        "Amount": Decimal("148.50"),
                        "LinkToTxn": {"TxnID": "A-1", "TxnLineID": "A-3"},
                    },
                    {
                        "Desc": "Rock",
                        "Quantity": Decimal(50),
                        "Amount": Decimal("50.00"),
                        "LinkToTxn": {"TxnID": "A-1", "TxnLineID": "A-6"},
                    },
                    {
                        "ItemRef": {"ListID": "80000040-1"},
                        "Desc": "Retainage held",
                        "Amount": Decimal("-134.85"),
                        "CustomerRef": JOB,
                    },
                ],
            }
        },
    )
    review = invoice.review(BILL, world())
    assert (review.problems, review.warnings, review.missing) == ((), (), ())


def test_it_names_what_must_be_there_first(context, links):
    """Vendor, project, commitment and change orders; the order itself is what the bill touches."""
    record = billing(FIRST, CHANGED, ALL)
    assert [str(key) for key in invoice.references(record)] == [
        "vendor:9",
        "project:5",
        "commitment:77",
        "change_order:31",
        "change_order:32",
    ]
    assert str(invoice.touches(record)) == "commitment:77"
    assert invoice.lives_in(record) is None
    assert invoice.review(billing(replace(FIRST, retained=Decimal(0))), context()).problems == ()
    some = {key: link for key, link in links.items() if "order" not in key}
    with pytest.raises(MappingError, match=r"waits for change_order:31, change_order:32"):
        invoice.request(billing(replace(FIRST, retained=Decimal(0)), CHANGED, ALL), context(links=some))


@pytest.mark.parametrize(
    ("line_id", "amount", "quantity"),
    [
        ("102", "100.00", "0.67340"),
        ("102", "-100.00", "-0.67340"),
        ("101", "0.01", "0.01000"),
        ("103", "7.00", None),
        ("104", "7.00", None),
    ],
)
def test_money_on_a_unit_line_bills_the_matching_part(world, sound, line_id, amount, quantity):
    """Five decimals of the order's units; none where the order's line counts none."""
    item = replace(UNITS, commitment_line_id=line_id, amount=Decimal(amount), retained=Decimal(0))
    record = billing(item, RELEASE)
    ((_, units, money),) = sent_by(world, record, sound)
    assert (units, money) == (None if quantity is None else Decimal(quantity), Decimal(amount))


def test_a_cent_on_a_dear_unit_is_still_some_of_it(world, sound, links):
    """What rounds to no units bills the finest step, for a line of 0 units bills nothing."""
    order = links["commitment:77"]
    dear = replace(order, lines=(replace(order.lines[0], rate=Decimal(90000)),))
    record = billing(replace(FIRST, amount=Decimal("0.01"), retained=Decimal(0)))
    assert sent_by(world, record, sound, links={"commitment:77": dear}) == [
        ("A-2", Decimal("0.00001"), Decimal("0.01"))
    ]


def test_items_on_one_line_of_the_order_are_one_line_of_the_bill(world, sound):
    """SSOV items of one parent, and change order lines that share a line, are summed with their quantity."""
    details = [
        replace(
            FIRST,
            procore_id=f"95{at}",
            position=at,
            item_type=DETAIL,
            description=f"Part {at}",
            amount=Decimal(at),
            retained=Decimal(0),
        )
        for at in (1, 2)
    ]
    twin = replace(CHANGED, procore_id="905", position=5, change_order_line_id="312")
    record = billing(*details, CHANGED, twin)
    assert sent_by(world, record, sound) == [
        ("A-2", Decimal(3), Decimal(3)),
        ("A-6", Decimal("100.00"), Decimal("100.00")),
    ]
    first, second = lines_of(invoice.request(record, world()))
    assert (first["Desc"], second["Desc"]) == ("Part 1; Part 2", "Rock")


def test_items_that_cancel_each_other_are_not_sent(world, sound):
    """Plus and minus the same on one line bill nothing, and the bill has its other lines."""
    minus = replace(FIRST, procore_id="906", position=6, amount=Decimal("-1200.00"), retained=Decimal(0))
    record = billing(replace(FIRST, retained=Decimal(0)), replace(UNITS, retained=Decimal(0)), minus)
    assert [line for line, _, _ in sent_by(world, record, sound)] == ["A-3"]


def test_a_whole_change_order_is_spread_over_its_lines(world, sound):
    """In proportion, to the cent, the rest on the last; a single line takes it all, without a word."""
    record = billing(ALL)
    assert sent_by(world, record, sound) == [
        ("A-8", Decimal("33.33"), Decimal("33.33")),
        ("A-9", Decimal("33.33"), Decimal("33.33")),
        ("A-10", Decimal("33.34"), Decimal("33.34")),
    ]
    warning = invoice.review(record, world()).warnings[0]
    assert "33.33, 33.33, 33.34" in warning.message
    shared = billing(replace(ALL, change_order_id="31"))
    assert sent_by(world, shared, sound) == [
        ("A-6", Decimal("94.12"), Decimal("94.12")),
        ("A-7", Decimal("5.88"), Decimal("5.88")),
    ]


def test_a_change_order_of_one_line_takes_a_whole_item(world, sound, links):
    """Nothing to spread, nothing to warn of."""
    one = replace(links["change_order:32"], lines=links["change_order:32"].lines[:1])
    more = {"links": {"change_order:32": one}}
    assert sent_by(world, billing(ALL), sound, **more) == [("A-8", Decimal("100.00"), Decimal("100.00"))]
    assert invoice.review(billing(ALL), world(**more)).warnings == ()


def test_a_change_order_that_adds_and_deducts_is_spread_with_both_signs(world, sound, links):
    """All of +80.00 and -30.00 bills both lines whole."""
    one, two, _ = links["change_order:32"].lines
    lines = (replace(one, amount=Decimal("80.00")), replace(two, amount=Decimal("-30.00")))
    more = {"links": {"change_order:32": replace(links["change_order:32"], lines=lines)}}
    record = billing(replace(ALL, amount=Decimal("50.00")))
    assert [amount for _, _, amount in sent_by(world, record, sound, **more)] == [Decimal(80), Decimal(-30)]


def test_lines_without_amounts_share_nothing(world, sound, links):
    """A change order whose lines come to nothing: all on the first, in sight."""
    empty = tuple(replace(line, amount=None) for line in links["change_order:32"].lines)
    more = {"links": {"change_order:32": replace(links["change_order:32"], lines=empty)}}
    assert sent_by(world, billing(ALL), sound, **more) == [("A-8", Decimal("100.00"), Decimal("100.00"))]
    assert "billed as 100.00" in invoice.review(billing(ALL), world(**more)).warnings[0].message


@pytest.mark.parametrize(
    ("figures", "amount", "words"),
    [
        (("120.00", "0"), "-120.00", "Retainage held"),
        (("0", "500.00"), "500.00", "Retainage released"),
        (("120.00", "500.00"), "380.00", "Retainage released"),
    ],
)
def test_retainage_is_one_line_of_its_own_item(world, sound, figures, amount, words):
    """Negative when held, positive when released, on the project's job."""
    retained, released = map(Decimal, figures)
    record = billing(replace(FIRST, retained=retained, released=released))
    line = lines_of(sound(invoice.request(record, world())))[-1]
    assert (line["ItemRef"], line["CustomerRef"]) == ({"ListID": "80000040-1"}, JOB)
    assert (line["Amount"], line["Desc"]) == (Decimal(amount), words)


def test_retainage_that_evens_out_has_no_line(world, sound):
    """Held and released alike: no line, and no item need be chosen."""
    record = billing(replace(FIRST, retained=Decimal(10), released=Decimal(10)))
    more = {"options": {"retainage_item": ""}}
    assert len(lines_of(sound(invoice.request(record, world(**more))))) == 1
    assert invoice.review(record, world(**more)).problems == ()


def test_a_release_alone_is_a_bill_of_one_line(world, sound):
    """The last invoice of a commitment often bills nothing but what was held."""
    (line,) = lines_of(sound(invoice.request(billing(RELEASE), world())))
    assert (line["Desc"], line["Amount"]) == ("Retainage released", Decimal("500.00"))


@pytest.mark.parametrize(
    ("chosen", "words"), [("", "no item is chosen"), ("Nil", "has no item"), ("Goods", "Service")]
)
def test_the_retainage_item_must_be_chosen_and_a_service(world, entry, chosen, words):
    """Not chosen, not in QuickBooks, or of another type: said with the command that mends it."""
    goods = entry("Item", "Goods", "80000041-1", type="Inventory")
    review = invoice.review(BILL, world(entries=(goods,), options={"retainage_item": chosen}))
    assert fields(review.problems) == ["retainage_item"]
    assert words in review.problems[0].message
    assert "retainage_item=" in review.problems[0].guidance


@pytest.mark.parametrize(
    ("number", "words"), [("N" * 21, "has 21 characters"), ("", "no number"), ("  ", "no number")]
)
def test_a_number_that_does_not_fit_is_asked_for(world, sound, number, words):
    """21 characters, or none: the approver gives one; 20 fit."""
    record = replace(BILL, number=number)
    review = invoice.review(record, world())
    assert (review.problems, review.missing) == ((), ("number",))
    assert words in review.warnings[0].message
    with pytest.raises(MappingError, match="number"):
        invoice.request(record, world())
    chosen = world(choices={"number": "N" * 20})
    assert sound(invoice.request(record, chosen)).body["BillAdd"]["RefNumber"] == "N" * 20


@pytest.mark.parametrize("allowed", [True, False])
def test_a_number_the_vendor_used_already_is_asked_for(world, allowed):
    """Whatever is allowed to commitments: the same number twice is how a bill is paid twice."""
    twin = world(same_number="invoice INV-7 (no. 1)", options={"allow_duplicate_numbers": allowed})
    review = invoice.review(BILL, twin)
    assert (review.problems, review.missing) == ((), ("number",))
    assert "invoice INV-7 (no. 1) of the same vendor has the same number" in review.warnings[0].message


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"vendor_id": None}, "vendor", "no contract company"),
        ({"currency": "EUR"}, "currency", "EUR"),
        ({"payment_due": Decimal("1263.64")}, "payment_due", "1263.65, Procore's .* is 1263.64"),
        ({"lines": (), "payment_due": None}, "items", "bills nothing"),
        (
            {
                "lines": (replace(FIRST, tax=Decimal("9.60")), UNITS, CHANGED),
                "payment_due": Decimal("1273.25"),
            },
            "item 1",
            "9.60 of tax",
        ),
    ],
)
def test_what_cannot_be_billed_is_a_problem(world, changed, field, words):
    """Each names the field and the figures, and how it is mended."""
    record = replace(BILL, **changed)
    (problem,) = invoice.review(record, world()).problems
    assert problem.field == field
    assert re.search(words, problem.message)
    assert problem.guidance
    with pytest.raises(MappingError):
        invoice.request(record, world())


def test_an_invoice_that_procore_sends_without_what_is_due_asks_for_it(world):
    """Its total is compared with nothing: it is not sent before the approver has typed what is due."""
    record = replace(BILL, payment_due=None)
    review = invoice.review(record, world())
    assert (review.problems, review.missing) == ((), ("payment_due",))
    assert [one.field for one in review.warnings] == ["payment_due"]
    assert "its items come to 1263.65, compared with nothing" in review.warnings[0].message
    with pytest.raises(MappingError, match="a choice is missing"):
        invoice.request(record, world())
    assert invoice.request(record, world(choices={"payment_due": "$1,263.65"})) == invoice.request(
        BILL, world()
    )
    assert invoice.review(BILL, world()).warnings == ()


@pytest.mark.parametrize(
    ("typed", "words"), [("1263.64", "is 1263.64"), ("0", "is 0"), ("NaN", "no amount"), ("x", "no amount")]
)
def test_another_payment_due_than_the_items_come_to_is_a_problem(world, typed, words):
    """Whatever the approver types, the invoice comes to that or stays."""
    record = replace(BILL, payment_due=None)
    [problem] = invoice.review(record, world(choices={"payment_due": typed})).problems
    assert (problem.field, words in problem.message) == ("payment_due", True)


def test_fractions_of_a_cent_are_a_problem(world):
    """Of the amount, of what is held, of what is released."""
    for figure in ("amount", "retained", "released"):
        record = billing(replace(FIRST, **{figure: Decimal("0.005")}))
        assert "item 1" in fields(invoice.review(record, world()).problems)


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (replace(FIRST, commitment_line_id="999"), "does not have"),
        (replace(FIRST, commitment_line_id=None), "which line of the commitment"),
        (replace(CHANGED, change_order_line_id=None), "which line of the commitment"),
        (replace(CHANGED, change_order_line_id="999"), "does not have"),
    ],
)
def test_a_line_the_order_lacks_is_a_problem(world, item, words):
    """Added in Procore after the order was sent: never billed elsewhere by guess."""
    (problem,) = invoice.review(billing(replace(item, retained=Decimal(0))), world()).problems
    assert problem.field == f"item {item.position}"
    assert words in problem.message


def test_a_linked_invoice_is_not_sent_again(world, linked):
    """Changes go by deleting and unlinking, as for a commitment."""
    own = linked("invoice:61", "B-0", name="INV-7")
    (problem,) = invoice.review(BILL, world(link=own)).problems
    assert "QuickBooks has it already, as bill 'INV-7'" in problem.message
    with pytest.raises(MappingError, match="has it already"):
        invoice.request(BILL, world(link=own))


def test_purchase_orders_must_be_switched_on(world):
    """The preference is looked at where QuickBooks has said it; nothing is known before the first session."""
    off = world(preferences={"PurchasesAndVendorsPreferences/IsUsingInventory": "false"})
    assert fields(invoice.review(BILL, off).problems) == ["preferences"]
    on = world(preferences={"PurchasesAndVendorsPreferences/IsUsingInventory": "true"})
    assert invoice.review(BILL, on).problems == ()


def test_accounts_and_terms_of_the_connection(world, entry, sound):
    """The payables account and the terms are sent where QuickBooks has them."""
    payable = entry("Account", "AP", "80000051-1", type="AccountsPayable")
    terms = entry("StandardTerms", "Net 30", "80000052-1")
    options = {"ap_account": "AP", "default_terms": "net 30"}
    body = sound(invoice.request(BILL, world(entries=(payable, terms), options=options))).body["BillAdd"]
    assert (body["APAccountRef"], body["TermsRef"]) == ({"ListID": "80000051-1"}, {"ListID": "80000052-1"})
    review = invoice.review(BILL, world(options=options))
    assert (fields(review.problems), fields(review.warnings)) == (["ap_account"], ["default_terms"])
    wrong = entry("Account", "AP", "80000051-1", type="Bank")
    assert fields(invoice.review(BILL, world(entries=(wrong, terms), options=options)).problems) == [
        "ap_account"
    ]


@pytest.mark.parametrize(("wanted", "status"), [(False, "NotBillable"), (True, "Billable")])
def test_lines_say_whether_they_are_billable_where_they_may(world, sound, wanted, status):
    """Two-sided items alone can be (3210), by the items as QuickBooks has them, whatever the options say."""
    options = {"cost_code_expense_account": "Job Costs", "bill_billable": wanted}
    both = world(options=options, two_sided={ITEM})
    *billed, retained = lines_of(sound(invoice.request(BILL, both)))
    assert {(line["BillableStatus"], line["CustomerRef"]["ListID"]) for line in billed} == {
        (status, "80000005-1")
    }
    assert "BillableStatus" not in retained
    one_sided = world(options=options)
    assert not any("BillableStatus" in line for line in lines_of(invoice.request(BILL, one_sided)))
    assert fields(invoice.review(BILL, one_sided).warnings) == (["bill_billable"] if wanted else [])


def test_an_invoice_without_a_date_is_warned_of(world, sound):
    """QuickBooks dates it; DueDate stays out where Procore has none."""
    record = replace(BILL, billing_date=None, due_date=None)
    assert fields(invoice.review(record, world()).warnings) == ["billing_date"]
    body = sound(invoice.request(record, world())).body["BillAdd"]
    assert not {"TxnDate", "DueDate"} & set(body)


CREDIT = billing(
    replace(FIRST, amount=Decimal("-300.00"), retained=Decimal("-30.00")),
    replace(UNITS, amount=Decimal("100.00"), retained=Decimal(0)),
)
AS_CREDIT = {"negative_invoices": "vendor_credit"}


def test_a_negative_invoice_is_refused_by_default(world):
    """The refusal tells of the option."""
    (problem,) = invoice.review(CREDIT, world()).problems
    assert "comes to -170.00" in problem.message
    assert "negative_invoices=vendor_credit" in problem.guidance


def test_a_negative_invoice_becomes_a_vendor_credit_where_chosen(world, sound):
    """Each item on its cost code's item with the other sign; retainage too; nothing is linked."""
    request = sound(invoice.request(CREDIT, world(options=AS_CREDIT)))
    assert request.name == "VendorCreditAddRq"
    body = request.body["VendorCreditAdd"]
    assert not {"DueDate", "TermsRef"} & set(body)
    assert [(line["ItemRef"]["ListID"], line["Amount"]) for line in body["ItemLineAdd"]] == [
        ("80000002-1", Decimal("300.00")),
        ("80000002-1", Decimal("-100.00")),
        ("80000040-1", Decimal("-30.00")),
    ]
    assert {line["CustomerRef"]["ListID"] for line in body["ItemLineAdd"]} == {"80000005-1"}
    assert "cost_code:2" in [str(key) for key in invoice.references(CREDIT)]


def test_a_credit_of_no_cost_code_is_a_problem(world):
    """A whole change order has no item of its own."""
    record = billing(replace(ALL, amount=Decimal("-5.00")))
    assert fields(invoice.review(record, world(options=AS_CREDIT)).problems) == ["item 4"]


def test_a_credit_is_linked_and_looked_for_as_one(world, ret, sound):
    """Its link holds what it comes to below nothing, so the same link is read again as a credit."""
    shown = ret(answer("300.00", "-100.00", "-30.00", tag="VendorCredit"))
    link = invoice.outcome(CREDIT, shown)
    assert found_on(link) == {"901": ["B-1"], "902": ["B-2"], "retainage": ["B-3"]}
    assert [line.amount for line in link.lines] == [Decimal(-300), Decimal(100), Decimal(30)]
    assert invoice.reread(link).name == "VendorCreditQueryRq"
    assert sound(invoice.probe(CREDIT, world(), None)).name == "VendorCreditQueryRq"
    assert sound(invoice.trace(CREDIT, world(), datetime(2026, 1, 1, tzinfo=UTC))).name == (
        "VendorCreditQueryRq"
    )
    assert invoice.agrees(CREDIT, shown, world())
    assert invoice.remarks(CREDIT, shown) == ()
    with pytest.raises(MappingError, match=r"comes to 170\.00, Procore's to -170\.00"):
        invoice.outcome(CREDIT, ret(answer("300.00", "-100.00", "-30.00")))


@pytest.mark.parametrize(
    ("tag", "shown", "lines"),
    [("Bill", ("-100.00", "98.00"), ("-100", "98")), ("VendorCredit", ("-98.00", "100.00"), ("98", "-100"))],
)
def test_what_tax_turns_round_is_read_again_as_it_was_made(tag, shown, lines):
    """With tax a bill's lines may come to less than nothing: the sign of what QuickBooks shows tells."""
    link = Link(
        key=key_of(BILL),
        quickbooks_id=QuickBooksId("B-0"),
        lines=tuple(
            LinkLine(procore_line_id=str(at), txn_line_id=f"B-{at}", amount=Decimal(amount))
            for at, amount in enumerate(lines)
        ),
        held=tuple(
            Held(field=f"lines/B-{at}/Amount", value=amount, words=amount) for at, amount in enumerate(shown)
        ),
    )
    assert invoice.reread(link).name == f"{tag}QueryRq"


def test_the_answer_becomes_the_link(ret, sound):
    """Each item with its line, the retainage with its own; the link is read again as a bill."""
    link = invoice.outcome(BILL, ret(answer("1200.00", "148.50", "50.00", "-134.85")))
    assert (link.quickbooks_id, link.name, link.edit_sequence) == ("B-0", "INV-7", "1700000000")
    assert link.fingerprint == version_of(BILL)
    assert found_on(link) == {"901": ["B-1"], "902": ["B-2"], "903": ["B-3"], "retainage": ["B-4"]}
    assert sound(invoice.reread(link)) == Request(
        name="BillQueryRq", body={"TxnID": "B-0", "IncludeLineItems": True, "IncludeLinkedTxns": True}
    )


def test_summed_and_spread_items_are_found_on_their_lines(ret):
    """SSOV items share their parent's line; a whole change order is on each of its lines."""
    twin = replace(FIRST, procore_id="907", position=7)
    record = billing(FIRST, twin, ALL)
    link = invoice.outcome(record, ret(answer("2400.00", "33.33", "33.33", "33.34", "-240.00")))
    assert found_on(link) == {
        "901": ["B-1"],
        "907": ["B-1"],
        "904": ["B-2", "B-3", "B-4"],
        "retainage": ["B-5"],
    }


def test_change_orders_side_by_side_keep_their_own_lines(ret):
    """One spread over three lines, then one whose two items were summed on one."""
    one = replace(CHANGED, position=8)
    two = replace(CHANGED, procore_id="908", position=9, change_order_line_id="312")
    link = invoice.outcome(billing(ALL, one, two), ret(answer("33.33", "33.33", "33.34", "100.00")))
    assert found_on(link) == {"904": ["B-1", "B-2", "B-3"], "903": ["B-4"], "908": ["B-4"]}


@pytest.mark.parametrize(
    ("amounts", "due", "words"),
    [
        (("1200.00", "148.50", "50.00"), None, "comes to 1398.50, Procore's to 1263.65"),
        (("1200.00", "148.50", "50.00"), "1263.65", "its lines|Procore has -134.85"),
        (("1200.01", "148.49", "50.00", "-134.85"), None, "line 1 is 1200.01, Procore has 1200.00"),
        (("1200.00", "148.50", "50.00", "1.00", "-134.85"), "1263.65", "the rest of its lines come to 51.00"),
        (("1348.50", "50.00", "-134.85"), None, "line 1 is 1348.50"),
        (("1263.65",), None, "lacks 2 of the lines"),
        ((), "1263.65", "lacks"),
        (("1200.00", "148.50", "50.00", "-134.85"), "much", "'much' where an amount"),
    ],
)
def test_a_bill_of_other_amounts_is_not_linked(world, ret, amounts, due, words):
    """Another total, another line, one too many or too few: a person's matter."""
    shown = ret(answer(*amounts, due=due))
    with pytest.raises(MappingError, match=words) as caught:
        invoice.outcome(BILL, shown)
    assert caught.value.guidance
    assert not invoice.agrees(BILL, shown, world())


def test_a_bill_saved_without_its_link_is_remarked_on():
    """By status 570 of the Add; by a query's bill that shows no purchase order."""

    def shown(response, code, linked):
        xml = (
            '<?xml version="1.0" ?><QBXML><QBXMLMsgsRs>'
            f'<{response} requestID="1" statusCode="{code}" statusSeverity="Warn" statusMessage="">'
            f"{answer('1.00', linked=linked)}</{response}></QBXMLMsgsRs></QBXML>"
        )
        return next(event for event in read(xml) if isinstance(event, Ret))

    order = "<LinkedTxn><TxnID>A-1</TxnID><TxnType>PurchaseOrder</TxnType></LinkedTxn>"
    payment = "<LinkedTxn><TxnID>C-1</TxnID><TxnType>BillPaymentCheck</TxnType></LinkedTxn>"
    assert "'INV-7' without a link" in invoice.remarks(BILL, shown("BillAddRs", 570, ""))[0].message
    assert invoice.remarks(BILL, shown("BillQueryRs", 0, payment))
    assert invoice.remarks(BILL, shown("BillQueryRs", 0, order)) == ()
    assert invoice.remarks(BILL, shown("BillAddRs", 0, "")) == ()
    assert invoice.remarks(billing(RELEASE), shown("BillQueryRs", 0, "")) == ()


def test_a_bill_is_looked_for_by_vendor_number_and_time(world, linked, sound):
    """By TxnID once it is linked; the approver's number where one was chosen."""
    since = datetime(2026, 11, 22, 20, 30, tzinfo=UTC)
    assert sound(invoice.probe(BILL, world(choices={"number": "X-1"}), since)) == Request(
        name="BillQueryRq",
        body={
            "EntityFilter": {"ListID": "80000009-1"},
            "ModifiedDateRangeFilter": {"FromModifiedDate": "2026-11-22T08:30:00"},
            "RefNumberFilter": {"MatchCriterion": "StartsWith", "RefNumber": "X-1"},
            "IncludeLineItems": True,
            "IncludeLinkedTxns": True,
        },
    )
    assert "ModifiedDateRangeFilter" not in sound(invoice.probe(BILL, world(), None)).body
    own = linked("invoice:61", "B-0")
    assert sound(invoice.probe(BILL, world(link=own), since)).body["TxnID"] == "B-0"
    traced = sound(invoice.trace(BILL, world(), since)).body
    assert set(traced) == {"ModifiedDateRangeFilter", "IncludeLineItems", "IncludeLinkedTxns"}


def test_a_bill_of_an_unknown_vendor_cannot_be_looked_for(context):
    """Without the vendor's link the filter would find anyone's bills."""
    with pytest.raises(MappingError, match="waits for vendor:9"):
        invoice.probe(BILL, context(), None)


def test_ours_and_its_likeness_are_told_apart(world, ret):
    """The GUID makes a bill ours; vendor and number together resemble it, whatever it comes to."""
    ours = ret(answer("1200.00", "148.50", "50.00", "-134.85"))
    assert invoice.is_ours(BILL, ours, GUID.upper())
    assert not invoice.is_ours(BILL, ret(answer(guid="")), GUID)
    assert not invoice.is_ours(BILL, ret(answer(guid="")), "")
    assert invoice.resembles(BILL, ret(answer(due="1263.65", number="inv-7", guid="")), world())
    assert invoice.resembles(BILL, ret(answer(due="1263.66")), world())
    assert not invoice.resembles(BILL, ret(answer(due="1263.65", number="INV-70")), world())
    assert not invoice.resembles(BILL, ret(answer(due="1263.65", vendor="80000010-1")), world())
    assert not invoice.resembles(replace(BILL, vendor_id=None), ours, world())
    assert invoice.agrees(BILL, ours, world())
    assert invoice.holds(BILL, ours, None)


cents = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**7), max_value=10**7, places=2)
rates = st.none() | st.decimals(allow_nan=False, min_value=Decimal("0.01"), max_value=10**5, places=5)


class Nothing:
    """A company file of which nothing was read."""

    def find(self, list_kind, full_name):
        """Know nothing."""

    def known(self, list_kind):  # noqa: ARG002
        """Have read nothing."""
        return False


@st.composite
def companies(draw):
    """An invoice of any items, and the links of the order and the change orders that it bills on."""
    rows: dict[str, list[LinkLine]] = {"commitment:77": [], "change_order:31": [], "change_order:32": []}
    for owner, lines in rows.items():
        ids = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3, unique=owner == "commitment:77"))
        of_txn = {at: (abs(draw(cents)), draw(rates)) for at in set(ids)}
        for procore_id, at in enumerate(ids):
            amount, rate = of_txn[at]
            txn_line_id = f"{owner[-1]}-{at}"
            lines.append(
                LinkLine(procore_line_id=str(procore_id), txn_line_id=txn_line_id, amount=amount, rate=rate)
            )
    items = []
    for at in range(draw(st.integers(1, 6))):
        owner = draw(st.sampled_from(sorted(rows)))
        line_id = draw(st.sampled_from([line.procore_line_id for line in rows[owner]]))
        is_change = owner != "commitment:77"
        whole = is_change and draw(st.booleans())
        items.append(
            replace(
                FIRST,
                procore_id=str(at),
                position=at,
                item_type=(WHOLE if whole else CHANGE) if is_change else CONTRACT,
                amount=draw(cents),
                retained=draw(st.just(Decimal(0)) | cents),
                commitment_line_id=None if is_change else line_id,
                change_order_id=owner.partition(":")[2] if is_change else None,
                change_order_line_id=line_id if is_change and not whole else None,
            )
        )
    made = {
        RecordKey.parse(key): Link(
            key=RecordKey.parse(key), quickbooks_id=QuickBooksId("A-1"), lines=tuple(lines)
        )
        for key, lines in rows.items()
    }
    for key in ("vendor:9", "project:5", "cost_code:2"):
        made[RecordKey.parse(key)] = Link(key=RecordKey.parse(key), quickbooks_id=QuickBooksId("80000009-1"))
    return billing(*items), made


@given(companies())
def test_whatever_is_billed_comes_to_the_payment_due_and_is_found_again(company):
    """Any items on any lines: to the cent, one line of the bill a line of the order, and each item joined."""
    record, made = company
    options = Options(retainage_item="Retainage", negative_invoices="vendor_credit")
    world = Context(options=options, names=Nothing(), guid=GUID, links=made)
    if invoice.review(record, world).problems:
        assert not planned.total(record)
        return
    request = invoice.request(record, world)
    assert check(request) == []
    lines = lines_of(request)
    amounts = [line["Amount"] for line in lines]
    sign = 1 if request.name == "BillAddRq" else -1
    assert sign * sum(amounts, Decimal(0)) == record.payment_due
    linked_to = [line["LinkToTxn"]["TxnLineID"] for line in lines if "LinkToTxn" in line]
    assert len(set(linked_to)) == len(linked_to)
    assert amounts
    tag = "Bill" if sign > 0 else "VendorCredit"
    xml = (
        '<?xml version="1.0" ?><QBXML><QBXMLMsgsRs><AnyRs requestID="1" statusCode="0">'
        f"{answer(*amounts, tag=tag)}</AnyRs></QBXMLMsgsRs></QBXML>"
    )
    shown = next(event for event in read(xml) if isinstance(event, Ret))
    link = invoice.outcome(record, shown)
    assert {line.txn_line_id for line in link.lines} == {f"B-{at}" for at in range(1, len(lines) + 1)}
    assert invoice.reread(link).name == f"{tag}QueryRq"
