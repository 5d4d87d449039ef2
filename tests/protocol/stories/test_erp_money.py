"""Stories of ids and money on the ERP feed: what is told to be done is done, on both sides."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from qbsync.flows import linking, missing, review, setup, unlinking
from qbsync.model.records import RecordKey, RecordKind
from qbsync.simulator.procore.erp_rows import FAILED, IN_PROGRESS, SUCCESS, Kind, Stage
from qbsync.store.tables import LinkRow

FOREVER = 10**6
EXTERNAL = "/rest/v1.0/companies/*/external_data/sync"


@pytest.fixture
def people(office, people_of):
    """The people of the office's company."""
    return people_of(office.company)


def _committed(office, people, *amounts, number="SC-1"):
    """A subcontract with Acme that is a purchase order; gives it and its lines."""
    contract, _ = people.commit(*amounts, number=number)
    office.sends(Kind.COMMITMENT, contract.id)
    office.goes_on(minutes=2)
    assert office.item(Kind.COMMITMENT, contract.id) == (Stage.SYNCED, "")
    return contract, office.state.lines(contract.id)


# An unlink of what is not linked here.


def _restored(office, kind):
    """The database was put back to an earlier day: it knows no link of that kind."""
    with office.rig.database.write() as tx:
        tx.execute(sa.delete(LinkRow).where(LinkRow.kind == kind.value))


def _forgotten_and_deleted(office):
    """The database knows no commitment, and somebody deleted its purchase order."""
    _restored(office, RecordKind.COMMITMENT)
    [order] = office.rig.file.purchase_orders()
    office.rig.file.human.delete("PurchaseOrder", order.txn_id)


def test_an_unlink_without_a_link_is_refused_while_quickbooks_has_the_purchase_order(office, people):
    """After the database was restored the record is linked again by the id that Procore names."""
    contract, _ = _committed(office, people, 1000)
    txn_id = office.link_of(RecordKind.COMMITMENT, contract.id)
    _restored(office, RecordKind.COMMITMENT)
    request = office.tool.unlink(Kind.COMMITMENT, contract.id)
    office.goes_on()
    assert office.detail_of(request).status == FAILED
    assert "is still in QuickBooks" in office.detail_of(request).messages[0]
    assert office.link_of(RecordKind.COMMITMENT, contract.id) == txn_id


def test_an_unlink_without_a_link_waits_until_procore_has_let_go(office, people):
    """Clearing the ids meets a 503: the detail stays open, and ends once header and lines carry none."""
    contract, lines = _committed(office, people, 1000, 500)
    _forgotten_and_deleted(office)
    request = office.tool.unlink(Kind.COMMITMENT, contract.id)
    office.procore.inject("PATCH", EXTERNAL, 503, times=FOREVER)
    office.goes_on()
    assert office.detail_of(request).status == IN_PROGRESS
    office.procore.heal()
    office.goes_on()
    assert office.detail_of(request).status == SUCCESS
    assert office.state.commitment(contract.id).origin_id is None
    assert [office.state.line(line.id).origin_id for line in lines] == [None, None]
    assert office.tool.violations == []


def test_an_unlink_whose_ids_procore_keeps_fails_in_words(office, people):
    """Procore refuses to clear the ids: the detail fails and says so; unlinked again it is done."""
    contract, _ = _committed(office, people, 1000)
    _forgotten_and_deleted(office)
    request = office.tool.unlink(Kind.COMMITMENT, contract.id)
    office.procore.inject("PATCH", EXTERNAL, 403, times=FOREVER)
    office.goes_on()
    detail = office.detail_of(request)
    assert detail.status == FAILED
    assert detail.messages[0].startswith("It is unlinked, but Procore kept its id.")
    assert detail.messages[0].endswith("then unlink it again.")
    office.procore.heal()
    again = office.tool.unlink(Kind.COMMITMENT, contract.id)
    office.goes_on()
    assert office.detail_of(again).status == SUCCESS
    assert office.state.commitment(contract.id).origin_id is None


