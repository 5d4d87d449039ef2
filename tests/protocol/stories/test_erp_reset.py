"""Stories of a reset by a super user: Procore forgets ids, and what is exported again is as it was."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbsync.simulator.procore.erp_rows import Kind, Stage

FOREVER = 10**6
EXTERNAL = "/rest/v1.0/companies/*/external_data/sync"


@pytest.fixture
def people(office, people_of):
    """The people of the office's company."""
    return people_of(office.company)


@pytest.fixture
def changed(office, people):
    """A subcontract of 1000 and 500 with a change order of 50, both in one purchase order."""
    contract, (line, _) = people.commit(1000, 500)
    office.company.settle()
    order = people.change(contract, (line.cost_code_id, Decimal(50), "More", line.id))
    office.company.settle()
    return contract, order


def _ids(office, contract, order):
    """What Procore has as the ids of the commitment, of its lines, and of the change order and its own."""
    state = office.state
    order = state.change_orders.get(order.id)
    return [
        state.commitment(contract.id).origin_id,
        *(line.origin_id for line in state.lines(contract.id)),
        order.origin_id,
        *(line.origin_id for line in state.change_orders.lines(order.id)),
    ]


def test_a_job_is_reset_and_all_that_is_in_it_is_told_the_ids_that_it_had(office, people, changed):
    """A commitment, its change order and its invoice are exported anew: nothing is made, all ids are back."""
    contract, order = changed
    line = office.state.lines(contract.id)[0]
    invoice = people.invoice(contract, {line: 400})
    office.company.settle()
    before = _ids(office, contract, order)
    assert None not in before
    office.tool.reset_job(office.company.project.id)
    assert set(_ids(office, contract, order)) == {None}
    office.company.settle()
    for kind, one in (
        (Kind.COMMITMENT, contract),
        (Kind.CHANGE_ORDER, order),
        (Kind.REQUISITION, invoice),
    ):
        assert office.item(kind, one.id) == (Stage.SYNCED, "")
    assert _ids(office, contract, order) == before
    [purchase_order] = office.rig.file.purchase_orders()
    assert [one.amount for one in purchase_order.lines] == [1000, 500, 50]
    assert len(list(office.rig.file.bills())) == 1
    assert office.tool.violations == []
    assert office.company.differences() == []


def test_a_commitment_is_told_again_by_its_own_lines(office, people):
    """A line that somebody typed into the purchase order holds nothing up; one of ours that changed does."""
    contract, _ = people.commit(1000, 500)
    office.company.settle()
    [order], human = office.rig.file.purchase_orders(), office.rig.file.human
    human.add_line("PurchaseOrder", order.txn_id, ItemRef={"FullName": "01:020"}, Desc="Gate", Amount="70.00")
    office.tool.reset_job(office.company.project.id)
    office.company.settle()
    assert office.item(Kind.COMMITMENT, contract.id) == (Stage.SYNCED, "")
    assert office.state.commitment(contract.id).origin_id == order.txn_id
    human.edit_line("PurchaseOrder", order.txn_id, 0, Amount="900.00", Rate="900.00", Quantity="1")
    office.tool.reset_job(office.company.project.id)
    office.company.settle()
    stage, said = office.item(Kind.COMMITMENT, contract.id)
    assert stage is Stage.FAILED
    assert "line 1 is 900.00, Procore has 1000." in said


def test_a_commitment_whose_line_was_typed_again_is_told_again(office, people):
    """Its line was deleted and typed anew as it was, under another TxnLineID: that one is told to Procore."""
    contract, _ = people.commit(1000, 500)
    office.company.settle()
    [order], human = office.rig.file.purchase_orders(), office.rig.file.human
    human.edit_line("PurchaseOrder", order.txn_id, 1)
    human.add_line(
        "PurchaseOrder",
        order.txn_id,
        ItemRef={"FullName": "01:020"},
        Desc=order.lines[1].description,
        Quantity="500",
        Rate="1",
        CustomerRef={"FullName": "Ridge Owners:Tower"},
    )
    office.tool.reset_job(office.company.project.id)
    office.company.settle()
    assert office.item(Kind.COMMITMENT, contract.id) == (Stage.SYNCED, "")
    [order] = office.rig.file.purchase_orders()
    told = [line.origin_id for line in office.state.lines(contract.id)]
    assert told == [f"{order.txn_id}|{line.txn_line_id}" for line in order.lines]
    assert "\n".join(office.company.differences()) == ""


