from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, strategies as st

from qbsync.errors import MappingError
from qbsync.mapping import commitment
from qbsync.model.context import Context
from qbsync.model.options import Options
from qbsync.model.records import Commitment, CommitmentLine, CommitmentType, RecordKey, version_of
from qbsync.qbxml.check import check
from qbsync.qbxml.figures import by_amount, by_unit as by_unit_
from qbsync.qbxml.requests import Request

GUID = "{6f1d7a52-6a0c-4f0e-9a55-0d5f7f2f7a11}"
AMOUNT = CommitmentLine(
    procore_id="101",
    position=1,
    cost_code_id="2",
    cost_code="01-010",
    description="Supervision",
    amount=Decimal("12000.00"),
)
UNITS = CommitmentLine(
    procore_id="102",
    position=2,
    cost_code_id="3",
    cost_code="03-300",
    description="Concrete",
    amount=Decimal("371.25"),
    quantity=Decimal("2.5"),
    unit_cost=Decimal("148.5"),
    unit="cy",
    by_unit=True,
)
ORDER = Commitment(
    procore_id="77",
    type=CommitmentType.SUBCONTRACT,
    project_id="5",
    vendor_id="9",
    number="SC-001",
    title="Sitework",
    description="Grading and\npaving",
    contract_date=date(2026, 4, 1),
    delivery_date=date(2026, 9, 1),
    currency="USD",
    lines=(AMOUNT, UNITS),
)
ITEM_1, ITEM_2, JOB = {"ListID": "80000002-1"}, {"ListID": "80000003-1"}, {"ListID": "80000005-1"}


@pytest.fixture
def links(linked):
    """Everything that the commitment names, linked."""
    keys = {"vendor:9": "9", "project:5": "5", "cost_code:2": "2", "cost_code:3": "3"}
    return {key: linked(key, f"8000000{number}-1") for key, number in keys.items()}


def fields(findings):
    """The fields that findings name, in their order."""
    return [finding.field for finding in findings]


def lines_of(request):
    """The order's lines as they are sent."""
    return request.body["PurchaseOrderAdd"]["PurchaseOrderLineAdd"]


def test_a_commitment_becomes_a_purchase_order(context, links, sound):
    """Header and lines in the default style: an amount line's quantity is its amount at a rate of 1."""
    assert sound(commitment.request(ORDER, context(links=links))) == Request(
        name="PurchaseOrderAddRq",
        body={
            "PurchaseOrderAdd": {
                "VendorRef": {"ListID": "80000009-1"},
                "TxnDate": date(2026, 4, 1),
                "RefNumber": "SC-001",
                "ExpectedDate": date(2026, 9, 1),
                "Memo": "Sitework",
                "VendorMsg": "Grading and paving",
                "ExternalGUID": GUID,
                "PurchaseOrderLineAdd": [
                    {
                        "ItemRef": ITEM_1,
                        "Desc": "Supervision",
                        "Quantity": Decimal("12000.00"),
                        "Rate": Decimal(1),
                        "CustomerRef": JOB,
                    },
                    {
                        "ItemRef": ITEM_2,
                        "Desc": "Concrete",
                        "Quantity": Decimal("2.5"),
                        "Rate": Decimal("148.5"),
                        "CustomerRef": JOB,
                    },
                ],
            }
        },
    )
    review = commitment.review(ORDER, context(links=links))
    assert (review.problems, review.warnings, review.missing) == ((), (), ())


def test_the_amount_style_sends_amounts_alone(context, links, sound):
    """`commitment_line_style=amount`: no quantity on amount lines; unit lines stay as they are."""
    world = context(links=links, options={"commitment_line_style": "amount"})
    first, second = lines_of(sound(commitment.request(ORDER, world)))
    assert first == {
        "ItemRef": ITEM_1,
        "Desc": "Supervision",
        "Amount": Decimal("12000.00"),
        "CustomerRef": JOB,
    }
    assert (second["Quantity"], second["Rate"]) == (Decimal("2.5"), Decimal("148.5"))
    assert "Amount" not in second


