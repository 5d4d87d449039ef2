"""Stories of what another connector left on the ERP feed: it is joined, and never made a second time."""

from __future__ import annotations

from decimal import Decimal
from unittest.mock import Mock

import pytest
import sqlalchemy as sa

from qbsync.errors import NotFoundError
from qbsync.flows import linking, review, world as worlds
from qbsync.flows.erp import notices
from qbsync.model.records import RecordKey, RecordKind
from qbsync.procore.feeds.erp_exports import left_order
from qbsync.procore.feeds.events import Seen
from qbsync.simulator.procore.erp_rows import FAILED, SUCCESS, Kind, Stage
from qbsync.store import connections, queue
from qbsync.store.tables import LinkRow


@pytest.fixture
def people(office, people_of):
    """The people of the office's company."""
    return people_of(office.company)


@pytest.fixture
def left(office):
    """Another connector made a commitment's purchase order, here of 1000 or what else it is given."""

    def make(amount="1000.00", kind="work_order_contract"):
        state, company = office.state, office.company
        contract = state.create_commitment(
            kind, company.project.id, company.vendors[0].id, number="SC-OLD", title="Walls"
        )
        state.create_line(contract.id, company.codes[0], amount=Decimal("1000.00"), description="Part 1")
        state.approve(contract.id)
        [line] = state.lines(contract.id)
        typed = [("01:010", "Part 1", Decimal(amount))]
        txn_id = office.rig.file.human.add_purchase_order("Acme", typed, ref_number="SC-OLD")
        [order] = office.rig.file.purchase_orders()
        office.state.contract_table.edit(contract.id, origin_id=txn_id, origin_code="SC-OLD")
        place = f"{txn_id}|{order.lines[0].txn_line_id}"
        office.state.line_table.edit(line.id, origin_id=place)
        office.tool.tables.put(Kind.COMMITMENT, contract.id, stage=Stage.SYNCED)
        return contract, line, txn_id

    return make


def _nothing_is_linked(office, *kinds):
    with office.rig.database.write() as tx:
        tx.execute(sa.delete(LinkRow).where(LinkRow.kind.in_(kinds)))


def _orders(office):
    return [
        (one.txn_id, [str(line.amount) for line in one.lines]) for one in office.rig.file.purchase_orders()
    ]


@pytest.mark.parametrize("kind", ["work_order_contract", "purchase_order_contract"])
def test_an_invoice_and_a_change_order_join_the_commitment_that_was_left(office, people, left, kind):
    """Both name the purchase order's id: it is linked, billed and changed, and there is no other.

    Nobody had sent its vendor and its cost code: they are linked by the ids that they carry.
    """
    contract, line, txn_id = left(kind=kind)
    _nothing_is_linked(office, "vendor", "cost_code")
    key = RecordKey(kind=RecordKind.COMMITMENT, procore_id=str(contract.id))
    with pytest.raises(NotFoundError) as refused:
        linking.link(office.rig.desk(), office.rig.name, key, txn_id)
    assert "send an invoice or a change order" in refused.value.guidance
    invoice = people.invoice(contract, {line: 100}, number="I-9")
    office.sends(Kind.REQUISITION, invoice.id)
    change = people.change(contract, (line.cost_code_id, Decimal(50), "More", line.id))
    office.sends(Kind.CHANGE_ORDER, change.id)
    office.goes_on()
    assert office.item(Kind.REQUISITION, invoice.id) == (Stage.SYNCED, "")
    assert office.item(Kind.CHANGE_ORDER, change.id) == (Stage.SYNCED, "")
    assert _orders(office) == [(txn_id, ["1000.00", "50.00"])]
    [bill] = office.rig.file.bills()
    assert [one.order_line.partition("|")[0] for one in bill.lines] == [txn_id]
    assert office.tool.violations == []


def test_what_was_left_is_unlinked_once_quickbooks_has_it_no_more(office, left):
    """While the purchase order is there the unlink is refused; deleted, it goes, and an export makes one."""
    contract, _, txn_id = left()
    refused = office.tool.unlink(Kind.COMMITMENT, contract.id)
    office.goes_on()
    assert office.detail_of(refused).status == FAILED
    assert "is still in QuickBooks. Please delete it there" in office.detail_of(refused).messages[0]
    assert _orders(office) == [(txn_id, ["1000.00"])]
    office.rig.file.human.delete("PurchaseOrder", txn_id)
    again = office.tool.unlink(Kind.COMMITMENT, contract.id)
    office.goes_on()
    assert office.detail_of(again).status == SUCCESS
    assert office.state.commitment(contract.id).origin_id is None
    office.sends(Kind.COMMITMENT, contract.id)
    office.goes_on()
    assert office.item(Kind.COMMITMENT, contract.id) == (Stage.SYNCED, "")
    [(made, amounts)] = _orders(office)
    assert (made != txn_id, amounts) == (True, ["1000.00"])