# A cost code that is in use.


@pytest.mark.parametrize("at", ["queued", "held", "sent", "in doubt", "synced"])
def test_a_cost_code_that_an_export_uses_is_not_deleted(office, people, at):
    """A commitment is on its way to QuickBooks, or there: its cost code stays in Procore, which says why."""
    contract, _ = people.commit(1000)
    office.sends(Kind.COMMITMENT, contract.id)
    office.pull()
    match at:
        case "held":
            review.hold(office.rig.desk(), people.job("commitment", contract.id).id)
        case "sent" | "in doubt":
            office.company.pc.until_write()
        case "synced":
            office.goes_on()
        case _:
            pass
    if at == "in doubt":
        office.company.pc.say_status(9002)
        office.company.pc.deliver()
    assert people.job("commitment", contract.id).state == at.replace(" ", "_")
    request = office.tool.delete_cost_codes(office.company.project.id, [office.company.codes[0]])
    office.pull()
    office.company.push()
    detail = office.detail_of(request)
    assert detail.status == FAILED
    assert "is still used by the commitment SC-1 Walls" in detail.messages[0]
    assert ("on its way" in detail.messages[0]) == (at != "synced")
    assert office.state.cost_code(office.company.codes[0]).code == "010"


def test_a_cost_code_is_deleted_once_nothing_uses_it(office, people):
    """The purchase order is deleted, the commitment unlinked, its line deleted: the cost code goes."""
    contract, [line] = _committed(office, people, 1000)
    [order] = office.rig.file.purchase_orders()
    office.rig.file.human.delete("PurchaseOrder", order.txn_id)
    unlinked = office.tool.unlink(Kind.COMMITMENT, contract.id)
    office.goes_on()
    assert office.detail_of(unlinked).status == SUCCESS
    office.state.delete_line(line.id)
    request = office.tool.delete_cost_codes(office.company.project.id, [office.company.codes[0]])
    office.goes_on()
    assert (office.detail_of(request).status, office.detail_of(request).messages) == (SUCCESS, ())


def test_where_costs_are_not_read_no_cost_code_is_deleted(office):
    """Nobody reads what jobs cost: whether QuickBooks uses the code cannot be told, and that is said."""
    office.rig.set(cost_minutes="0")
    request = office.tool.delete_cost_codes(office.company.project.id, [office.company.codes[0]])
    office.goes_on()
    detail = office.detail_of(request)
    assert detail.status == FAILED
    assert "What jobs cost is not read from QuickBooks" in detail.messages[0]


# A reset while the answer is lost.


def test_a_bill_whose_answer_was_lost_before_a_reset_is_told_again(office, people):
    """The bill is in QuickBooks, nobody knows, a super user resets it: exported again it is that bill."""
    contract, lines = _committed(office, people, 1000)
    invoice = people.invoice(contract, {lines[0]: 400})
    office.sends(Kind.REQUISITION, invoice.id)
    office.pull()
    office.rig.clock.passes(timedelta(minutes=1))
    pc = office.company.pc
    pc.until_write()
    pc.execute()
    pc.vanish()
    office.tool.reset_requisition(invoice.id)
    office.pull()
    office.sends(Kind.REQUISITION, invoice.id)
    office.goes_on(rounds=4)
    assert office.item(Kind.REQUISITION, invoice.id) == (Stage.SYNCED, "")
    assert len(list(office.rig.file.bills())) == 1
    assert office.tool.violations == []
    office.company.settle()
    assert office.company.differences() == []


# Cost codes whose ids Procore refused.


def _annex(office):
    """A second project, sent and accepted; gives it."""
    project = office.state.create_project("Annex")
    office.sends(Kind.JOB, project.id, customer="Ridge Owners")
    return project


def _code_ids_are_refused(office, monkeypatch):
    """A right is missing for the ids of cost codes alone."""
    right = office.company.client.call

    def call(method, path, **more):
        updates = more["body"]["updates"] if "external_data" in path else ()
        if any(one["item_type"] == "cost_code" for one in updates):
            return right(method, "/rest/v1.0/companies/1/nowhere", **more)
        return right(method, path, **more)

    monkeypatch.setattr(office.company.client, "call", call)