@pytest.mark.parametrize(
    ("figures", "note"),
    [
        (("3.333333", "10", "33.33"), "Concrete [in Procore 3.333333 cy at 10]"),
        (("3", "10.123456", "30.37"), "Concrete [in Procore 3 cy at 10.123456]"),
        (("2.5", "148.5", "371.26"), "Concrete [in Procore 2.5 cy at 148.5]"),
        (("0", "0", "99.00"), "Concrete [in Procore 0 cy at 0]"),
        (("10000000000", "0.01", "100000000.00"), "Concrete [in Procore 10000000000 cy at 0.01]"),
    ],
)
def test_units_that_do_not_multiply_become_one_of_the_amount(context, links, sound, figures, note):
    """Six decimals, too many digits, a product off by a cent: quantity 1 and the amount, said in the line."""
    quantity, unit_cost, amount = map(Decimal, figures)
    line = replace(UNITS, quantity=quantity, unit_cost=unit_cost, amount=amount)
    (sent,) = lines_of(sound(commitment.request(replace(ORDER, lines=(line,)), context(links=links))))
    assert (sent["Quantity"], sent["Rate"], sent["Desc"]) == (Decimal(1), amount, note)


@pytest.mark.parametrize("style", ["progress", "amount"])
@pytest.mark.parametrize("amount", ["-500.00", "0.00", "0"])
def test_negative_and_zero_lines_are_sent(context, links, sound, style, amount):
    """A credit line, or one of nothing, is a line like any other."""
    record = replace(ORDER, lines=(replace(AMOUNT, amount=Decimal(amount)),))
    world = context(links=links, options={"commitment_line_style": style})
    assert commitment.review(record, world).problems == ()
    (sent,) = lines_of(sound(commitment.request(record, world)))
    assert sent.get("Amount", sent.get("Quantity")) == Decimal(amount)


def test_lines_go_by_position(context, links):
    """Procore's order of positions is QuickBooks' order of lines."""
    shuffled = replace(ORDER, lines=(UNITS, AMOUNT))
    assert [line["Desc"] for line in lines_of(commitment.request(shuffled, context(links=links)))] == [
        "Supervision",
        "Concrete",
    ]


numbers = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**8), max_value=10**8, places=6)
cents = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=2)


class Nothing:
    """A company file of which nothing was read."""

    def find(self, list_kind, full_name):
        """Know nothing."""

    def known(self, list_kind):  # noqa: ARG002
        """Have read nothing."""
        return False


@given(
    quantity=numbers,
    unit_cost=numbers,
    amount=cents | st.none(),
    by_unit=st.booleans(),
    style=st.sampled_from(["progress", "amount"]),
)
def test_every_line_comes_to_its_amount_to_the_cent(quantity, unit_cost, amount, by_unit, style):
    """Whatever the figures: what QuickBooks computes is the amount, and the form is right."""
    if amount is None:
        amount = (quantity * unit_cost).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
        if abs(amount) >= 10**10:
            amount = Decimal("1.00")
    line = replace(UNITS, quantity=quantity, unit_cost=unit_cost, amount=amount, by_unit=by_unit)
    world = Context(options=Options(commitment_line_style=style), names=Nothing(), guid=GUID)
    assert commitment.review(replace(ORDER, lines=(line,)), world).problems == ()
    figures = by_unit_(amount, quantity, unit_cost) if by_unit else by_amount(amount, style)
    computed = figures.get("Amount")
    if computed is None:
        product = figures["Quantity"] * figures["Rate"]
        computed = product.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    assert computed == amount
    body = {"PurchaseOrderAdd": {"PurchaseOrderLineAdd": [{"ItemRef": ITEM_1, **figures}]}}
    assert check(Request(name="PurchaseOrderAddRq", body=body)) == []


def test_vendor_project_and_codes_come_first(context, linked):
    """Each record named is a reference once; unlinked ones stop the request, not the review."""
    repeated = replace(ORDER, lines=(AMOUNT, UNITS, replace(AMOUNT, procore_id="103", position=3)))
    assert [str(key) for key in commitment.references(repeated)] == [
        "vendor:9",
        "project:5",
        "cost_code:2",
        "cost_code:3",
    ]
    assert commitment.review(ORDER, context()).problems == ()
    some = {"vendor:9": linked("vendor:9", "80000009-1"), "project:5": linked("project:5", "80000005-1")}
    with pytest.raises(MappingError, match="waits for cost_code:2, cost_code:3"):
        commitment.request(ORDER, context(links=some))