def test_what_was_deleted_before_it_was_known_is_unlinked_at_once(office, people, left):
    """An invoice says that it is not there; unlinked, Procore forgets the id of header and line."""
    contract, line, txn_id = left()
    office.rig.file.human.delete("PurchaseOrder", txn_id)
    invoice = people.invoice(contract, {line: 100}, number="I-9")
    office.sends(Kind.REQUISITION, invoice.id)
    office.goes_on()
    stage, said = office.item(Kind.REQUISITION, invoice.id)
    assert stage == Stage.FAILED
    assert "if that one was deleted, unlink the commitment and export it" in said
    request = office.tool.unlink(Kind.COMMITMENT, contract.id)
    office.goes_on()
    assert office.detail_of(request).status == SUCCESS
    assert office.state.commitment(contract.id).origin_id is None
    assert office.state.line(line.id).origin_id is None


def test_what_does_not_agree_with_what_was_left_is_said_and_never_made_anew(office, people, left):
    """The amounts differ: neither the invoice, the unlink nor a retry makes another; mended, it is joined."""
    contract, line, txn_id = left(amount="900.00")
    invoice = people.invoice(contract, {line: 100}, number="I-9")
    office.sends(Kind.REQUISITION, invoice.id)
    office.goes_on()
    stage, said = office.item(Kind.REQUISITION, invoice.id)
    assert stage == Stage.FAILED
    assert "could not be joined to the one in QuickBooks" in said
    assert "line 1 is 900.00, Procore has 1000.0" in said
    assert "enter it in QuickBooks by hand" in said
    people.retry(people.job("commitment", contract.id))
    request = office.tool.unlink(Kind.COMMITMENT, contract.id)
    office.goes_on()
    assert office.detail_of(request).status == FAILED
    assert office.detail_of(request).messages[0].startswith("Nobody saw that SC-OLD Walls is gone")
    people.retry(people.job("commitment", contract.id))
    office.goes_on()
    assert _orders(office) == [(txn_id, ["900.00"])]
    office.rig.file.human.edit_line("PurchaseOrder", txn_id, 0, Amount="1000.00")
    office.tool.accept(Kind.REQUISITION, invoice.id)
    office.goes_on()
    assert office.item(Kind.REQUISITION, invoice.id) == (Stage.SYNCED, "")
    assert _orders(office) == [(txn_id, ["1000.00"])]


def test_what_waits_for_a_vendor_that_is_not_linked_says_so(office, people, left):
    """The commitment cannot be joined without its vendor: the invoice fails and names what is missing."""
    contract, line, txn_id = left()
    office.tool.unlink_vendor(office.company.vendors[0].id)
    office.pull()
    invoice = people.invoice(contract, {line: 100}, number="I-9")
    office.sends(Kind.REQUISITION, invoice.id)
    office.goes_on()
    stage, said = office.item(Kind.REQUISITION, invoice.id)
    assert stage == Stage.FAILED
    assert f"needs the vendor {office.company.vendors[0].id}, which is not in QuickBooks" in said
    assert _orders(office) == [(txn_id, ["1000.00"])]


def test_a_change_order_of_an_unknown_purchase_order_is_not_forgotten(office, people, left):
    """Nobody can tell whether its lines are in QuickBooks: the unlink fails and names the way."""
    contract, line, txn_id = left()
    change = people.change(contract, (line.cost_code_id, Decimal(50), "More", line.id))
    office.state.change_orders.package_table.edit(change.id, origin_id=f"{txn_id}|9")
    office.tool.tables.put(Kind.CHANGE_ORDER, change.id, stage=Stage.SYNCED)
    request = office.tool.unlink(Kind.CHANGE_ORDER, change.id)
    office.goes_on()
    assert office.detail_of(request).status == FAILED
    assert (
        "Send an invoice or another change order of the commitment" in office.detail_of(request).messages[0]
    )
    assert office.tool.origin_of(Kind.CHANGE_ORDER, change.id) == f"{txn_id}|9"


def test_a_commitment_that_procore_does_not_show_is_not_forgotten(office, people, left):
    """The account may not read it: QuickBooks cannot be asked, and change order, unlink and page say so."""
    contract, line, txn_id = left()
    change = people.change(contract, (line.cost_code_id, Decimal(50), "More", line.id))
    office.procore.inject("GET", "/rest/v1.0/work_order_contracts/*", 403, times=100)
    office.sends(Kind.CHANGE_ORDER, change.id)
    office.goes_on()
    assert "which the connector does not know" in office.item(Kind.CHANGE_ORDER, change.id)[1]
    assert "Check the permissions" in office.troubles()[f"commitment {contract.id}"]
    request = office.tool.unlink(Kind.COMMITMENT, contract.id)
    office.goes_on()
    assert office.detail_of(request).status == FAILED
    assert "could not read it in Procore" in office.detail_of(request).messages[0]
    assert office.state.commitment(contract.id).origin_id == txn_id