def test_a_cost_code_refused_once_is_told_with_the_next_export(office, monkeypatch):
    """Procore refuses the ids of a project's cost codes: exported again, all of them are told."""
    project = _annex(office)
    _code_ids_are_refused(office, monkeypatch)
    office.goes_on()
    stage, said = office.item(Kind.JOB, project.id)
    assert stage is Stage.FAILED
    assert "Procore did not take its id" in said
    monkeypatch.undo()
    office.tool.accept(Kind.JOB, project.id, customer="Ridge Owners")
    office.goes_on()
    assert office.item(Kind.JOB, project.id) == (Stage.SYNCED, "")
    assert all(one.origin_id for one in office.state.cost_codes(project.id) if one.code != "01")


def test_a_refused_cost_code_that_is_gone_fails_no_later_export(office, monkeypatch):
    """One of the refused cost codes is deleted in Procore meanwhile: the project's next export is done."""
    project = _annex(office)
    _code_ids_are_refused(office, monkeypatch)
    office.goes_on()
    monkeypatch.undo()
    [code] = [one for one in office.state.cost_codes(project.id) if one.code == "020"]
    office.state.delete_cost_code(code.id)
    office.tool.accept(Kind.JOB, project.id, customer="Ridge Owners")
    office.goes_on()
    assert office.item(Kind.JOB, project.id) == (Stage.SYNCED, "")
    assert office.tool.violations == []


def test_an_export_that_waits_with_a_refused_id_ends_by_that_when_it_is_exported_again(
    office, people, monkeypatch
):
    """Cost codes are refused while another one is on hold, and their project is exported again."""
    tool, lists = office.tool, office.tool.code_list()
    waits = office.state.create_standard_cost_code(lists, "040", "Work 040")
    tool.send(Kind.STANDARD_COST_CODE, waits.id)
    tool.accept(Kind.STANDARD_COST_CODE, waits.id)
    office.pull()
    held = people.job("cost_code", waits.id)
    review.hold(office.rig.desk(), held.id)
    project = office.state.create_project("Annex")
    first = office.sends(Kind.JOB, project.id, customer="Ridge Owners")
    _code_ids_are_refused(office, monkeypatch)
    office.goes_on()
    monkeypatch.undo()
    assert office.detail_of(first).status == IN_PROGRESS
    tool.reset_job(project.id)
    second = office.sends(Kind.JOB, project.id, customer="Ridge Owners")
    office.goes_on()
    stale = office.detail_of(first)
    assert [one.status for one in tool.closings if one.detail_id == stale.id] == [FAILED]
    review.release(office.rig.desk(), held.id)
    office.goes_on(rounds=3)
    assert office.detail_of(second).status == SUCCESS
    assert all(one.origin_id for one in office.state.cost_codes(project.id) if one.code != "01")


def test_an_export_that_quickbooks_is_executing_does_not_end_by_a_refusal_of_before(
    office, people, monkeypatch
):
    """A cost code is refused while QuickBooks has its project in hand: that export ends by the answer."""
    tool, pc = office.tool, office.company.pc
    code = office.state.create_standard_cost_code(tool.code_list(), "040", "Work 040")
    project = _annex(office)
    office.goes_on()
    assert office.item(Kind.JOB, project.id) == (Stage.SYNCED, "")
    tool.send(Kind.STANDARD_COST_CODE, code.id)
    tool.accept(Kind.STANDARD_COST_CODE, code.id)
    office.pull(after=timedelta(minutes=20))
    pc.until_write()
    office.state.edit_project(project.id, name="Annex East")
    tool.reset_job(project.id)
    out = office.sends(Kind.JOB, project.id, customer="Ridge Owners")
    office.pull()
    pc.execute()
    pc.deliver()
    while "newMessageSetID" not in pc.send():
        pc.execute()
        pc.deliver()
    assert people.job("project", project.id).state == "sent"
    _code_ids_are_refused(office, monkeypatch)
    office.company.push()
    monkeypatch.undo()
    tool.reset_job(project.id)
    last = office.sends(Kind.JOB, project.id, customer="Ridge Owners")
    office.pull()
    office.company.push()
    stale = office.detail_of(out)
    assert [one for one in tool.closings if one.detail_id == stale.id] == []
    pc.execute()
    pc.deliver()
    pc.close()
    office.goes_on()
    assert [one.status for one in tool.closings if one.detail_id == stale.id] == [SUCCESS]
    assert office.detail_of(last).status == SUCCESS


