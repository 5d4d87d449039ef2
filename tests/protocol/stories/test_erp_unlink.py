"""Stories of unlinks that people ask for in Procore's ERP tool."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from qbsync.flows import review
from qbsync.simulator.procore.erp_rows import Stage


@pytest.fixture
def contract(erp_company, people_of):
    """A commitment that went through the tool and is a purchase order."""
    erp_company.settle()
    contract, _ = people_of(erp_company).commit(1000)
    erp_company.settle()
    assert len(erp_company.rig.file.purchase_orders()) == 1
    return contract


def messages(company):
    """What the tool shows of the newest detail, once it is closed."""
    newest = company.state.erp.tables.details.everything()[-1]
    return newest.status, newest.messages


def ask(company, contract):
    """Somebody unlinks the commitment in the tool, and qbsync hears of it."""
    company.state.erp.unlink("commitment", contract.id)
    company.pull()
    company.push()


def test_an_unlink_that_qbsync_takes_back_can_be_asked_again(erp_company, people_of, contract):
    """Its job is cancelled at the desk: Procore reads so, and the next unlinks find what QuickBooks has."""
    rig, people = erp_company.rig, people_of(erp_company)
    ask(erp_company, contract)
    review.cancel(rig.desk(), people.job("commitment", contract.id).id)
    erp_company.push()
    status, [said] = messages(erp_company)
    assert (status, said) == (
        "failed",
        "The unlink of SC-1 Walls was taken back in the connector. Unlink it again.",
    )
    assert people.job("commitment", contract.id).state == "synced"
    ask(erp_company, contract)
    rig.clock.passes(timedelta(minutes=1))
    erp_company.pc.update()
    erp_company.push()
    assert "still in QuickBooks" in messages(erp_company)[1][0]
    [order] = rig.file.purchase_orders()
    rig.file.human.delete("PurchaseOrder", order.txn_id)
    ask(erp_company, contract)
    rig.clock.passes(timedelta(minutes=1))
    erp_company.pc.update()
    erp_company.push()
    assert messages(erp_company) == ("success", ())
    assert erp_company.state.erp.items(Stage.FAILED) == []


def test_an_unlink_while_the_record_is_on_its_way_speaks_procores_words(erp_company, people_of, contract):
    """A newer export waits for QuickBooks: Procore reads what to wait for, without jobs or commands."""
    rig, people = erp_company.rig, people_of(erp_company)
    review.retry(rig.desk(), people.job("commitment", contract.id).id)
    ask(erp_company, contract)
    status, [said] = messages(erp_company)
    assert status == "failed"
    assert "on its way to QuickBooks. Unlink it again" in said
    assert "job" not in said.lower()


def test_a_change_order_is_unlinked_once_its_lines_are_gone(erp_company, people_of, contract):
    """Refused while the purchase order has its line; then its ids are gone, and its commitment's are not."""
    company, state = erp_company, erp_company.state
    [line] = state.lines(contract.id)
    change = people_of(company).change(contract, (line.cost_code_id, Decimal(50), "More", line.id))
    company.settle()
    [order] = company.rig.file.purchase_orders()
    mine = state.change_orders.lines(change.id)
    assert [one.origin_id for one in mine] == [f"{order.txn_id}|{order.lines[1].txn_line_id}"]
    said = []
    for _ in range(2):
        state.erp.unlink("change_order", change.id)
        company.sync()
        said.append(messages(company))
        if len(said) == 1:
            company.rig.file.human.edit_line("PurchaseOrder", order.txn_id, 1)  # deleted
    assert said[0][0] == "failed"
    assert "still in QuickBooks" in said[0][1][0]
    assert said[1] == ("success", ())
    ids = [state.change_orders.get(change.id), *state.change_orders.lines(change.id)]
    assert [one.origin_id for one in ids] == [None, None]
    assert state.commitment(contract.id).origin_id == order.txn_id
    assert state.erp.violations == []
