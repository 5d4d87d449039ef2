"""Stories of records that cannot be read as Procore has them by now: nothing older goes meanwhile."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

from qbsync.model.jobs import JobState
from qbsync.simulator.procore.invoice_maths import Billing

INVOICES = "/rest/v1.1/requisitions"
MINUTE = timedelta(minutes=1)
CONTRACTS = "/rest/v1.0/work_order_contracts"


def revise(company, invoice, line, work):
    """The subcontractor is asked for another bill, and it is approved."""
    invoices = company.state.invoices
    invoices.revise(invoice.id)
    invoices.edit(invoice.id, {line.id: Billing(work=Decimal(work).quantize(Decimal("0.01")))})
    invoices.submit(invoice.id)
    invoices.approve(invoice.id)


def show_a_stray_tax(company):
    """The invoices as Procore shows them next, with a tax that stands on none of their items."""
    query = {"project_id": str(company.project.id), "view": "extended"}
    shown = list(company.client.get_all(INVOICES, query, per_page=100))
    for one in shown:
        due = Decimal(one["summary"]["current_payment_due"]) + 20
        one["summary"].update(tax_applicable_to_this_payment="20.00", current_payment_due=str(due))
    company.procore.inject("GET", INVOICES, 200, json.dumps(shown, default=str))


def test_amounts_that_procore_has_no_more_are_not_billed(company, people):
    """Queued at 400, then revised with a stray tax: nothing is billed until it is mended, then 300 is."""
    contract, [line, _] = people.commit(1000, 500)
    company.sync()
    invoice = people.invoice(contract, {line: 400})
    company.pull()
    company.rig.clock.passes(MINUTE)
    revise(company, invoice, line, 300)
    show_a_stray_tax(company)
    company.sync()
    job = people.job("invoice", invoice.id)
    assert (job.state, job.waits_for) == (JobState.QUEUED, f"invoice:{invoice.id}")
    assert "20.00 of tax in Procore that stands on none of its items" in job.error
    assert company.rig.file.bills() == []
    revise(company, invoice, line, 300)
    company.later()
    assert [str(one.total) for one in company.rig.file.bills()] == ["300.00"]
    job = people.job("invoice", invoice.id)
    assert (job.state, job.error) == (JobState.SYNCED, "")
    assert company.differences() == []


def test_a_garbled_answer_loses_no_job(company, people):
    """An accepted order whose new reading came garbled goes by itself once it is read as it was."""
    contract, _ = people.commit(1000)
    company.pull()
    job = people.job("commitment", contract.id)
    company.rig.clock.passes(MINUTE)
    company.state.edit_commitment(contract.id, title="Other walls")
    company.state.edit_commitment(contract.id, title="Walls")
    company.procore.inject("GET", f"{CONTRACTS}/{contract.id}", 200, "<html>")
    company.sync()
    waits = people.job("commitment", contract.id)
    assert (waits.state, waits.waits_for) == (JobState.QUEUED, f"commitment:{contract.id}")
    assert company.rig.file.purchase_orders() == []
    company.later()
    gone = people.job("commitment", contract.id)
    assert (gone.id, gone.state, gone.error) == (job.id, JobState.SYNCED, "")
    assert len(company.rig.file.purchase_orders()) == 1
