from __future__ import annotations

from decimal import Decimal

import pytest

ADD = (
    "<PurchaseOrderAddRq><PurchaseOrderAdd><VendorRef><FullName>ACME</FullName></VendorRef>"
    "<RefNumber>PO-1</RefNumber><Memo>Steel</Memo>{}</PurchaseOrderAdd></PurchaseOrderAddRq>"
)
LINE = (
    "<PurchaseOrderLineAdd><ItemRef><FullName>01</FullName></ItemRef><Desc>{}</Desc>{}</PurchaseOrderLineAdd>"
)


@pytest.fixture
def order(ask, company):
    """A purchase order of three lines: 10.00, 20.00 and 30.00."""
    lines = "".join(
        LINE.format(name, f"<Quantity>{quantity}</Quantity><Rate>10</Rate>")
        for name, quantity in (("one", 1), ("two", 2), ("three", 3))
    )
    ask(ADD.format(lines))
    return company.purchase_orders()[0]


@pytest.fixture
def mod(ask, company):
    """Sends a PurchaseOrderMod of the only order and answers its status code."""

    def send(fields):
        order = company.purchase_orders()[0]
        body = f"<TxnID>{order.txn_id}</TxnID><EditSequence>{order.edit_sequence}</EditSequence>{fields}"
        answer = ask(f"<PurchaseOrderModRq><PurchaseOrderMod>{body}</PurchaseOrderMod></PurchaseOrderModRq>")
        return int(answer[0].get("statusCode"))

    return send


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("<Quantity>3</Quantity><Rate>1.15</Rate>", ("3", "1.15", "3.45")),
        ("<Quantity>0.333</Quantity><Rate>10</Rate>", ("0.333", "10", "3.33")),
        ("<Quantity>3</Quantity><Rate>0.005</Rate>", ("3", "0.005", "0.02")),
        ("<Amount>7.50</Amount>", (None, None, "7.50")),
        ("<Quantity>4</Quantity><Amount>10.00</Amount>", ("4", "2.5", "10.00")),
        ("<Quantity>4</Quantity><Rate>1</Rate><Amount>10.00</Amount>", ("4", "2.5", "10.00")),
        ("<Quantity>1000.00</Quantity><Rate>1</Rate>", ("1000", "1", "1000.00")),
        ("<Quantity>-2</Quantity><Rate>5</Rate>", ("-2", "5", "-10.00")),
    ],
)
def test_amounts_follow_from_quantity_and_rate(ask, company, given, expected):
    """Without Amount: Quantity times Rate, half up to the cent; a given Amount wins, and sets the rate."""
    quantity, rate, amount = (None if text is None else Decimal(text) for text in expected)
    ask(ADD.format(LINE.format("Work", given)))
    line = company.purchase_orders()[0].lines[0]
    assert (line.quantity, line.rate, line.amount) == (quantity, rate, amount)
    assert company.purchase_orders()[0].total == amount


def test_an_order_is_answered_whole(ask):
    """The answer of an Add holds the lines with their ids, the totals and the flags."""
    ret = ask(ADD.format(LINE.format("Work", "<Quantity>2</Quantity><Rate>5</Rate>")))[0][0]
    line = ret.find("PurchaseOrderLineRet")
    assert ret.findtext("TotalAmount") == "10.00"
    assert ret.findtext("VendorRef/FullName") == "ACME"
    assert ret.findtext("TxnDate") == "2026-03-02"
    assert (ret.findtext("IsManuallyClosed"), ret.findtext("IsFullyReceived")) == ("false", "false")
    assert line.findtext("TxnLineID").endswith("-1772472600")
    assert (line.findtext("Rate"), line.findtext("Amount"), line.findtext("Quantity")) == (
        "5.00",
        "10.00",
        "2",
    )
    assert (line.findtext("ReceivedQuantity"), line.findtext("UnbilledQuantity")) == ("0", "2")


def test_the_item_fills_in_what_the_line_leaves_out(ask, company):
    """Description and cost come from the item, the address and terms from the vendor."""
    company.human.add_terms("Net 30")
    company.human.add_service_item(
        "02", account="Construction Income", expense_account="Job Costs", description="Concrete", rate="12.5"
    )
    company.human.edit(
        "Vendor",
        company.vendors()[0].list_id,
        TermsRef={"FullName": "Net 30"},
        VendorAddress={"Addr1": "1 Road"},
    )
    line = "<ItemRef><FullName>02</FullName></ItemRef><Quantity>2</Quantity>"
    ret = ask(ADD.format(f"<PurchaseOrderLineAdd>{line}</PurchaseOrderLineAdd>"))[0][0]
    assert ret.findtext("PurchaseOrderLineRet/Desc") == "Concrete"
    assert ret.findtext("TotalAmount") == "25.00"
    assert ret.findtext("TermsRef/FullName") == "Net 30"
    assert ret.findtext("VendorAddress/Addr1") == "1 Road"