@pytest.mark.parametrize(
    ("number", "words"), [("PO-2026-000014", "'PO-2026-000014' has 14 characters"), ("", "no number")]
)
def test_a_number_that_does_not_fit_is_asked_for_and_never_cut(context, links, sound, number, words):
    """14 characters, or none: the approver gives a QuickBooks ID, and that one is sent."""
    record = replace(ORDER, number=number)
    review = commitment.review(record, context(links=links))
    assert review.missing == ("number",)
    assert review.problems == ()
    assert words in review.warnings[0].message
    assert "at most 11" in review.warnings[0].guidance
    with pytest.raises(MappingError, match="number"):
        commitment.request(record, context(links=links))
    given_one = context(links=links, choices={"number": "PO-14"})
    assert commitment.review(record, given_one).missing == ()
    assert sound(commitment.request(record, given_one)).body["PurchaseOrderAdd"]["RefNumber"] == "PO-14"


def test_a_chosen_number_must_fit_too(context, links):
    """A choice of 12 characters is asked for again; 11 are taken."""
    assert commitment.review(ORDER, context(links=links, choices={"number": "n" * 12})).missing == ("number",)
    assert commitment.review(ORDER, context(links=links, choices={"number": "n" * 11})).missing == ()


def test_the_same_number_elsewhere_is_a_warning_or_a_problem(context, links):
    """`allow_duplicate_numbers` decides whether the twin stops the commitment."""
    twin = "SC-001 Plumbing"
    allowed = commitment.review(ORDER, context(links=links, same_number=twin))
    assert (fields(allowed.problems), fields(allowed.warnings)) == ([], ["number"])
    strict = {"allow_duplicate_numbers": False}
    refused = commitment.review(ORDER, context(links=links, same_number=twin, options=strict))
    assert (fields(refused.problems), fields(refused.warnings)) == (["number"], [])
    assert twin in refused.problems[0].message


def test_terms_are_sent_where_quickbooks_has_them(context, links, entry, sound):
    """Procore's own terms first, then the connection's, and free text that is neither is left out aloud."""
    net, cod = entry("StandardTerms", "Net 30", "80000031-1"), entry("StandardTerms", "COD", "80000032-1")

    def terms(payment_terms, **more):
        record, world = replace(ORDER, payment_terms=payment_terms), context(net, cod, links=links, **more)
        sent = sound(commitment.request(record, world)).body["PurchaseOrderAdd"].get("TermsRef")
        return sent, fields(commitment.review(record, world).warnings)

    default = {"options": {"default_terms": "COD"}}
    assert terms("net 30", **default) == ({"ListID": "80000031-1"}, [])
    assert terms("", **default) == ({"ListID": "80000032-1"}, [])
    assert terms("On the moon", **default) == ({"ListID": "80000032-1"}, ["payment_terms"])
    assert terms("On the moon") == (None, ["payment_terms"])
    assert terms("", options={"default_terms": "Nil"}) == (None, ["default_terms"])
    assert terms("") == (None, [])


def test_a_long_description_is_cut_in_sight(context, links, sound):
    """The one documented exception: 99 characters, the cut shows on the order and in a warning."""
    record = replace(ORDER, description="d" * 120)
    message = sound(commitment.request(record, context(links=links))).body["PurchaseOrderAdd"]["VendorMsg"]
    assert message == "d" * 96 + "..."
    review = commitment.review(record, context(links=links))
    assert fields(review.warnings) == ["description"]
    assert "99 characters of the description's 120" in review.warnings[0].message


def test_99_characters_of_description_are_not_cut(context, links, sound):
    """The limit itself goes through whole and silent."""
    record = replace(ORDER, description="d" * 99)
    request = sound(commitment.request(record, context(links=links)))
    assert request.body["PurchaseOrderAdd"]["VendorMsg"] == "d" * 99
    assert commitment.review(record, context(links=links)).warnings == ()


