"""Contract payments brought about in a simulated Procore, whoever else is at it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbsync.procore.payments import GONE, send
from qbsync.procore.writebacks import Target, Writeback

MARK = "P-1|B-1"


@pytest.fixture
def wanted(company):
    """What Procore is to have of a payment of that amount."""

    def make(amount):
        scope = {
            "project_id": str(company.project.id),
            "contract_id": str(company.subcontract.id),
            "requisition_id": "1",
            "amount": amount,
            "date": "2026-05-08",
            "check_number": "1001",
            "procore_id": "",
        }
        return Writeback(id=1, target=Target.CONTRACT_PAYMENT, scope=scope, item_id=MARK, origin_id=MARK)

    return make


class Late:
    """A client that lists payments as they were before another process made one."""

    def __init__(self, client):
        self._client, self._listed = client, False

    def get_all(self, *arguments, **more):
        """The first list is empty; another was not written yet."""
        if not self._listed:
            self._listed = True
            return iter(())
        return self._client.get_all(*arguments, **more)

    def __getattr__(self, name):
        return getattr(self._client, name)


def test_a_payment_that_another_process_made_meanwhile_is_taken_and_not_refused(client, company, wanted):
    """Procore refuses the second for its origin id; the one that is there becomes what it should be."""
    row = company.state.payments.create(company.subcontract.id, Decimal("5.00"), origin_id=MARK)
    [result] = send(Late(client), [wanted("7.00")])
    assert (result.refused, result.procore_id) == (None, str(row.id))
    assert [(one.amount, one.origin_id) for one in company.state.payments.all()] == [(Decimal("7.00"), MARK)]


@pytest.mark.parametrize(("amount", "left"), [("7.00", ["7.00"]), (GONE, [])])
def test_a_payment_that_stands_there_twice_is_there_once_afterwards(client, company, wanted, amount, left):
    """Whatever becomes of the payment, one that carries the same origin id a second time goes."""
    for _ in range(2):
        company.state.payments.create(company.subcontract.id, Decimal("7.00"), origin_id=MARK)
    [result] = send(client, [wanted(amount)])
    assert result.refused is None
    assert [str(one.amount) for one in company.state.payments.all()] == left


def test_a_payment_that_procore_refuses_for_itself_stays_refused(client, company, wanted, server):
    """A refusal that is about the payment, not about one that is there, is told."""
    server.inject("POST", "/rest/v1.0/contract_payments", 422, times=1)
    [result] = send(client, [wanted("7.00")])
    assert result.refused
    assert company.state.payments.all() == []
