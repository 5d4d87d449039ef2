"""What Procore's ERP tool is told in a story of every kind is what the table of the documents says."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbsync.procore.erp.told import TOLD
from qbsync.procore.writebacks import DIRECT, Target

NAMES = {"id", "item_type", "item_id", "cost_code_id", "line_item_type_id"}
"""Which row is meant, beside what is told of it."""
ENDS = {
    "cost_code_line_item_types/sync": Target.COST_TYPE_ASSIGNMENT,
    "erp_transactions/sync": Target.ERP_TRANSACTION,
    "erp_job_costs/sync": Target.ERP_JOB_COSTS,
    "invoice_payments/sync": Target.INVOICE_PAYMENT,
}


@pytest.fixture
def told(erp_company):
    """The keys of everything that the tool is told from here on, by the names of the table."""
    client, found = erp_company.client, {}
    call = client.call

    def keeping(method, path, **more):
        for label, one in _said(path, more.get("body")):
            found.setdefault(label, set()).update(one.keys() - NAMES)
        return call(method, path, **more)

    client.call = keeping
    return found


def _said(path, body):
    """What one call tells, each with its name in the table."""
    if "erp_request_details" in path and body:
        closed = [body["request_detail"]] if "request_detail" in body else body["updates"]
        return [(Target.REQUEST_DETAIL.value, one) for one in closed]
    if path.endswith("external_data/sync"):
        return [(f"{Target.EXTERNAL_DATA.value}: {one['item_type']}", one) for one in body["updates"]]
    targets = [target.value for end, target in ENDS.items() if path.endswith(end)]
    return [(target, one) for target in targets for one in body["updates"]]


def _live(company, people):
    """A code, a job, a budget, both kinds of commitment, a change, invoices of every item, and money paid."""
    state, human, tool = company.state, company.rig.file.human, company.state.erp
    company.rig.set(payment_account="Checking")
    company.settle()
    [listed] = [one for one in state.cost_code_lists() if one.is_erp_list]
    state.create_standard_cost_code(listed.id, "02", "Site")
    state.create_project("Annex")
    state.create_vendor("Cove")
    state.budgets.add_line(company.project.id, company.codes[0], Decimal(900), company.cost_type.id)
    state.budgets.lock(company.project.id)
    order = state.create_commitment(
        "purchase_order_contract", company.project.id, company.vendors[1].id, number="PO-1", title="Sand"
    )
    state.create_line(order.id, company.codes[1], amount=Decimal(70), description="Sand")
    state.approve(order.id)
    changed, [line] = people.commit(1000, number="SC-1")
    detailed, [above] = people.commit(500, number="SC-2")
    company.settle()
    people.change(changed, (company.codes[0], Decimal(50), "More", line.id))
    company.settle()
    details = [state.invoices.create_detail(above.id, Decimal("250.00")) for _ in range(2)]
    people.invoice(detailed, {details[0]: 100}, "I-2")
    [package] = state.change_orders.of_contract(changed.id, "approved")
    [more] = state.change_orders.lines(package.id)
    people.invoice(changed, {line: 100, more: 25}, "I-1")
    company.settle()
    tool.pay(state.invoices.all()[0].id, Decimal("40.00"), check="PP-1")
    *_, bill = company.rig.file.bills()
    human.pay_bills({bill.txn_id: None}, account="Checking", ref_number="1001")
    company.settle()
    tool.reset_payment(next(one.id for one in state.payments.all() if one.check_number == "1001"))
    company.settle()


def test_every_target_of_the_erp_feed_has_a_table():
    """Nothing is told to Procore's ERP tool that the table does not name."""
    assert {label.partition(": ")[0] for label in TOLD} == {one.value for one in Target if one not in DIRECT}


def test_what_procores_tool_is_told_is_what_the_table_says(erp_company, told, people_of):
    """Over a story of every kind each key that is sent is listed for it, and each that is listed is sent."""
    _live(erp_company, people_of(erp_company))
    assert erp_company.differences() == []
    listed = {label: {path for row in rows for path in row.paths} for label, rows in TOLD.items()}
    assert told == listed