# A budget that QuickBooks does not have yet.


def _estimates(office):
    """Every estimate that Procore shows of the project's cost codes and is more than nothing."""
    rows = office.tool.tables.job_costs_of(office.company.project.id)
    return [row.figures["estimate"] for row in rows if row.figures.get("estimate")]


def test_figures_tell_the_budget_that_quickbooks_has(office, people):
    """An update of the budget is on hold while costs are read: Procore keeps the estimate of the books."""
    project, budgets, company = office.company.project.id, office.state.budgets, office.company
    line = budgets.add_line(project, company.codes[0], Decimal(1000), company.cost_type.id)
    budgets.lock(project)
    office.sends(Kind.BUDGET, project)
    office.goes_on(rounds=3)
    assert _estimates(office) == [1000]
    budgets.change(project, {line.id: Decimal(500)})
    office.sends(Kind.BUDGET, project)
    office.pull()
    job = people.job("budget", project)
    review.hold(office.rig.desk(), job.id)
    spent = [("01:010", "Spent", Decimal(7))]
    office.rig.file.human.enter_cost(
        "Check", spent, job="Ridge Owners:Tower", payee="Bayline", account="Checking"
    )
    office.goes_on(rounds=2, minutes=130)
    assert _estimates(office) == [1000]
    review.release(office.rig.desk(), job.id)
    office.goes_on(rounds=3)
    assert _estimates(office) == [1500]
    assert office.tool.violations == []


def test_an_update_of_the_budget_starts_from_what_quickbooks_has(office, monkeypatch):
    """Procore names what changed alone: what an update named that failed, and was taken back, is not told."""
    project, budgets, tool = office.company.project.id, office.state.budgets, office.tool
    first, second = (
        budgets.add_line(project, code, Decimal(100), office.company.cost_type.id)
        for code in office.company.codes[:2]
    )
    budgets.lock(project)
    office.sends(Kind.BUDGET, project)
    office.goes_on(rounds=3)
    monkeypatch.setattr(tool, "_by_chance", lambda: True)
    human, [estimate] = office.rig.file.human, office.rig.file.estimates()
    human.edit_line("Estimate", estimate.txn_id, 0, Amount="950.00")
    change = budgets.change(project, {first.id: Decimal(50)})
    office.sends(Kind.BUDGET, project)
    office.goes_on(rounds=3)
    assert office.item(Kind.BUDGET, project)[0] == Stage.FAILED
    human.edit_line("Estimate", estimate.txn_id, 0, Amount="100.00")
    budgets.decide(change.id, "void")
    for row in tool.tables.transactions_of(project):
        if not row.synced:
            tool.tables.transactions.delete(row.id)
    budgets.change(project, {second.id: Decimal(7)})
    request = tool.accept(Kind.BUDGET, project)
    assert [cost["new_amount"] for cost in request.data["job_costs"]] == [107]
    office.goes_on(rounds=3)
    assert office.item(Kind.BUDGET, project) == (Stage.SYNCED, "")
    [estimate] = office.rig.file.estimates()
    assert [line.amount for line in estimate.lines] == [100, 107]
    assert _estimates(office) == [100, 107]
    assert office.company.differences() == []


# Vendors that were merged.


