from __future__ import annotations

from decimal import Decimal

from qbsync.simulator.procore import Clock, ProcoreState, load, save
from qbsync.simulator.procore.erp_rows import Stage

NAME = "ERP Requests"


def ids(value: object) -> set[type]:
    """The types of every id in a value."""
    if isinstance(value, list):
        return set().union(*map(ids, value))
    if not isinstance(value, dict):
        return set()
    own = {type(one) for key, one in value.items() if key in ("id", "contract_id") and one is not None}
    return own.union(*map(ids, value.values()))


def test_each_request_is_told_to_the_hook_at_least_once(tool, small, receiver, add_hook):
    """A hook with the trigger hears of every request by its id, after a failure again."""
    add_hook((NAME, "create"), version="v2.0")
    tool.send("commitment", small.subcontract)
    tool.accept("commitment", small.subcontract)
    tool.refresh("vendors")
    receiver.statuses = [503]
    state = add_hook.client.server.state
    state.outbox.pump(receiver)
    assert receiver.seen() == set()
    state.clock.advance(2)
    state.outbox.pump(receiver)
    assert receiver.seen() == {(NAME, "create", request.id) for request in tool.events}


def test_requests_that_no_hook_heard_are_in_no_list(client, tool, connector, small):
    """Without the webhook a request is known to nobody: only its open detail can be found."""
    tool.send("commitment", small.subcontract)
    tool.accept("commitment", small.subcontract)
    assert client.get(f"{connector.company}/erp_requests").status_code == 404
    details = client.get(f"{connector.company}/erp_request_details").json()
    assert [(one["item_id"], one["status"]) for one in details] == [(small.subcontract, "in progress")]


def test_a_seed_brings_every_oddity_and_brings_it_again(connector, small, billed, budget):
    """By chance details are misplaced or missing, ids are text, numbers are whole, and rows are left out."""
    state, tool = connector.state, connector.state.erp
    tool.send("requisition", billed)
    tool.send("budget", budget)
    code = state.lines(small.subcontract)[0].cost_code_id
    order = state.change_orders.create(
        small.subcontract, [(code, Decimal(10), "More", None)], status="approved"
    )
    tool.send("change_order", order.id)
    seen: set[object] = set()
    for seed in range(40):
        tool.activate(seed)
        request = tool.accept("change_order", order.id)
        data = request.data
        where = "inside" if "request_detail_id" in data else "around" if request.around else "absent"
        seen |= {where, type(data["change_order"]["number"]), *ids(data)}
        tool.activate(seed)
        connector.close(tool.tables.open_details()[-1].id, "Not yet.")
        again = tool.accept("change_order", order.id)
        assert differing(request.data, again.data) <= {"request_detail_id"}
        connector.close(tool.tables.open_details()[-1].id, "Not yet.")
        invoices = tool.accept("requisition", billed)
        seen.add(("request_detail_id" in invoices.data["requisitions"][0], "named"))
        connector.close(tool.tables.open_details()[-1].id, "Not yet.")
    assert seen >= {"inside", "around", "absent", int, str, (True, "named"), (False, "named")}


def test_with_a_seed_ids_are_their_types_own(state, small, tool):
    """A vendor, a commitment and an invoice may have one number; a line of a contract and of a change not."""
    tool.activate(3)
    vendor = state.create_vendor("Bayline")
    contract = state.create_commitment("work_order_contract", small.project, vendor.id, number="SC-9")
    assert contract.id == vendor.id
    code = state.cost_codes(small.project)[1].id
    line = state.create_line(contract.id, code, amount=Decimal(10))
    state.approve(contract.id)
    order = state.change_orders.create(contract.id, [(code, Decimal(5), "More", None)], status="approved")
    assert line.id == order.id == vendor.id
    assert state.change_orders.lines(order.id)[0].id != line.id


def differing(one: dict[str, object], other: dict[str, object]) -> set[str]:
    """The keys whose values differ."""
    return {key for key in one.keys() | other.keys() if one.get(key) != other.get(key)}


def test_a_changed_budget_may_name_changed_rows_only(tool, connector, state, budget):
    """By chance update_budget leaves out the job costs that did not change."""
    connector.export("budget", budget)
    connector.figures(budget, tool.money_payloads.revised(budget))
    line = state.budgets.lines(budget)[0]
    state.budgets.change(budget, {line.id: Decimal("250.25")})
    tool.send("budget", budget)
    lengths = set()
    for seed in range(10):
        tool.activate(seed)
        lengths.add(len(tool.accept("budget", budget).data["job_costs"]))
        connector.close(tool.tables.open_details()[-1].id, "Not yet.")
    assert lengths == {1, 2}


def test_the_tool_is_kept_with_the_rest_of_procore(tmp_path, connector, small, budget):
    """A saved company has its requests, details, frozen budgets and settings again."""
    state, tool = connector.state, connector.state.erp
    connector.export("budget", budget)
    tool.send("commitment", small.subcontract)
    tool.accept("commitment", small.subcontract)
    tool.stage({"item_type": "vendor", "origin_id": "80-7", "data": {"name": "Bayline"}}, legacy=True)
    tool.transactions_on.add(small.project)
    save(state, tmp_path / "procore.json")
    again = load(tmp_path / "procore.json", clock=Clock(state.clock.now()))
    assert again.erp.activated
    assert again.erp.metadata.has_tab("vendors")
    assert [again.erp.shown(one) for one in again.erp.events] == [tool.shown(one) for one in tool.events]
    assert again.erp.item("commitment", small.subcontract).stage is Stage.EXPORTING
    assert again.erp.tables.open_details() == tool.tables.open_details()
    assert again.erp.tables.job_costs_of(budget) == tool.tables.job_costs_of(budget)
    assert again.budgets.frozen == {budget}
    assert [one.data for one in again.erp.staged("vendor")] == [{"name": "Bayline"}]
    assert again.erp.transactions_on == {small.project}


def test_a_company_without_the_tool_shows_nothing_of_it():
    """Where ERP Integrations was never switched on, nothing can be sent and nothing is announced."""
    state = ProcoreState()
    vendor = state.create_vendor("Bayline").id
    assert state.erp.greyed("vendor", vendor) == "ERP Integrations is not connected"
    assert state.erp.events == []
