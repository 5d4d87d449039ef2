"""Stories of commitments: what the person in Procore sees, what the approver sees, what QuickBooks holds."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from qbsync.errors import StateError
from qbsync.flows import review, setup
from qbsync.model.jobs import JobState

PURCHASE_ORDERS = "PurchasesAndVendorsPreferences/IsUsingInventory"


def held(company):
    """The purchase orders of QuickBooks: number, total and memo."""
    return [(one.ref_number, str(one.total), one.memo) for one in company.rig.file.purchase_orders()]


def test_an_approved_commitment_becomes_a_purchase_order(company, people):
    """Procore shows QuickBooks' id on it and on each line; nothing differs."""
    contract, lines = people.commit(1000, 500)
    company.sync()
    [order] = company.rig.file.purchase_orders()
    assert held(company) == [("SC-1", "1500.00", "Walls")]
    assert company.state.commitment(contract.id).origin_id == order.txn_id
    assert company.state.line(lines[1].id).origin_id == f"{order.txn_id}|{order.lines[1].txn_line_id}"
    assert people.job("commitment", contract.id).state == JobState.SYNCED
    assert company.differences() == []


def test_an_edit_before_it_went_replaces_what_waited(company, people):
    """The approver is shown the newer version alone, and QuickBooks gets only that."""
    company.rig.set(auto_accept="cost_code,vendor,project")
    contract, _ = people.commit(1000)
    company.sync()
    first = people.job("commitment", contract.id)
    company.state.edit_commitment(contract.id, title="Walls and doors")
    company.sync()
    assert company.rig.job(first.id).state == JobState.CANCELLED
    newer = people.job("commitment", contract.id)
    assert (newer.state, newer.label) == (JobState.STAGED, "SC-1 Walls and doors")
    review.accept(company.rig.desk(), newer.id, {})
    company.sync()
    assert held(company) == [("SC-1", "1000.00", "Walls and doors")]


def test_a_number_of_fourteen_characters_is_asked_for_and_never_cut(company, people):
    """The approver reads why, gives a QuickBooks ID of at most 11 characters, and QuickBooks holds that."""
    contract, _ = people.commit(1000, number="SC-2026-000001")
    company.sync()
    job = people.job("commitment", contract.id)
    assert (job.state, job.review["missing"]) == (JobState.STAGED, ["number"])
    assert "'SC-2026-000001' has 14 characters" in people.warnings(job)
    with pytest.raises(StateError, match="needs number"):
        review.accept(company.rig.desk(), job.id, {})
    assert held(company) == []
    review.accept(company.rig.desk(), job.id, {"number": "SC-26-1"})
    company.sync()
    assert held(company) == [("SC-26-1", "1000.00", "Walls")]
    assert company.state.commitment(contract.id).origin_id


def test_switched_off_purchase_orders_are_said_before_anything_is_sent(company, people):
    """Commitment and change order stay with the approver, who reads how to mend it, and go once it is."""
    first, lines = people.commit(1000)
    company.sync()
    human = company.rig.file.human
    human.set_preference(PURCHASE_ORDERS, "false")
    setup.refresh(company.rig.desk(), company.rig.name)
    company.pc.update()
    contract, _ = people.commit(700, number="SC-2")
    line = lines[0]
    order = people.change(first, (line.cost_code_id, line.amount, "More", line.id))
    company.sync()
    for kind, procore_id in (("commitment", contract.id), ("change_order", order.id)):
        job = people.job(kind, procore_id)
        assert job.state == JobState.STAGED
        assert "purchase orders are switched off in QuickBooks" in people.problems(job)
        with pytest.raises(StateError, match="switched off") as refused:
            review.accept(company.rig.desk(), job.id, {})
        assert "Edit, Preferences, Items & Inventory" in refused.value.guidance
    assert "switched off" in people.said_by_doctor()["purchase_orders"]
    assert company.state.commitment(contract.id).origin_id is None
    human.set_preference(PURCHASE_ORDERS, "true")
    setup.refresh(company.rig.desk(), company.rig.name)
    company.pc.update()
    for kind, procore_id in (("commitment", contract.id), ("change_order", order.id)):
        review.accept(company.rig.desk(), people.job(kind, procore_id).id, {})
    company.settle()
    assert [number for number, _, _ in held(company)] == ["SC-1", "SC-2"]
    assert company.differences() == []