def test_a_budget_whose_estimate_was_left_says_who_changes_it(office):
    """Its update names what changed alone: it makes no second estimate, and the words name the way."""
    project = office.company.project.id
    for code in office.company.codes:
        office.state.budgets.add_line(project, code, Decimal("100.00"), office.company.cost_type.id)
    office.state.budgets.lock(project)
    office.sends(Kind.BUDGET, project)
    office.goes_on()
    _nothing_is_linked(office, "budget")
    first, *_ = office.state.budgets.lines(project)
    office.state.budgets.change(project, {first.id: Decimal("5.00")})
    office.sends(Kind.BUDGET, project)
    office.goes_on()
    stage, said = office.item(Kind.BUDGET, project)
    assert stage == Stage.FAILED
    assert "change the estimate in QuickBooks by hand" in said
    assert len(office.rig.file.estimates()) == 1


def test_an_unlink_of_an_order_that_an_earlier_try_did_not_know_again_stays_undone(office, left):
    """Its export failed without the id; the unlink names it, and QuickBooks has it with another amount."""
    contract, _, txn_id = left(amount="900.00")
    office.state.contract_table.edit(contract.id, origin_id=None)
    office.sends(Kind.COMMITMENT, contract.id)
    office.goes_on()
    assert office.item(Kind.COMMITMENT, contract.id)[0] == Stage.FAILED
    office.state.contract_table.edit(contract.id, origin_id=txn_id)
    office.tool.tables.put(Kind.COMMITMENT, contract.id, stage=Stage.SYNCED)
    request = office.tool.unlink(Kind.COMMITMENT, contract.id)
    office.goes_on(rounds=3)
    assert office.detail_of(request).status == FAILED
    assert office.state.commitment(contract.id).origin_id == txn_id
    assert [one for one, _ in _orders(office)] == [txn_id]


@pytest.mark.parametrize("unlinked", [False, True])
def test_a_commitment_that_came_with_its_id_is_made_anew_once_it_is_gone(office, people, unlinked):
    """A re-export carried the id of an order that is deleted since: a retry does not ask for that again.

    Neither does it once the commitment was unlinked in the tool.
    """
    contract, _ = people.commit(1000, 500)
    office.company.settle()
    [old] = office.rig.file.purchase_orders()
    with office.rig.database.write() as tx:
        key = RecordKey(kind=RecordKind.COMMITMENT, procore_id=str(contract.id))
        queue.of_record(tx, office.rig.id, key).foreign_id = old.txn_id
    office.rig.file.human.delete("PurchaseOrder", old.txn_id)
    if unlinked:
        request = office.tool.unlink(Kind.COMMITMENT, contract.id)
        office.goes_on()
        assert office.detail_of(request).status == SUCCESS
    people.retry(people.job("commitment", contract.id))
    office.goes_on(rounds=3)
    [new] = office.rig.file.purchase_orders()
    assert new.txn_id != old.txn_id
    assert office.state.commitment(contract.id).origin_id == new.txn_id


@pytest.mark.parametrize("state", ["linked", "waits"])
def test_an_id_of_before_parts_nothing_that_is_linked_or_on_its_way(office, people, state):
    """A request carries the id of an order that is gone; the commitment has another, or is to get it."""
    contract, _ = people.commit(1000, 500)
    if state == "linked":
        office.company.settle()
    else:
        office.sends(Kind.COMMITMENT, contract.id)
        office.pull()
        review.hold(office.rig.desk(), people.job("commitment", contract.id).id)
    record = worlds.record_of(people.job("commitment", contract.id))
    [event] = left_order(
        str(contract.id), "1-1000", None, str(office.company.project.id), Mock(commitment=lambda _id: None)
    )
    with office.rig.database.write() as tx:
        world = worlds.world_of(tx, connections.get(tx, office.rig.id))
        notices.order_joined(world, event, Seen(record=record, exportable=True), office.rig.clock())
    if state == "waits":
        review.release(office.rig.desk(), people.job("commitment", contract.id).id)
    office.goes_on(rounds=3)
    [order] = office.rig.file.purchase_orders()
    assert office.link_of(RecordKind.COMMITMENT, contract.id) == order.txn_id
    assert office.item(Kind.COMMITMENT, contract.id) == (Stage.SYNCED, "")
