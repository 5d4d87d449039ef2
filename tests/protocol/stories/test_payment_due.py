"""Stories of invoices whose current payment due Procore does not say: none becomes a bill unchecked."""

from __future__ import annotations

import json

import pytest

from qbsync.errors import StateError
from qbsync.model.jobs import JobState
from qbsync.simulator.procore.erp_rows import Kind, Stage

INVOICES = "/rest/v1.1/requisitions"


def without_due(company, path=INVOICES, *, due=None):
    """The invoices as Procore shows them next at that path, without their summary, or with that due alone."""
    query = {"project_id": str(company.project.id), "view": "extended"}
    summary = None if due is None else {"current_payment_due": due}
    if path == INVOICES:
        shown = [{**one, "summary": summary} for one in company.client.get_all(path, query, per_page=100)]
    else:
        shown = {**company.client.get(path, query), "summary": summary}
    company.procore.inject("GET", path, 200, json.dumps(shown, default=str))


@pytest.mark.parametrize("lines", ["items", "expenses"])
def test_an_invoice_without_its_payment_due_waits_for_a_person(company, people, lines):
    """Under auto_accept too: another figure is refused, the right one sends it."""
    company.rig.set(bill_lines=lines)
    contract, [line, _] = people.commit(1000, 500)
    company.sync()
    invoice = people.invoice(contract, {line: 400})
    without_due(company)
    company.sync()
    job = people.job("invoice", invoice.id)
    assert (job.state, job.review["missing"]) == (JobState.STAGED, ["payment_due"])
    assert "Procore did not say what is due on it" in people.warnings(job)
    assert company.rig.file.bills() == []
    with pytest.raises(StateError, match=r"needs payment_due.*come to 400.00") as caught:
        people.accept(job)
    assert "Accept it with --set payment_due=" in caught.value.guidance
    for typed, words in (("399.99", "come to 400.00, .* due is 399.99"), ("four", "'four' is no amount")):
        with pytest.raises(StateError, match=words):
            people.accept(job, payment_due=typed)
    people.accept(job, payment_due="$400.00")
    company.pc.update()
    job = people.job("invoice", invoice.id)
    assert (job.state, job.record["payment_due"], job.choices) == (
        JobState.SYNCED,
        None,
        {"payment_due": "$400.00"},
    )
    [bill] = company.rig.file.bills()
    assert str(bill.total) == "400.00"
    company.settle()
    assert "\n".join(company.differences()) == ""


@pytest.fixture
def typed(company, people):
    """An invoice of 400.00 whose payment due the approver typed, with a number; and its job, accepted."""
    contract, [line] = people.commit(1000)
    company.sync()
    invoice = people.invoice(contract, {line: 400})
    without_due(company)
    company.pull()
    people.accept(people.job("invoice", invoice.id), payment_due="400", number="B-7")
    return invoice, people.job("invoice", invoice.id)


@pytest.mark.parametrize("sent", [False, True], ids=["before it is sent", "after"])
def test_that_procore_says_what_was_typed_stages_nothing(company, people, typed, sent):
    """What the approver accepted goes once, as he chose it."""
    invoice, job = typed
    if sent:
        company.pc.update()
    company.settle()
    assert people.job("invoice", invoice.id).id == job.id
    assert [(bill.ref_number, str(bill.total)) for bill in company.rig.file.bills()] == [("B-7", "400.00")]
    assert people.job("invoice", invoice.id).state == JobState.SYNCED


def test_an_invoice_goes_by_itself_once_procore_says_what_is_due(company, people):
    """The approver is not asked any more, and no job comes of it when Procore leaves the figure out again."""
    contract, [line] = people.commit(1000)
    company.sync()
    invoice = people.invoice(contract, {line: 400})
    without_due(company)
    company.sync()
    assert people.job("invoice", invoice.id).state == JobState.STAGED
    company.sync()
    job = people.job("invoice", invoice.id)
    assert (job.state, job.choices) == (JobState.SYNCED, {})
    without_due(company)
    company.pull()
    assert people.job("invoice", invoice.id).id == job.id


def test_another_payment_due_than_was_typed_is_shown_to_a_person(company, people, typed):
    """QuickBooks has the bill by then; the figure that Procore says is not what the items come to."""
    invoice, job = typed
    company.pc.update()
    without_due(company, due="399.00")
    company.pull()
    newer = people.job("invoice", invoice.id)
    assert (newer.id > job.id, newer.state) == (True, JobState.STAGED)
    said = " ".join(one["message"] for one in newer.review["problems"])
    assert "come to 400.00, Procore's current payment due is 399.00" in said


def test_another_payment_due_for_a_while_leaves_nothing_to_accept(company, people, typed):
    """Once Procore says again what was typed, QuickBooks has it so: the version in between is over."""
    invoice, _ = typed
    company.pc.update()
    without_due(company, due="399.00")
    company.pull()
    company.settle()
    assert people.job("invoice", invoice.id).state == JobState.CANCELLED
    assert [str(bill.total) for bill in company.rig.file.bills()] == ["400.00"]


def test_where_procore_says_what_is_due_nobody_types_it(company, people):
    """The approver is not asked for it, and what he types in its place is refused."""
    company.rig.set(auto_accept="none")
    contract, [line] = people.commit(1000)
    company.sync()
    people.accept(people.job("commitment", contract.id))
    company.sync()
    invoice = people.invoice(contract, {line: 400})
    company.sync()
    with pytest.raises(StateError, match="does not take 'payment_due'"):
        people.accept(people.job("invoice", invoice.id), payment_due="400.00")


@pytest.fixture
def send(office, people_of):
    """Sends an invoice of 400.00 whose request the test changes, and whose public record has no summary."""
    people = people_of(office.company)
    contract, [line] = people.commit(1000)
    office.company.settle()

    def send(**changes):
        invoice = people.invoice(contract, {line: 400})
        request = office.sends(Kind.REQUISITION, invoice.id)
        [raw] = request.data["requisitions"]
        office.tool.tables.requests.edit(request.id, data={"requisitions": [{**raw, **changes}]})
        without_due(office.company, f"{INVOICES}/{invoice.id}")
        office.goes_on()
        return invoice

    return send


def test_on_the_erp_feed_an_invoice_without_any_payment_due_fails_in_words(office, send):
    """Neither the request nor the public record says it: its people read so, and QuickBooks gets nothing."""
    invoice = send(formatted_payment_due=None)
    stage, said = office.item(Kind.REQUISITION, invoice.id)
    assert stage == Stage.FAILED
    assert "Procore did not say what is due on it; its items come to 400.00" in said
    assert "enter the bill in QuickBooks by hand" in said
    assert office.rig.file.bills() == []


@pytest.mark.parametrize(("due", "stage"), [("$400.00", Stage.SYNCED), ("$399.00", Stage.FAILED)])
def test_on_the_erp_feed_the_request_s_payment_due_stands_in_for_the_public_record_s(
    office, send, due, stage
):
    """The items come from the public record, which lacks the figure: the request's decides."""
    [order] = office.rig.file.purchase_orders()
    item = {"procore_requisition_item_id": 1, "commitment_item_origin_id": f"{order.txn_id}|x", "amount": "1"}
    invoice = send(formatted_payment_due=due, line_items=[item])
    shown, said = office.item(Kind.REQUISITION, invoice.id)
    assert (shown, "come to 400.00, Procore's current payment due is 399.00" in said) == (
        stage,
        due == "$399.00",
    )
    assert [str(bill.total) for bill in office.rig.file.bills()] == ["400.00"] * (stage == Stage.SYNCED)