def test_a_change_without_lines_leaves_them(company, order, mod):
    """Header fields change, an empty one is cleared, and no line is touched."""
    assert mod("<RefNumber>PO-2</RefNumber><Memo></Memo>") == 0
    changed = company.purchase_orders()[0]
    assert (changed.ref_number, changed.memo, changed.lines) == ("PO-2", "", order.lines)


def test_lines_that_are_not_listed_are_deleted(company, order, mod):
    """Once any line is sent the others are gone, and the total follows."""
    first, _, third = order.lines
    lines = "".join(
        f"<PurchaseOrderLineMod><TxnLineID>{line.txn_line_id}</TxnLineID></PurchaseOrderLineMod>"
        for line in (third, first)
    )
    assert mod(lines) == 0
    changed = company.purchase_orders()[0]
    assert changed.lines == (third, first)
    assert changed.total == Decimal("40.00")


def test_a_line_is_added_with_minus_one(company, order, mod):
    """TxnLineID -1 is a new line with an id of its own; the listed ones stay as they are."""
    lines = "".join(
        f"<PurchaseOrderLineMod><TxnLineID>{line.txn_line_id}</TxnLineID></PurchaseOrderLineMod>"
        for line in order.lines
    )
    new = (
        "<PurchaseOrderLineMod><TxnLineID>-1</TxnLineID><ItemRef><FullName>01</FullName></ItemRef>"
        "<Desc>CO 1</Desc><Amount>5.00</Amount></PurchaseOrderLineMod>"
    )
    assert mod(lines + new) == 0
    changed = company.purchase_orders()[0]
    assert changed.lines[:3] == order.lines
    assert (changed.lines[3].description, changed.lines[3].amount) == ("CO 1", Decimal("5.00"))
    assert changed.lines[3].txn_line_id not in {line.txn_line_id for line in order.lines}
    assert changed.total == Decimal("65.00")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("<Quantity>4</Quantity>", ("4", "10", "40.00")),
        ("<Rate>2.5</Rate>", ("1", "2.5", "2.50")),
        ("<Amount>99.00</Amount>", ("1", "99", "99.00")),
        ("<Desc>new words</Desc>", ("1", "10", "10.00")),
    ],
)
def test_a_changed_line_is_priced_again(company, order, mod, given, expected):
    """A new quantity or rate gives a new amount, a new amount a new rate, and other fields neither."""
    line = f"<TxnLineID>{order.lines[0].txn_line_id}</TxnLineID>{given}"
    assert mod(f"<PurchaseOrderLineMod>{line}</PurchaseOrderLineMod>") == 0
    changed = company.purchase_orders()[0].lines[0]
    assert (changed.quantity, changed.rate, changed.amount) == tuple(map(Decimal, expected))


@pytest.mark.usefixtures("order")
def test_a_line_of_another_order_is_not_found(mod):
    """A TxnLineID that the order does not have answers 3120."""
    assert mod("<PurchaseOrderLineMod><TxnLineID>9-1</TxnLineID></PurchaseOrderLineMod>") == 3120


def test_an_old_edit_sequence_changes_nothing(ask, company, order, clock):
    """Somebody closed the order meanwhile: the Mod answers 3200."""
    clock.tick()
    company.human.close_purchase_order(order.txn_id)
    body = f"<TxnID>{order.txn_id}</TxnID><EditSequence>{order.edit_sequence}</EditSequence><Memo>x</Memo>"
    answer = ask(f"<PurchaseOrderModRq><PurchaseOrderMod>{body}</PurchaseOrderMod></PurchaseOrderModRq>")
    assert answer[0].get("statusCode") == "3200"
    assert company.purchase_orders()[0].memo == "Steel"


def test_an_order_is_closed_by_hand_and_by_qbxml(company, order, mod):
    """A person closes every line; IsManuallyClosed in a Mod opens the order again."""
    company.human.close_purchase_order(order.txn_id)
    closed = company.purchase_orders()[0]
    assert closed.is_manually_closed
    assert all(line.is_manually_closed for line in closed.lines)
    assert mod("<IsManuallyClosed>false</IsManuallyClosed>") == 0
    assert not company.purchase_orders()[0].is_manually_closed


def test_an_order_is_received_line_by_line(company, order):
    """IsFullyReceived comes with the last quantity, and goes when one is taken back."""
    for line in order.lines:
        assert not company.purchase_orders()[0].is_fully_received
        company.human.receive(order.txn_id, line.txn_line_id, line.quantity)
    assert company.purchase_orders()[0].is_fully_received
    company.human.receive(order.txn_id, order.lines[0].txn_line_id, Decimal(-1))
    assert not company.purchase_orders()[0].is_fully_received