def test_a_number_that_another_commitment_has(company, people):
    """It goes with a warning; with allow_duplicate_numbers=false the approver has to choose another."""
    people.commit(1000)
    company.sync()
    company.rig.set(allow_duplicate_numbers="false")
    twin, _ = people.commit(700)
    company.sync()
    job = people.job("commitment", twin.id)
    assert job.state == JobState.STAGED
    assert "has the same number 'SC-1'" in people.problems(job)
    with pytest.raises(StateError, match="same number"):
        review.accept(company.rig.desk(), job.id, {})
    review.accept(company.rig.desk(), job.id, {"number": "SC-1B"})
    company.sync()
    assert [number for number, _, _ in held(company)] == ["SC-1", "SC-1B"]


@pytest.mark.parametrize(("allowed", "job"), [("false", ""), ("true", ""), ("true", "Ridge Owners:Tower")])
def test_a_number_on_a_typed_purchase_order(company, people, allowed, job):
    """Of the vendor, and of no other job, it is refused with that order's figures; it goes by another."""
    human = company.rig.file.human
    typed = human.add_purchase_order("Acme", [("01:010", "Typed", Decimal("77.00"))], ref_number="SC-1")
    if job:
        human.edit_line("PurchaseOrder", typed, 0, CustomerRef={"FullName": job})
    company.rig.set(allow_duplicate_numbers=allowed)
    contract, _ = people.commit(1000)
    company.sync()
    refused = people.job("commitment", contract.id)
    assert refused.state == JobState.FAILED
    assert "already has 'SC-1' of Acme (77.00" in refused.error
    assert company.state.commitment(contract.id).origin_id is None
    people.accept(refused, number="SC-1B")
    company.settle()
    assert [number for number, _, _ in held(company)] == ["SC-1", "SC-1B"]


def test_a_number_recurs_in_another_job_and_in_another_commitment(company, people):
    """Where numbers may recur, a typed order of another job stops none, nor does one that is linked."""
    human = company.rig.file.human
    human.add_customer("Mall", parent="Ridge Owners")
    typed = human.add_purchase_order("Acme", [("01:010", "Typed", Decimal("77.00"))], ref_number="SC-1")
    human.edit_line("PurchaseOrder", typed, 0, CustomerRef={"FullName": "Ridge Owners:Mall"})
    for amount in (1000, 700):
        contract, _ = people.commit(amount)
        company.sync()
        assert people.job("commitment", contract.id).state == JobState.SYNCED
    assert [number for number, _, _ in held(company)] == ["SC-1"] * 3


def test_terms_that_name_a_day_of_the_month_are_terms(company, people):
    """QuickBooks keeps them in a list of their own; a purchase order may have them all the same."""
    company.rig.file.human.add_date_driven_terms("10th of month")
    company.rig.set(default_terms="10th of month")
    setup.refresh(company.rig.desk(), company.rig.name)
    company.pc.update()
    assert not [words for words in people.said_by_doctor().values() if "10th of month" in words]


@pytest.mark.parametrize("harm", ["inject_garbage", "inject_truncated"])
@pytest.mark.parametrize("kind", ["work_order_contracts", "change_order_packages"])
def test_one_garbled_answer_loses_no_approved_record(company, people, harm, kind):
    """A contract or change order that came as a proxy's page, or cut, is asked for until it can be read."""
    contract, lines = people.commit(1000)
    if kind == "change_order_packages":
        company.sync()
        people.change(contract, (lines[0].cost_code_id, Decimal("100.00"), "More", None))
    company.rig.clock.passes(timedelta(minutes=5))
    getattr(company.procore, harm)("GET", f"/rest/*/{kind}/*")
    company.pull()
    company.settle()
    [order] = company.rig.file.purchase_orders()
    assert len(order.lines) == (2 if kind == "change_order_packages" else 1)
    assert not company.differences()
