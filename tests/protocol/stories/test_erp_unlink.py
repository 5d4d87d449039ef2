"""Stories of unlinks that people ask for in Procore's ERP tool."""

from __future__ import annotations

from datetime import timedelta

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
