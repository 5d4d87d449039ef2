"""Stories of a Canadian company file, whose lines carry sales tax codes."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from qbsync.flows import costs, review, setup
from qbsync.model.jobs import JobState
from qbsync.simulator.procore.invoice_maths import Billing
from qbsync.store import connections

MAP = "GST=G, HST ON=H, none=E"


@pytest.fixture
def company(make_company):
    """A Canadian company with GST of 5 percent and HST of 13 on both sides, mapped to each other."""
    company = make_company("CA")
    for code, rate in (("G", "5"), ("H", "13"), ("E", "0")):
        company.rig.file.human.add_sales_tax_code(code, rate)
    company.gst = company.state.create_tax_code("GST", Decimal(5)).id
    company.hst = company.state.create_tax_code("HST ON", Decimal(13)).id
    company.pst = company.state.create_tax_code("PST BC", Decimal(7)).id
    company.rig.set(tax_codes=MAP)
    setup.refresh(company.rig.desk(), company.rig.name)
    company.pc.update()
    return company


def taxed(company, people, *codes, number="SC-1", currency="CAD"):
    """An approved subcontract, a line of 1,000 for each tax code (None: untaxed); gives it and its lines."""
    contract, lines = people.commit(*(1000 for _ in codes), number=number, approved=False, currency=currency)
    for line, code in zip(lines, codes, strict=True):
        company.state.edit_line(line.id, tax_code_id=code)
    company.state.approve(contract.id)
    return contract, company.state.lines(contract.id)


def lines_of(company, query, tag):
    """The lines that a query shows, each with what stands in it."""
    asked = (
        '<?xml version="1.0"?><?qbxml version="13.0"?><QBXML><QBXMLMsgsRq onError="stopOnError">'
        f"<{query}Rq><IncludeLineItems>true</IncludeLineItems></{query}Rq></QBXMLMsgsRq></QBXML>"
    )
    return re.findall(f"<{tag}>(.*?)</{tag}>", company.rig.file.process(asked), re.DOTALL)


def codes_of(company, query, tag):
    """The tax code of each line."""
    found = [re.search(r"<SalesTaxCodeRef>.*?<FullName>(.*?)<", one) for one in lines_of(company, query, tag)]
    return [one[1] if one else "" for one in found]


def test_a_company_lives_through_all_of_it_in_canada(company, people):
    """Budget, commitment, change order, invoice with tax and retainage, and payment: QuickBooks has them all.

    The bill's total is Procore's current payment due, tax included, and its payment comes back.
    """
    company.state.budgets.add_line(company.project.id, company.codes[0], Decimal(5000))
    company.state.budgets.lock(company.project.id)
    contract, lines = taxed(company, people, company.gst, company.hst, None)
    company.sync()
    assert codes_of(company, "PurchaseOrderQuery", "PurchaseOrderLineRet") == ["G", "H", "E"]
    assert codes_of(company, "EstimateQuery", "EstimateLineRet") == ["E"]
    change = people.change(contract, (company.codes[0], Decimal(200), "Rock", lines[0].id))
    [row] = company.state.change_orders.lines(change.id)
    company.state.change_orders.edit_line(row.id, tax_code_id=company.gst)
    company.sync()
    assert codes_of(company, "PurchaseOrderQuery", "PurchaseOrderLineRet") == ["G", "H", "E", "G"]
    bills = {
        lines[0]: Billing(work=Decimal(400), retained=Decimal(40), tax=Decimal("20.00")),
        lines[1]: Billing(work=Decimal(100), retained=Decimal(10), tax=Decimal("13.00")),
        lines[2]: Billing(work=Decimal(50), retained=Decimal(5)),
    }
    invoice = people.invoice(contract, bills)
    company.sync()
    assert people.job("invoice", invoice.id).state == JobState.SYNCED
    [bill] = company.rig.file.bills()
    assert bill.total == company.state.invoices.figures(invoice.id).due == Decimal("528.00")
    assert codes_of(company, "BillQuery", "ItemLineRet") == ["G", "H", "E", "E"]
    company.rig.file.human.pay_bills({bill.txn_id: None}, account="Checking", ref_number="1001")
    company.settle()
    assert people.payments() == [("528.00", "1001")]
    assert company.rig.broken() == []


def test_retainage_is_taxed_where_procore_taxes_what_is_left(company, people):
    """The tax is 5 percent of 400 less 40: the retainage carries the code too, and the totals agree."""
    contract, lines = taxed(company, people, company.gst)
    company.sync()
    billing = Billing(work=Decimal(400), retained=Decimal(40), tax=Decimal("18.00"))
    invoice = people.invoice(contract, {lines[0]: billing})
    company.sync()
    [bill] = company.rig.file.bills()
    assert bill.total == company.state.invoices.figures(invoice.id).due == Decimal("378.00")
    assert codes_of(company, "BillQuery", "ItemLineRet") == ["G", "G"]


def direct_costs(company):
    """What the lines of the project's direct costs in Procore come to."""
    path = f"/rest/v1.0/projects/{company.project.id}/direct_costs/line_items"
    return [f"{amount:.2f}" for row in company.client.get_all(path) if (amount := Decimal(row["amount"]))]