def test_without_a_contract_date_quickbooks_dates_it(context, links, sound):
    """No date is invented; the approver reads what QuickBooks will do."""
    record = replace(ORDER, contract_date=None)
    assert "TxnDate" not in sound(commitment.request(record, context(links=links))).body["PurchaseOrderAdd"]
    assert fields(commitment.review(record, context(links=links)).warnings) == ["contract_date"]


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"vendor_id": None}, "vendor", "No contract company"),
        ({"lines": ()}, "lines", "no lines"),
        ({"currency": "EUR"}, "currency", "EUR"),
        ({"title": "t" * 4096}, "title", "4096 characters, QuickBooks takes 4095"),
        ({"lines": (replace(AMOUNT, cost_code_id=None),)}, "line 1", "project's own"),
        ({"lines": (replace(AMOUNT, tax_code_id="4"),)}, "line 1", "taxed"),
        ({"lines": (replace(AMOUNT, amount=Decimal("1.005")),)}, "line 1", "not whole cents"),
        ({"lines": (replace(AMOUNT, description="d" * 4096),)}, "lines", "4096 characters"),
        ({"lines": (replace(AMOUNT, amount=Decimal(10) ** 11),)}, "lines", "digits"),
    ],
)
def test_what_quickbooks_cannot_take_is_one_problem_with_advice(context, links, change, field, words):
    """Each fault is named once, at its field, with what to do, and stops the request."""
    record = replace(ORDER, **change)
    review = commitment.review(record, context(links=links))
    assert fields(review.problems) == [field]
    assert words in review.problems[0].message
    assert review.problems[0].guidance
    with pytest.raises(MappingError):
        commitment.request(record, context(links=links))


def test_each_of_two_bad_lines_is_named(context, links):
    """One long description does not hide another."""
    long = [replace(AMOUNT, procore_id=str(n), position=n, description="d" * 4096) for n in (1, 2)]
    review = commitment.review(replace(ORDER, lines=tuple(long)), context(links=links))
    assert [finding.message.partition(":")[0] for finding in review.problems] == ["Number 1", "Number 2"]


@pytest.mark.parametrize("currency", ["", "usd", "CAD"])
def test_the_companys_own_currency_is_taken(context, links, currency):
    """US and Canadian dollars, or a currency that Procore does not state, go through."""
    assert commitment.review(replace(ORDER, currency=currency), context(links=links)).problems == ()


def test_a_commitment_in_quickbooks_is_changed_by_a_change_order(context, links, linked):
    """A synced commitment is never rewritten: the words say what to do instead."""
    own = linked("commitment:77", "A-1", name="SC-001")
    review = commitment.review(ORDER, context(links=links, link=own))
    assert fields(review.problems) == ["status"]
    assert "change order" in review.problems[0].guidance
    assert "unlink" in review.problems[0].guidance
    with pytest.raises(MappingError, match="SC-001"):
        commitment.request(ORDER, context(links=links, link=own))


def test_foreign_letters_in_a_line_are_warned_of_at_that_line(context, links):
    """The approver sees which line was transliterated."""
    line = replace(UNITS, description="Бетон")
    review = commitment.review(replace(ORDER, lines=(AMOUNT, line)), context(links=links))
    assert fields(review.warnings) == ["line 2"]


def answer(*lines, number="SC-001", vendor="80000009-1", guid="{6F1D7A52-6A0C-4F0E-9A55-0D5F7F2F7A11}"):
    """A PurchaseOrderRet as QuickBooks answers it."""
    rows = "".join(
        f"<PurchaseOrderLineRet><TxnLineID>{line_id}</TxnLineID>{amount and f'<Amount>{amount}</Amount>'}"
        f"<CustomerRef><ListID>{job}</ListID></CustomerRef></PurchaseOrderLineRet>"
        for line_id, amount, job in lines
    )
    return (
        "<PurchaseOrderRet><TxnID>A-1</TxnID><EditSequence>7</EditSequence>"
        f"<VendorRef><ListID>{vendor}</ListID></VendorRef><RefNumber>{number}</RefNumber>"
        f"<ExternalGUID>{guid}</ExternalGUID>{rows}</PurchaseOrderRet>"
    )


LINE_1, LINE_2 = ("A-2", "12000.00", "80000005-1"), ("A-3", "371.25", "80000005-1")


def test_the_answers_lines_are_joined_to_procores_in_order(ret):
    """Each Procore line, by position, gets the TxnLineID in the same place."""
    link = commitment.outcome(replace(ORDER, lines=(UNITS, AMOUNT)), ret(answer(LINE_1, LINE_2)))
    assert (link.quickbooks_id, link.name, link.edit_sequence) == ("A-1", "SC-001", "7")
    assert link.key == RecordKey.parse("commitment:77")
    assert [(line.procore_line_id, line.txn_line_id) for line in link.lines] == [
        ("101", "A-2"),
        ("102", "A-3"),
    ]
    assert commitment.outcome(ORDER, ret(answer(LINE_1, LINE_2))).fingerprint == version_of(ORDER)


