"""Stories of payments made in Procore Pay: Procore has each of them already, and is told its id alone."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from qbsync.flows import review
from qbsync.model.jobs import JobState

READ = timedelta(minutes=11)
"""After this payments are read again."""


@pytest.fixture
def office(billed_office):
    """An office that hears of 60 paid in Procore Pay of a bill of 100, and reads payments often."""
    office = billed_office
    office.rig.set(payment_account="Checking", payment_minutes="10")
    [invoice] = office.state.invoices.all()
    office.tool.pay(invoice.id, Decimal(60))
    office.pull()
    return office


def _job(office):
    [job] = [job for job in office.rig.jobs() if job.kind == "payment"]
    return job


def _amounts(office):
    """What each payment that Procore has comes to."""
    return [amount for amount, _ in office.paid()]


def _types_a_check(office):
    """The bookkeeper pays the rest of the bill by hand."""
    office.rig.file.human.pay_bills({office.bill.txn_id: Decimal(40)}, account="Checking")


def _in_doubt(office):
    """QuickBooks is handed the check and has lost what became of it; gives the PC and the request."""
    pc = office.rig.pc()
    request = pc.until_write()
    pc.say_status(9002)
    pc.deliver()
    pc.close()
    assert _job(office).state == JobState.IN_DOUBT
    return pc, request


def test_a_check_whose_answer_was_lost_is_not_told_beside_its_payment(office):
    """The PC dies once QuickBooks has written it, and another one reads payments: Procore keeps its 60."""
    pc = office.rig.pc()
    pc.until_write()
    pc.execute()
    pc.vanish()
    _types_a_check(office)
    office.rig.clock.passes(READ)
    office.rig.pc("SECOND-PC").update()
    office.company.push()
    assert _job(office).state == JobState.SENT
    assert _amounts(office) == [60]
    office.goes_on(rounds=6)
    assert _job(office).state == JobState.SYNCED
    assert _amounts(office) == [60, 40]
    assert office.company.differences() == []


def test_what_was_paid_beside_a_payment_that_ends_in_nothing_is_told(office):
    """A check typed while the other was in doubt: Procore hears of it once a person has ended that."""
    _in_doubt(office)
    _types_a_check(office)
    office.rig.clock.passes(READ)
    office.company.pc.update()
    office.company.push()
    assert _amounts(office) == [60]
    review.cancel(office.rig.desk(), _job(office).id)
    office.company.push()
    assert _amounts(office) == [60, 40]


def test_a_check_that_was_told_is_taken_back_once_it_is_known_for_procores_own(office):
    """A person ended the job, QuickBooks wrote it all the same, and its answer comes after it was read."""
    pc, request = _in_doubt(office)
    review.cancel(office.rig.desk(), _job(office).id)
    pc.execute_now(request)
    office.goes_on()
    assert _amounts(office) == [60, 60]
    pc.authenticate()
    pc.deliver(pc.execute_now(request))
    pc.close()
    office.company.push()
    assert _amounts(office) == [60, 0]
    office.goes_on()
    assert _amounts(office) == [60, 0]
    assert len(office.rig.file.payments()) == 1
