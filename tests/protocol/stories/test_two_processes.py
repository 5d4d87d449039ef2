"""Stories of two processes that tell Procore at the same time."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal

import pytest

from qbsync.errors import BusyError
from qbsync.flows.worker import Worker
from qbsync.simulator.procore.invoice_maths import Billing
from qbsync.store import writebacks


class Meanwhile:
    """Carries requests; before each, a second process tries to push."""

    def __init__(self, carrier, push) -> None:
        self._carrier, self._push = carrier, push
        self.tried: list[str] = []
        """The method of each request before which the second process tried."""
        self.let_in = 0

    def send(self, request, **more):
        """The answer, once the second process was let in, or found that the first is busy."""
        if self._push is not None:
            push, self._push = self._push, None  # what the second asks itself is no occasion
            self.tried.append(request.method)
            with suppress(BusyError):
                push()
                self.let_in += 1
            self._push = push
        return self._carrier.send(request, **more)

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def together(company):
    """Pushes while a second process tries to before each call; gives those tries."""

    def push():
        client = company.worker.clients(None)
        other = Worker(database=company.rig.database, clients=lambda _row: client, clock=company.rig.clock)
        carrier = company.session.get_adapter("http://api")
        meanwhile = Meanwhile(carrier, lambda: other.push(company.rig.id, whatever_the_backoff=True))
        company.session.mount("http://api", meanwhile)
        company.push()
        company.session.mount("http://api", carrier)
        return meanwhile

    return push


def read_books(company):
    """An update comes when payments and costs are due."""
    company.rig.clock.passes(timedelta(hours=3))
    company.pc.update()


def refused(company):
    """What Procore refused, in words."""
    with company.rig.database.read() as tx:
        return [row.error for row in writebacks.listing(tx, state="refused")]


def test_two_pushes_at_once_make_each_direct_cost_once(company, together):
    """Of two pushes of job costs one is busy: one direct cost stands in Procore, and nothing is refused."""
    company.rig.file.human.enter_cost(
        "Check",
        [("01:010", "Nails", Decimal("12.50"))],
        job="Ridge Owners:Tower",
        payee="Acme",
        account="Checking",
    )
    read_books(company)
    tries = together()
    assert (tries.let_in, set(tries.tried)) == (0, {"GET", "PATCH"})
    assert [row.status for row in company.state.direct_costs.all()] == ["approved"]
    assert refused(company) == []
    company.settle()
    assert company.differences() == []


def test_two_pushes_at_once_make_each_payment_once(company, together):
    """Of two pushes of a payment one is busy: one payment stands in Procore, and nothing is refused."""
    state = company.state
    contract = state.create_commitment(
        "work_order_contract", company.project.id, company.vendors[0].id, number="SC-1", title="Walls"
    )
    line = state.create_line(contract.id, company.codes[0], amount=Decimal("1000.00"), description="Walls")
    state.approve(contract.id)
    company.sync()
    invoice = state.invoices.create(
        contract.id,
        None,
        {line.id: Billing(work=Decimal("500.00"), retained=Decimal("50.00"))},
        number="I-1",
        billing_date=date(2026, 3, 28),
    )
    state.invoices.submit(invoice.id)
    state.invoices.approve(invoice.id)
    company.sync()
    [bill] = company.rig.file.bills()
    company.rig.file.human.pay_bills({bill.txn_id: None}, account="Checking", ref_number="1001")
    read_books(company)
    tries = together()
    assert (tries.let_in, set(tries.tried)) == (0, {"GET", "POST"})
    assert [str(row.amount) for row in state.payments.all()] == ["450.00"]
    assert refused(company) == []
    company.settle()
    assert company.differences() == []