@pytest.mark.parametrize("reset", [False, True], ids=["as it was", "exported again"])
def test_an_invoice_of_a_merged_vendors_commitment_is_a_bill_of_the_orders_vendor(office, people, reset):
    """Acme became Bayline in Procore: the purchase order is Acme's in QuickBooks, and so is its bill."""
    contract, lines = _committed(office, people, 1000)
    acme, bayline = office.company.vendors
    office.tool.merge_vendors(bayline.id, [acme.id])
    office.goes_on(rounds=1)
    if reset:
        office.tool.reset_job(office.company.project.id)
        office.goes_on(rounds=1)
        office.company.settle()
    invoice = people.invoice(contract, {lines[0]: 400})
    office.sends(Kind.REQUISITION, invoice.id)
    office.goes_on()
    assert office.item(Kind.REQUISITION, invoice.id) == (Stage.SYNCED, "")
    [bill], [order] = office.rig.file.bills(), office.rig.file.purchase_orders()
    assert bill.vendor_id == order.vendor_id


def test_an_invoice_follows_the_id_that_the_merged_vendor_gave_to_another(office, people):
    """The vendor that stays had no id and takes the merged one's: its older commitments are billed on."""
    contract, lines = _committed(office, people, 1000)
    acme, _ = office.company.vendors
    master = office.state.create_vendor("Acme Group")
    office.tool.merge_vendors(master.id, [acme.id])
    office.goes_on(rounds=1)
    assert office.link_of(RecordKind.VENDOR, acme.id) is None
    invoice = people.invoice(contract, {lines[0]: 400})
    office.sends(Kind.REQUISITION, invoice.id)
    office.goes_on()
    assert office.item(Kind.REQUISITION, invoice.id) == (Stage.SYNCED, "")


def test_a_commitment_that_waits_goes_on_after_its_vendor_was_merged(office, people):
    """It was accepted under the old vendor and QuickBooks is closed: it goes to the one that stays."""
    contract, _ = people.commit(1000)
    office.sends(Kind.COMMITMENT, contract.id)
    office.pull()
    acme, bayline = office.company.vendors
    office.tool.merge_vendors(bayline.id, [acme.id])
    office.goes_on()
    assert office.item(Kind.COMMITMENT, contract.id) == (Stage.SYNCED, "")
    assert office.troubles() == {}
    [order] = office.rig.file.purchase_orders()
    assert order.vendor_id == office.link_of(RecordKind.VENDOR, bayline.id)


def test_a_commitment_waits_again_when_what_its_vendor_became_is_unlinked(office, people):
    """It names the vendor that was merged; it goes once the one that stays is linked anew."""
    contract, _ = people.commit(1000)
    office.sends(Kind.COMMITMENT, contract.id)
    office.pull()
    acme, bayline = office.company.vendors
    office.tool.merge_vendors(bayline.id, [acme.id])
    office.pull()
    assert people.job("commitment", contract.id).waits_for == ""
    key = RecordKey(kind=RecordKind.VENDOR, procore_id=str(bayline.id))
    was = office.link_of(RecordKind.VENDOR, bayline.id)
    unlinking.unlink(office.rig.desk(), office.rig.name, key)
    assert people.job("commitment", contract.id).waits_for == f"vendor:{acme.id}"
    linking.link(office.rig.desk(), office.rig.name, key, was)
    office.goes_on()
    assert office.item(Kind.COMMITMENT, contract.id) == (Stage.SYNCED, "")


def test_a_commitment_goes_once_its_unlinked_vendor_is_merged_into_one_that_is_linked(office, people):
    """It waits for a vendor that Procore then merges away: it is an order of the one that stays, at once."""
    contract, _ = people.commit(1000)
    office.sends(Kind.COMMITMENT, contract.id)
    office.pull()
    acme, bayline = office.company.vendors
    key = RecordKey(kind=RecordKind.VENDOR, procore_id=str(acme.id))
    unlinking.unlink(office.rig.desk(), office.rig.name, key)
    assert people.job("commitment", contract.id).waits_for == str(key)
    office.tool.merge_vendors(bayline.id, [acme.id])
    office.goes_on()
    assert office.item(Kind.COMMITMENT, contract.id) == (Stage.SYNCED, "")
    [order] = office.rig.file.purchase_orders()
    assert order.vendor_id == office.link_of(RecordKind.VENDOR, bayline.id)


