"""Stories of payments on the ERP feed: whatever is done to one in Procore, it stands there once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbsync.simulator.procore.erp_rows import FAILED, IN_PROGRESS, SUCCESS

PAYMENTS = "/rest/v1.0/companies/*/invoice_payments/sync"


@pytest.fixture
def office(billed_office):
    """An office whose company's bill was paid by a check, of which Procore was told."""
    office = billed_office
    office.check = office.rig.file.human.pay_bills({office.bill.txn_id: None}, account="Checking")
    office.company.settle()
    [office.payment] = office.state.payments.all()
    return office


def test_a_payment_that_a_super_user_resets_gets_its_id_back(office):
    """QuickBooks still has the check: Procore keeps its one payment, and hears of it when it changes."""
    office.tool.reset_payment(office.payment.id)
    request = office.tool.refresh("payments")
    office.goes_on()
    assert office.detail_of(request).status == SUCCESS
    assert office.paid() == [(100, True)]
    office.rig.file.human.edit_payment(office.check, {office.bill.txn_id: Decimal(90)})
    office.company.settle()
    assert office.paid() == [(90, True)]
    assert office.company.differences() == []


def test_a_payment_that_is_reset_and_gone_in_quickbooks_comes_to_nothing(office):
    """The check was deleted, and nobody read that before the reset: no money stands in Procore."""
    office.rig.file.human.delete("BillPaymentCheck", office.check)
    office.tool.reset_payment(office.payment.id)
    office.company.settle()
    assert [row.amount for row in office.state.payments.all() if row.amount] == []
    assert office.company.differences() == []


def test_a_void_payment_that_is_reset_stays_without_an_id(office):
    """Procore heard that the check is gone before the reset: QuickBooks has nothing to give an id of."""
    office.rig.file.human.delete("BillPaymentCheck", office.check)
    office.company.settle()
    office.tool.reset_payment(office.payment.id)
    office.company.settle()
    assert office.paid() == [(0, False)]


def test_a_reset_payment_that_procore_counts_as_a_contract_payment_gets_its_id_back(office):
    """Nothing says by which name external data know a payment that was told: the other one is tried."""
    office.state.payments.payment_table.edit(office.payment.id, item_type="contract_payment")
    office.tool.reset_payment(office.payment.id)
    office.company.settle()
    assert office.paid() == [(100, True)]
    assert office.company.differences() == []


def test_a_reset_payment_that_gets_no_id_back_is_not_told_beside_itself(office, monkeypatch):
    """Procore has locked it: a person reads why, and once that is mended Refresh gives it its id."""
    locked = {"base": ["is locked by an accounting period"]}
    takes = office.tool.external

    def refuses(item_type, item_id, sent):
        mine = item_type == "invoice_payment" and sent.get("origin_id")
        return locked if mine else takes(item_type, item_id, sent)

    monkeypatch.setattr(office.tool, "external", refuses)
    office.tool.reset_payment(office.payment.id)
    office.goes_on(rounds=3)
    assert office.paid() == [(100, False)]
    request = office.tool.refresh("payments")
    office.goes_on(rounds=3)
    [said] = office.detail_of(request).messages
    assert "is locked by an accounting period" in said
    monkeypatch.undo()
    office.tool.refresh("payments")
    office.goes_on(rounds=3)
    assert office.paid() == [(100, True)]
    assert office.company.differences() == []


def test_a_payment_that_is_deleted_in_procore_after_its_reset_is_told_again(office):
    """Without its id somebody could delete it there; QuickBooks still has the check."""
    office.tool.reset_payment(office.payment.id)
    office.state.payments.delete(office.payment.id)
    office.company.settle()
    assert office.paid() == [(100, True)]
    assert office.company.differences() == []


def _refused(office):
    """The check is changed, and Procore does not let the connector say so; gives the Refresh's request."""
    office.rig.file.human.edit_payment(office.check, {office.bill.txn_id: Decimal(90)})
    office.procore.inject("PATCH", PAYMENTS, 403, times=10**6)
    request = office.tool.refresh("payments")
    office.goes_on(rounds=3)
    return request


def test_a_refresh_of_a_payment_that_procore_refuses_fails_in_words(office):
    """Procore keeps the old amount: the button shows why, and of which invoice, each time it is pressed."""
    for request in (_refused(office), office.tool.refresh("payments")):
        office.goes_on(rounds=3)
        detail = office.detail_of(request)
        assert detail.status == FAILED
        [said] = detail.messages
        assert said.startswith("A payment of invoice I-1 is in QuickBooks, but Procore did not take it. ")
        assert said.endswith("Mend that in Procore, then press Refresh again.")
    assert office.paid() == [(100, True)]


def test_a_refresh_tells_the_payment_again_that_procore_refused(office):
    """The right is given: nothing has changed in QuickBooks, and pressing Refresh once more tells it."""
    _refused(office)
    office.procore.heal()
    request = office.tool.refresh("payments")
    office.goes_on(rounds=3)
    detail = office.detail_of(request)
    assert (detail.status, detail.messages) == (SUCCESS, ())
    assert office.paid() == [(90, True)]
    assert office.company.differences() == []


def test_a_refresh_ends_only_once_procore_was_told_the_payments(office):
    """Procore is in trouble at payments alone: the button waits until it has the new amount."""
    office.rig.file.human.edit_payment(office.check, {office.bill.txn_id: Decimal(90)})
    office.procore.inject("PATCH", PAYMENTS, 503, times=10**6)
    request = office.tool.refresh("payments")
    office.goes_on(rounds=3)
    assert office.detail_of(request).status == IN_PROGRESS
    office.procore.heal()
    office.goes_on()
    assert office.detail_of(request).status == SUCCESS
    assert office.paid() == [(90, True)]


def test_a_refresh_does_not_fail_for_a_change_that_was_undone(office):
    """Procore refused the new amount, and the bookkeeper put the old one back, which it has."""
    _refused(office)
    office.rig.file.human.edit_payment(office.check, {office.bill.txn_id: Decimal(100)})
    office.goes_on(rounds=3)
    request = office.tool.refresh("payments")
    office.goes_on(rounds=3)
    detail = office.detail_of(request)
    assert (detail.status, detail.messages) == (SUCCESS, ())
    assert office.paid() == [(100, True)]


def test_a_change_that_was_undone_is_refused_no_more(office):
    """Procore refused the new amount, and the bookkeeper took it back: nothing is left for a person to do."""
    _refused(office)
    assert office.refused()
    office.rig.file.human.edit_payment(office.check, {office.bill.txn_id: Decimal(100)})
    office.goes_on(rounds=3)
    assert office.refused() == []
    assert office.paid() == [(100, True)]


def test_refreshes_of_one_refused_payment_leave_one_refusal(office):
    """The button is pressed again and again: one thing is to be mended, and none once Procore took it."""
    _refused(office)
    office.tool.refresh("payments")
    office.goes_on(rounds=3)
    assert len(office.refused()) == 1
    office.procore.heal()
    office.tool.refresh("payments")
    office.goes_on(rounds=3)
    assert office.refused() == []
    assert office.paid() == [(90, True)]