@pytest.mark.parametrize("others", ["a change order's", "somebody's"])
def test_no_others_line_is_taken_for_a_commitments_that_is_gone(office, people, others):
    """Ours of 500 was deleted, another of 500 stands there: the commitment fails and says what is missing."""
    contract, (line, _) = people.commit(1000, 500)
    office.company.settle()
    if others == "a change order's":
        people.change(contract, (line.cost_code_id, Decimal(500), "More", None))
        office.company.settle()
    [order], human = office.rig.file.purchase_orders(), office.rig.file.human
    if others == "somebody's":
        gate = {"ItemRef": {"FullName": "01:030"}, "Desc": "Gate", "Quantity": "1", "Rate": "500"}
        human.add_line("PurchaseOrder", order.txn_id, **gate, CustomerRef={"FullName": "Ridge Owners:Tower"})
    human.edit_line("PurchaseOrder", order.txn_id, 1)
    office.tool.reset_job(office.company.project.id)
    office.company.settle()
    stage, said = office.item(Kind.COMMITMENT, contract.id)
    assert stage is Stage.FAILED
    assert "it has 1 lines, Procore has 2" in said


def test_a_change_order_whose_mark_someone_wrote_over_is_not_made_again(office, changed):
    """Exported anew it fails, for its line is still there; it is told again once that has its mark."""
    contract, order = changed
    [held], human = office.rig.file.purchase_orders(), office.rig.file.human
    human.edit_line("PurchaseOrder", held.txn_id, 2, Desc="Drywall")
    office.tool.reset_job(office.company.project.id)
    office.company.settle()
    stage, said = office.item(Kind.CHANGE_ORDER, order.id)
    assert stage is Stage.FAILED
    assert "someone may have written another description over that" in said
    human.edit_line("PurchaseOrder", held.txn_id, 2, Desc=held.lines[2].description)
    office.tool.reset_job(office.company.project.id)
    office.company.settle()
    assert office.item(Kind.CHANGE_ORDER, order.id) == (Stage.SYNCED, "")
    [held] = office.rig.file.purchase_orders()
    assert [one.amount for one in held.lines] == [1000, 500, 50]
    assert None not in _ids(office, contract, order)


def test_what_was_owed_of_a_job_that_is_reset_is_not_told(office, people):
    """Its commitment is in the books and Procore answers 503: the ids come after the next export, not now."""
    contract, _ = people.commit(1000)
    office.sends(Kind.COMMITMENT, contract.id)
    office.procore.inject("PATCH", EXTERNAL, 503, times=FOREVER)
    office.goes_on()
    [order] = office.rig.file.purchase_orders()
    office.tool.reset_job(office.company.project.id)
    office.procore.heal()
    office.goes_on()
    assert office.state.commitment(contract.id).origin_id is None
    office.company.settle()
    assert office.state.commitment(contract.id).origin_id == order.txn_id
    assert office.item(Kind.COMMITMENT, contract.id) == (Stage.SYNCED, "")
    assert office.tool.violations == []
    assert office.company.differences() == []


def test_what_waits_when_its_job_is_reset_does_not_go(office, people):
    """A commitment is on its way to QuickBooks: it goes once it is exported again, and only once."""
    contract, _ = people.commit(1000)
    office.sends(Kind.COMMITMENT, contract.id)
    office.pull()
    office.tool.reset_job(office.company.project.id)
    office.goes_on()
    assert list(office.rig.file.purchase_orders()) == []
    office.company.settle()
    assert len(list(office.rig.file.purchase_orders())) == 1
    assert office.item(Kind.COMMITMENT, contract.id) == (Stage.SYNCED, "")
    assert office.tool.violations == []
    assert office.company.differences() == []
