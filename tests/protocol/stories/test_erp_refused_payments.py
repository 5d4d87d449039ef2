"""Stories of payments on the ERP feed that Procore refused and QuickBooks no longer has."""

from __future__ import annotations

import pytest

from qbsync.simulator.procore.erp_rows import SUCCESS

PAYMENTS = "/rest/v1.0/companies/*/invoice_payments/sync"


@pytest.fixture
def office(billed_office):
    """An office whose company has a bill that nobody has paid yet."""
    return billed_office


def _forgotten(office):
    """Procore refuses a check, which the bookkeeper then deletes; qbsync has read both."""
    office.procore.inject("PATCH", PAYMENTS, 403, times=10**6)
    check = office.rig.file.human.pay_bills({office.bill.txn_id: None}, account="Checking")
    office.goes_on(rounds=3)
    office.rig.file.human.delete("BillPaymentCheck", check)
    office.goes_on(rounds=3)


def test_a_refresh_tells_no_payment_that_quickbooks_has_no_longer(office):
    """Procore never took it and the check is deleted: once it may be told, nothing comes to stand there."""
    _forgotten(office)
    office.procore.heal()
    request = office.tool.refresh("payments")
    office.goes_on(rounds=3)
    assert office.detail_of(request).status == SUCCESS
    assert office.paid() == []
    assert office.company.differences() == []


def test_a_refresh_reads_quickbooks_before_it_tells_a_refused_payment(office):
    """The check is deleted since the last reading: Procore is not told of it, not even for a while."""
    office.procore.inject("PATCH", PAYMENTS, 403, times=10**6)
    check = office.rig.file.human.pay_bills({office.bill.txn_id: None}, account="Checking")
    office.goes_on(rounds=3)
    office.procore.heal()
    office.rig.file.human.delete("BillPaymentCheck", check)
    request = office.tool.refresh("payments")
    office.pull()
    office.company.push()
    assert office.paid() == []
    office.goes_on(rounds=3)
    assert office.detail_of(request).status == SUCCESS
    assert office.paid() == []


def test_a_refresh_does_not_fail_for_a_payment_that_is_gone(office):
    """Procore still refuses payments, but nothing in QuickBooks waits to be told any more."""
    _forgotten(office)
    request = office.tool.refresh("payments")
    office.goes_on(rounds=3)
    detail = office.detail_of(request)
    assert (detail.status, detail.messages) == (SUCCESS, ())


def test_a_refresh_tells_the_check_that_was_typed_anew_and_not_the_old_one(office):
    """Procore refused both, and the first is deleted: once it may be told, the bill is paid once."""
    _forgotten(office)
    office.rig.file.human.pay_bills({office.bill.txn_id: None}, account="Checking")
    office.goes_on(rounds=3)
    office.procore.heal()
    office.tool.refresh("payments")
    office.goes_on(rounds=3)
    assert office.paid() == [(100, True)]
    assert office.company.differences() == []


def test_what_procore_never_took_and_quickbooks_has_no_longer_is_refused_no_more(office):
    """Nothing is left to be told, so a person finds nothing to be mended either."""
    _forgotten(office)
    assert office.refused() == []