def test_an_order_is_deleted_and_remembered(ask, company, order):
    """TxnDel takes the order away; TxnDeletedQuery knows it, and its vendor can then be deleted."""
    body = f"<TxnDelType>PurchaseOrder</TxnDelType><TxnID>{order.txn_id}</TxnID>"
    answer = ask(f"<TxnDelRq>{body}</TxnDelRq>")[0]
    assert [child.tag for child in answer] == ["TxnDelType", "TxnID", "TimeDeleted", "RefNumber"]
    assert company.purchase_orders() == []
    gone = ask("<TxnDeletedQueryRq><TxnDelType>PurchaseOrder</TxnDelType></TxnDeletedQueryRq>")[0]
    assert gone.findtext("TxnDeletedRet/TxnID") == order.txn_id
    company.human.delete("Vendor", order.vendor_id)


def test_an_order_under_a_job_shows_the_job(ask, company):
    """CustomerRef of a line is kept by id: a renamed job is shown by its new name."""
    job = company.customers()[1]
    customer = f"<CustomerRef><ListID>{job.list_id}</ListID><FullName>ignored</FullName></CustomerRef>"
    ask(ADD.format(LINE.format("Work", f"<Amount>1.00</Amount>{customer}")))
    company.human.edit("Customer", company.customers()[0].list_id, Name="Vortex Inc")
    assert company.purchase_orders()[0].lines[0].customer_name == "Vortex Inc:Plaza"


def test_what_a_change_of_an_order_cannot_do(company, order, mod):
    """An unknown item or job, an amount without item, a group, no vendor, no lines left: nothing changes."""
    line_id = order.lines[0].txn_line_id
    line = "<PurchaseOrderLineMod><TxnLineID>{}</TxnLineID>{}</PurchaseOrderLineMod>".format
    refused = {
        "group": (1030, "<PurchaseOrderLineGroupMod><TxnLineID>-1</TxnLineID></PurchaseOrderLineGroupMod>"),
        "number": (3070, "<RefNumber>123456789012</RefNumber>"),
        "line named twice": (3120, line(line_id, "") + line(line_id, "")),
        "item": (3140, line(line_id, "<ItemRef><FullName>99</FullName></ItemRef>")),
        "job": (3140, line(line_id, "<CustomerRef><FullName>Nobody</FullName></CustomerRef>")),
        "vendor": (3140, "<VendorRef><FullName>Vortex</FullName></VendorRef>"),
        "no vendor": (3150, "<VendorRef><FullName></FullName></VendorRef>"),
        "no item": (3180, line("-1", "<Amount>5.00</Amount>")),
        "empty": (3180, line("-1", "<Quantity>1</Quantity>")),
    }
    said = {name: mod(fields) for name, (_, fields) in refused.items()}
    assert said == {name: status for name, (status, _) in refused.items()}
    assert company.purchase_orders() == [order]


def test_a_change_of_an_order_that_is_not_there(ask, order):
    """No id 3000, no order 3120, another time of creation 3240."""
    body = (
        "<PurchaseOrderModRq><PurchaseOrderMod><TxnID>{}</TxnID><EditSequence>1</EditSequence></PurchaseOrderMod>"
        "</PurchaseOrderModRq>"
    ).format
    number = order.txn_id.partition("-")[0]
    for txn_id, status in (("x", "3000"), ("9999-1", "3120"), (f"{number}-1", "3240")):
        assert ask(body(txn_id))[0].get("statusCode") == status


def test_lines_of_a_closed_order_are_changed_and_stay_closed(company, order, mod):
    """A Mod may append to a closed order; the old lines stay closed until they are opened by name."""
    company.human.close_purchase_order(order.txn_id)
    named = "".join(
        f"<PurchaseOrderLineMod><TxnLineID>{line.txn_line_id}</TxnLineID></PurchaseOrderLineMod>"
        for line in order.lines
    )
    new = (
        "<PurchaseOrderLineMod><TxnLineID>-1</TxnLineID><ItemRef><FullName>01</FullName></ItemRef>"
        "<Amount>5.00</Amount></PurchaseOrderLineMod>"
    )
    assert mod(named + new) == 0
    closed = [line.is_manually_closed for line in company.purchase_orders()[0].lines]
    assert closed == [True, True, True, False]


def test_3250_is_a_change_while_orders_are_off(company, order, mod):
    """With the preference off a Mod is refused too."""
    company.human.set_preference("PurchasesAndVendorsPreferences/IsUsingInventory", "false")
    assert mod("<Memo>x</Memo>") == 3250
    assert company.purchase_orders() == [order]