def test_a_check_of_procore_pay_goes_to_the_bills_vendor(office, people):
    """The invoice was a bill before its vendor was merged: what Procore Pay paid is a check to that one."""
    office.rig.set(payment_account="Checking")
    contract, lines = _committed(office, people, 1000)
    invoice = people.invoice(contract, {lines[0]: 400})
    office.sends(Kind.REQUISITION, invoice.id)
    office.goes_on()
    acme, bayline = office.company.vendors
    office.tool.merge_vendors(bayline.id, [acme.id])
    office.goes_on(rounds=1)
    payment = office.tool.pay(invoice.id, Decimal(400))
    office.goes_on()
    assert office.item(Kind.PAYMENT, payment.id) == (Stage.SYNCED, "")
    [bill] = office.rig.file.bills()
    assert bill.is_paid


@pytest.mark.parametrize("in_doubt", [False, True])
def test_a_vendor_merged_before_quickbooks_has_it_changes_no_other(office, in_doubt):
    """It waits, or its answer was lost: it is not made any more, and the one that stays keeps its name."""
    bayline = office.company.vendors[1]
    twin = office.state.create_vendor("Acme Twin LLC")
    before = sorted(one.name for one in office.rig.file.vendors())
    office.sends(Kind.VENDOR, twin.id)
    office.pull()
    if in_doubt:
        pc = office.rig.pc()
        pc.until_write()
        pc.say_status(9002)
        pc.deliver()
        pc.close()
    office.tool.merge_vendors(bayline.id, [twin.id])
    office.goes_on(rounds=4)
    assert sorted(one.name for one in office.rig.file.vendors()) == before
    assert office.link_of(RecordKind.VENDOR, twin.id) is None
    assert office.link_of(RecordKind.VENDOR, bayline.id) is not None


def test_an_export_of_a_merged_vendor_changes_no_other(office):
    """Exported once more before Procore had merged it, which comes last: the other keeps its name."""
    bayline = office.company.vendors[1]
    twin = office.state.create_vendor("Acme Twin LLC")
    before = sorted(one.name for one in office.rig.file.vendors())
    first = office.sends(Kind.VENDOR, twin.id)
    office.tool.merge_vendors(bayline.id, [twin.id])
    again = office.tool.tables.details.create(
        request_id=first.id, purpose="export", item_type="vendor", item_id=twin.id
    )
    office.tool.raise_event(first.name, {**first.data, "request_detail_id": again.id})
    office.goes_on(rounds=3)
    assert sorted(one.name for one in office.rig.file.vendors()) == sorted([*before, twin.name])
    assert office.link_of(RecordKind.VENDOR, twin.id) != office.link_of(RecordKind.VENDOR, bayline.id)


def test_what_procore_pay_paid_is_no_payment_to_be_taken_back(office, people):
    """A restored backup lacks the bill and its check: both go again, and Procore keeps its one payment."""
    office.rig.set(payment_account="Checking")
    backup = office.rig.file.snapshot()
    contract, lines = _committed(office, people, 1000)
    invoice = people.invoice(contract, {lines[0]: 400})
    office.sends(Kind.REQUISITION, invoice.id)
    office.goes_on()
    office.tool.pay(invoice.id, Decimal(400))
    office.goes_on(rounds=3)
    office.rig.file.restore(backup)
    office.rig.clock.passes(timedelta(hours=2))
    office.company.pc.update()
    missing.send_again(office.rig.desk(), office.rig.name, None)
    setup.confirm_file(office.rig.desk(), office.rig.name)
    office.goes_on(rounds=5)
    assert [one.amount for one in office.state.payments.all()] == [400]
    assert [one.is_paid for one in office.rig.file.bills()] == [True]