def test_a_line_without_an_amount_is_one_of_nothing(ret):
    """QuickBooks may leave out the amount of a line of zero."""
    record = replace(ORDER, lines=(replace(AMOUNT, amount=Decimal(0)),))
    assert len(commitment.outcome(record, ret(answer(("A-2", "", "80000005-1")))).lines) == 1


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ((LINE_1,), "it has 1 lines, Procore has 2"),
        ((LINE_1, ("A-3", "371.26", "80000005-1")), "line 2 is 371.26, Procore has 371.25"),
        ((LINE_2, LINE_1), "line 1 is 371.25"),
        ((LINE_1, ("A-3", "much", "80000005-1")), "line 2"),
    ],
)
def test_an_order_of_other_lines_is_not_linked(context, links, ret, lines, words):
    """Another number of lines, or another amount, is a person's matter: no line is joined by guess."""
    with pytest.raises(MappingError, match=words) as caught:
        commitment.outcome(ORDER, ret(answer(*lines)))
    assert caught.value.guidance
    assert not commitment.agrees(ORDER, ret(answer(*lines)), context(links=links))


def test_a_change_orders_line_is_never_taken_for_the_commitments(ret):
    """Ours was deleted and a change order's is of the same amount: the order fits no more, and says so."""
    line_id = "<TxnLineID>A-3</TxnLineID>"
    marked = answer(LINE_1, LINE_2).replace(line_id, f"{line_id}<Desc>[CCO 1/88211] Extra</Desc>")
    with pytest.raises(MappingError, match="it has 1 lines, Procore has 2"):
        commitment.outcome(ORDER, ret(marked))


def test_an_order_is_looked_for_by_vendor_number_and_time(context, links, sound):
    """The time is QuickBooks' local clock wherever that is: half a day early, without an offset."""
    since = datetime(2026, 11, 22, 20, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert sound(commitment.probe(ORDER, context(links=links), since)) == Request(
        name="PurchaseOrderQueryRq",
        body={
            "ModifiedDateRangeFilter": {"FromModifiedDate": "2026-11-22T13:30:00"},
            "EntityFilter": {"ListID": "80000009-1"},
            "RefNumberFilter": {"MatchCriterion": "StartsWith", "RefNumber": "SC-001"},
            "IncludeLineItems": True,
        },
    )
    timeless = sound(commitment.probe(ORDER, context(links=links), None))
    assert "ModifiedDateRangeFilter" not in timeless.body


def test_a_linked_order_is_looked_for_by_its_id(context, linked, sound):
    """After the link the TxnID is asked for, whatever became of the number."""
    own = linked("commitment:77", "A-1")
    assert sound(commitment.probe(ORDER, context(link=own), datetime(2026, 1, 1, tzinfo=UTC))) == Request(
        name="PurchaseOrderQueryRq", body={"TxnID": "A-1", "IncludeLineItems": True}
    )


def test_an_order_of_an_unknown_vendor_cannot_be_looked_for(context):
    """Without the vendor's link the filter would find anyone's orders."""
    with pytest.raises(MappingError, match="waits for vendor:9"):
        commitment.probe(ORDER, context(), None)


def test_ours_and_its_likeness_are_told_apart(context, links, ret):
    """The GUID makes an order ours; number, vendor and job together resemble it."""
    world = context(links=links)
    ours = ret(answer(LINE_1, LINE_2))
    assert commitment.is_ours(ORDER, ours, GUID)
    assert not commitment.is_ours(ORDER, ret(answer(LINE_1, guid="")), GUID)
    assert commitment.resembles(ORDER, ret(answer(LINE_1, number="sc-001", guid="")), world)
    assert commitment.resembles(ORDER, ret(answer(guid="")), world)
    assert not commitment.resembles(ORDER, ret(answer(LINE_1, number="SC-0011")), world)
    assert not commitment.resembles(ORDER, ret(answer(LINE_1, vendor="80000010-1")), world)
    assert not commitment.resembles(ORDER, ret(answer(("A-2", "1.00", "80000006-1"))), world)
    assert commitment.agrees(ORDER, ours, world)