def test_a_bill_that_came_out_otherwise_is_no_cost_beside_its_invoice(company, people):
    """GST is mapped to a code of 13 percent: a person must judge the bill, and nothing is counted twice.

    Once that person gives the job up, the bill is the bookkeeper's own, and costs what it says.
    """
    company.rig.set(tax_codes="GST=H, none=E")
    company.look()
    contract, lines = taxed(company, people, company.gst)
    company.sync()
    invoice = people.invoice(contract, {lines[0]: Billing(work=Decimal(400), tax=Decimal("20.00"))})
    company.sync()
    job = people.job("invoice", invoice.id)
    assert (job.state, job.code) == (JobState.IN_DOUBT, "misfit")
    company.later()
    company.later()
    assert direct_costs(company) == []
    with company.rig.database.read() as tx:
        [project] = costs.of_projects(tx, connections.get(tx, company.rig.id))
    assert [str(line.amount) for line in project.ours] == ["400.00"]
    review.cancel(company.rig.desk(), job.id)
    company.later()
    company.later()
    assert direct_costs(company) == ["400.00"]


def test_a_tax_that_quickbooks_would_reckon_otherwise_is_refused(company, people):
    """A tax of 19.99 on 400 at 5 percent cannot be: nothing is sent, both figures are named."""
    contract, lines = taxed(company, people, company.gst)
    company.sync()
    invoice = people.invoice(contract, {lines[0]: Billing(work=Decimal(400), tax=Decimal("19.99"))})
    company.sync()
    said = people.problems(people.job("invoice", invoice.id))
    assert "19.99" in said
    assert "20.00" in said
    assert company.rig.file.bills() == []


def test_a_code_of_another_rate_is_shown_with_both_totals(company, people):
    """GST is mapped to QuickBooks' HST: the bill comes to more, and waits for a person to mend the map."""
    company.rig.set(tax_codes="GST=H, none=E")
    contract, lines = taxed(company, people, company.gst)
    company.sync()
    invoice = people.invoice(contract, {lines[0]: Billing(work=Decimal(400), tax=Decimal("20.00"))})
    company.sync()
    job = people.job("invoice", invoice.id)
    assert job.state == JobState.IN_DOUBT
    assert "it comes to 452.00, Procore's to 420.00" in job.error
    assert "1 job" in people.said_by_doctor()["jobs_in_doubt"]
    assert company.state.invoices.get(invoice.id).origin_id is None
    [bill] = company.rig.file.bills()
    company.rig.file.human.delete("Bill", bill.txn_id)
    company.rig.set(tax_codes=MAP)
    people.retry(job)
    company.settle()
    [bill] = company.rig.file.bills()
    assert bill.total == Decimal("420.00")
    assert people.job("invoice", invoice.id).state == JobState.SYNCED
    assert company.state.invoices.get(invoice.id).origin_id == bill.txn_id


def test_a_tax_code_that_is_not_mapped_is_refused_until_it_is(company, people):
    """PST is not in the map: the commitment names it and stays; once it is mapped the commitment goes."""
    contract, _ = taxed(company, people, company.pst)
    company.sync()
    job = people.job("commitment", contract.id)
    assert "'PST BC' is not in the connection's map" in people.problems(job)
    assert "tax_codes=" in job.review["problems"][0]["guidance"]
    assert company.rig.file.purchase_orders() == []
    company.rig.set(tax_codes=f"{MAP}, PST BC=P")
    company.sync()
    assert "no sales tax code 'P'" in people.problems(people.job("commitment", contract.id))
    company.rig.file.human.add_sales_tax_code("P", "7")
    company.settle()
    assert codes_of(company, "PurchaseOrderQuery", "PurchaseOrderLineRet") == ["P"]


def test_a_canadian_file_wants_a_code_for_untaxed_lines_too(company, people):
    """Without `none` in the map an untaxed commitment is refused, and doctor says what to set."""
    company.rig.set(tax_codes="GST=G")
    contract, _ = taxed(company, people, None)
    company.sync()
    assert "names none for lines without tax" in people.problems(people.job("commitment", contract.id))
    assert "none=" in people.said_by_doctor()["tax_codes"]
    company.rig.set(tax_codes=MAP)
    company.settle()
    assert codes_of(company, "PurchaseOrderQuery", "PurchaseOrderLineRet") == ["E"]
    assert "tax_codes" not in people.said_by_doctor()


