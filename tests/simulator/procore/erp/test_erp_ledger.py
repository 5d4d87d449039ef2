from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from qbsync.simulator.ledger import differences
from qbsync.simulator.procore import ProcoreServer, ProcoreState
from qbsync.simulator.procore.erp_rows import Kind, Stage
from qbsync.simulator.world import build_world
from qbsync.simulator.world_story import acts


@pytest.fixture
def books(synced):
    """A company that agrees with its books, ERP Integrations connected, and every figure posted."""
    tool = synced.procore.erp
    tool.activate()
    tool.connect("https://x", {"settings": {"entities": {}}})
    kind = synced.procore.line_item_types()[0].id
    for order in synced.company.purchase_orders():
        for line in order.lines:
            post(synced, line.customer_id, line.item_id, kind, line.amount)
    return synced


def post(synced, job: str, item: str, kind: int, amount: Decimal) -> None:
    """Add to the commitments of a job and an item, as the connector's figures do."""
    state = synced.procore
    code = next(row for row in state.cost_codes() if row.origin_id == f"{job}|{item}")
    held = state.erp.tables.job_cost(code.project_id, code.id, kind).figures
    total = held.get("revised_commitment", Decimal(0)) + amount
    row, problems = state.erp.figure(
        code.project_id,
        {"cost_code_id": code.id, "line_item_type_id": kind, "revised_commitment": float(total)},
    )
    assert row is not None, problems


def found(synced) -> list[tuple[str, str]]:
    """The kind and field of every difference."""
    before = [one.full_name for one in (*synced.company.items(), *synced.company.vendors())]
    return [(one.kind, one.field) for one in differences(synced.procore, synced.company, before=before)]


def test_a_company_in_order_differs_in_nothing(books):
    """Figures, ids and closed details of a company in order are no differences."""
    assert found(books) == []


def test_an_open_detail_and_a_violation_are_differences(books):
    """A detail that nobody closed and a misstep of the connector show in the ledger."""
    tool = books.procore.erp
    detail = tool.refresh("vendors").data["request_detail_id"]
    assert found(books) == [("erp_request", f"request detail {detail}")]
    tool.close(detail, "success", ())
    tool.close(detail, "success", ())
    assert found(books) == [("erp_request", "closes twice")]


def test_figures_are_held_against_the_books_by_the_cent(books):
    """A figure that is a cent off, one of nothing in the books, and one not posted all show."""
    state = books.procore
    first, second, *_ = [row for row in state.erp.tables.job_costs.live() if row.figures]
    off = {"revised_commitment": first.figures["revised_commitment"] + Decimal("0.01")}
    state.erp.tables.job_costs.edit(first.id, figures=off)
    state.erp.tables.job_costs.edit(second.id, figures={"job_to_date_cost": Decimal(5)})
    assert sorted(found(books)) == [
        ("job_cost", "amount"),
        ("job_cost", "revised_commitment"),
        ("job_cost", "revised_commitment"),
    ]


def test_costs_are_figures_or_transactions_as_the_project_asks(books):
    """Costs of a project without transactions are its figures; with them, direct costs and figures both."""
    state, tool = books.procore, books.procore.erp
    row = next(row for row in tool.tables.job_costs.live() if row.figures)
    code = state.cost_code(row.cost_code_id)
    job, item = (code.origin_id or "").split("|")
    names = {one.list_id: one.full_name for one in books.company.customers()}
    items = {one.list_id: one.full_name for one in books.company.items()}
    books.company.human.enter_cost(
        "Check", [(items[item], "Nails", Decimal("12.34"))], job=names[job], account="Checking",
        payee=books.company.vendors()[0].name,
    )  # fmt: skip
    assert found(books) == [("job_cost", "amount")]
    tool.tables.job_costs.edit(row.id, figures={**row.figures, "job_to_date_cost": Decimal("12.34")})
    assert found(books) == []
    tool.transactions_on.add(code.project_id)
    assert found(books) == [("job_cost", "amount")]
    kind = state.line_item_types()[0].id
    state.direct_costs.create(code.project_id, [(code.id, kind, Decimal("12.34"), "Nails")], origin_id="C|1")
    assert found(books) == []
    tool.transactions_on.discard(code.project_id)
    assert found(books) == [("job_cost", "direct cost")]


def test_a_voided_payment_of_nothing_is_no_difference(books):
    """Zero dollars with an id in the books say nothing; a dollar does."""
    state = books.procore
    contract = state.commitments()[0].id
    paid = state.payments.create(contract, Decimal(0), origin_id="P|B").id
    assert found(books) == []
    state.payments.payment_table.edit(paid, amount=Decimal(1))
    assert found(books) == [("payment", "amount")]


def test_lines_of_what_is_synced_need_ids(books):
    """A change order whose line has no id shows, beside what the purchase order lacks of it."""
    state = books.procore
    contract = state.commitments()[0]
    code = state.lines(contract.id)[0].cost_code_id
    order = state.change_orders.create(contract.id, [(code, Decimal(10), "More", None)], status="approved")
    state.change_orders.edit(order.id, origin_id=f"{contract.origin_id}|1")
    line = state.change_orders.lines(order.id)[0].id
    assert ("change_order", f"origin_id of line_item {line}") in found(books)


@pytest.fixture
def whole(client, connector):
    """A connector of a made-up company that holds nothing in the books yet."""
    state = ProcoreState()
    build_world(cost_codes=6, vendors=8, projects=2, commitments=6).apply(state)
    state.erp.activate()
    with ProcoreServer(state, per_hour=100_000, per_10_seconds=100_000) as server:
        own = type(client)(server)
        own.log_in()
        with own.session:
            yield replace(connector, client=own, state=state)


def test_a_whole_company_goes_through_the_tool(whole, tool):
    """All of the made-up company, act by act, is sent and exported with nothing left over."""
    connector, state, settings, tool = whole, whole.state, tool.posted, whole.state.erp
    tool.connect("https://x", settings)
    for in_procore in (lambda _: None, *(act.in_procore for act in acts())):
        in_procore(state)
        while tool.send_eligible(lambda _: "Acme"):
            for detail in tool.tables.open_details():
                connector.do(detail.kind, detail.record_id)
            for project in state.projects():
                connector.figures(project.id, tool.money_payloads.revised(project.id))
    assert tool.violations == []
    assert {item.stage for item in tool.items()} == {Stage.SYNCED}
    assert all(row.origin_id for row in (*state.invoices.all(), *state.commitments(), *state.vendors()))
    assert state.budgets.frozen == set()
    kinds = {item.kind for item in tool.items()}
    assert kinds == set(Kind) - {Kind.PAYMENT}