def test_a_us_file_takes_no_taxed_record(make_company, people_of):
    """A tax code on a line, or a tax on an invoice, is refused with advice, whatever the map says."""
    company = make_company()
    people = people_of(company)
    tax = company.state.create_tax_code("GST", Decimal(5)).id
    contract, lines = taxed(company, people, tax, currency="USD")
    company.sync()
    job = people.job("commitment", contract.id)
    assert "no tax codes are set up" in people.problems(job)
    company.rig.set(tax_codes="GST=G")
    company.sync()
    assert "a US company file takes no tax" in people.problems(people.job("commitment", contract.id))
    assert "US" in people.said_by_doctor()["tax_codes"]
    assert company.rig.file.purchase_orders() == []
    plain, lines = people.commit(1000, number="SC-2")
    company.sync()
    invoice = people.invoice(plain, {lines[0]: Billing(work=Decimal(400), tax=Decimal(20))})
    company.sync()
    assert "It has 20.00 of tax" in people.problems(people.job("invoice", invoice.id))
    assert company.rig.file.bills() == []


def test_a_negative_invoice_with_tax_becomes_a_vendor_credit_with_tax(company, people):
    """The credit comes to what Procore's invoice does, its tax included."""
    company.rig.set(negative_invoices="vendor_credit")
    contract, lines = taxed(company, people, company.gst)
    company.sync()
    people.invoice(contract, {lines[0]: Billing(work=Decimal(400), tax=Decimal(20))})
    company.sync()
    back = people.invoice(contract, {lines[0]: Billing(work=Decimal(-100), tax=Decimal(-5))}, "I-2")
    company.sync()
    assert people.job("invoice", back.id).state == JobState.SYNCED
    assert codes_of(company, "VendorCreditQuery", "ItemLineRet") == ["G"]
    [credit] = [cost for cost in company.rig.file.costs() if cost.kind == "VendorCredit"]
    assert sum(line.amount for line in credit.lines) == Decimal(-100)


def test_a_bill_that_is_one_by_its_tax_alone_stays_linked_and_paid(company, people):
    """Its lines come to -2.00, and with tax to 2.90: a retry asks for it as a bill, and finds it."""
    company.rig.set(negative_invoices="vendor_credit")
    contract, lines = taxed(company, people, None, company.gst)
    company.sync()
    bills = {lines[0]: Billing(work=Decimal(400)), lines[1]: Billing(work=Decimal(400), tax=Decimal(20))}
    people.invoice(contract, bills)
    company.sync()
    bills = {lines[0]: Billing(work=Decimal(-100)), lines[1]: Billing(work=Decimal(98), tax=Decimal("4.90"))}
    invoice = people.invoice(contract, bills, "I-2")
    company.sync()
    [_, bill] = company.rig.file.bills()
    assert bill.total == Decimal("2.90")
    company.rig.file.human.pay_bills({bill.txn_id: None}, account="Checking", ref_number="1001")
    company.settle()
    people.retry(people.job("invoice", invoice.id))
    company.settle()
    job = people.job("invoice", invoice.id)
    assert (job.state, job.error) == (JobState.SYNCED, "The invoice is still in QuickBooks.")
    assert people.payments() == [("2.90", "1001")]


@pytest.mark.parametrize(("code", "tax"), [("gst", "5.00"), ("hst", "13.00")])
def test_a_billed_change_order_takes_the_code_of_the_line_it_changes(company, people, code, tax):
    """A package shows no tax codes: the same code goes, another is refused with both figures."""
    contract, lines = taxed(company, people, company.gst)
    company.sync()
    change = people.change(contract, (company.codes[0], Decimal(200), "Rock", lines[0].id), status="draft")
    [row] = company.state.change_orders.lines(change.id)
    company.state.change_orders.edit_line(row.id, tax_code_id=getattr(company, code))
    company.state.change_orders.approve(change.id)
    company.sync()
    invoice = people.invoice(contract, {row: Billing(work=Decimal(100), tax=Decimal(tax))})
    company.sync()
    job = people.job("invoice", invoice.id)
    if code == "gst":
        assert job.state == JobState.SYNCED
        assert codes_of(company, "BillQuery", "ItemLineRet") == ["G"]
    else:
        assert job.state == JobState.STAGED
        assert "13.00" in people.problems(job)
        assert "5.00" in people.problems(job)
        assert company.rig.file.bills() == []
