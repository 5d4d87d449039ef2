from __future__ import annotations

from decimal import Decimal

import pytest

from qbsync.simulator.procore.erp_rows import Kind, Stage
from qbsync.simulator.procore.forbidden import ForbiddenMoveError


def rules(tool) -> list[str]:
    """The rules that were broken, in order."""
    return [one.rule for one in tool.violations]


def clear(connector, kind: Kind, record_id: int) -> None:
    """Take away every id of a record."""
    tool = connector.state.erp
    connector.external(tool.header_of(kind, record_id), *tool.parts_of(kind, record_id), origin=None)


def test_a_record_stays_synced_until_the_connector_agrees(tool, connector, small):
    """A refusal is shown on the record, which stays synced; agreement lets it be sent anew."""
    connector.export("commitment", small.subcontract)
    request = tool.unlink("commitment", small.subcontract)
    with pytest.raises(ForbiddenMoveError, match="waits"):
        tool.unlink("commitment", small.subcontract)
    words = "The commitment is still in QuickBooks. Please delete it before retrying."
    connector.close(request.data["request_detail_id"], words)
    item = tool.item("commitment", small.subcontract)
    assert (item.stage, item.messages) == (Stage.SYNCED, (words,))
    again = tool.unlink("commitment", small.subcontract)
    clear(connector, Kind.COMMITMENT, small.subcontract)
    connector.close(again.data["request_detail_id"])
    assert tool.greyed("commitment", small.subcontract) is None
    assert tool.violations == []


def test_an_unlink_that_leaves_ids_is_noted(tool, connector, small):
    """Success while header or lines keep their ids is a violation for each."""
    connector.export("commitment", small.subcontract)
    request = tool.unlink("commitment", small.subcontract)
    connector.external(("work_order_contract", small.subcontract), origin=None)
    connector.close(request.data["request_detail_id"])
    assert rules(tool) == ["success before the ids are cleared"] * 2


def test_change_orders_and_invoices_are_unlinked_alike(tool, connector, state, small, billed):
    """Each names itself, its commitment and its id in the books; what is not synced cannot be unlinked."""
    with pytest.raises(ForbiddenMoveError, match="not synced"):
        tool.unlink("requisition", billed)
    connector.export("requisition", billed)
    data = tool.unlink("requisition", billed).data
    assert data["procore_requisition_id"] == billed
    assert data["requisition_origin_id"] == state.invoices.get(billed).origin_id
    code = state.lines(small.subcontract)[0].cost_code_id
    order = state.change_orders.create(
        small.subcontract, [(code, Decimal(10), "More", None)], status="approved"
    ).id
    connector.export("change_order", order)
    request = tool.unlink("change_order", order)
    assert request.name == "unlink_commitment_change_order"
    assert request.data["procore_commitment_change_order_id"] == order
    with pytest.raises(ForbiddenMoveError, match="cannot be unlinked"):
        tool.unlink("vendor", small.vendor)


def test_a_reset_takes_the_ids_and_tells_without_a_detail(tool, connector, state, billed):
    """A super user's reset of an invoice clears it and its items; a detail that was open turns stale."""
    connector.export("requisition", billed)
    origin = state.invoices.get(billed).origin_id
    open_one = tool.unlink("requisition", billed).data["request_detail_id"]
    request = tool.reset_requisition(billed)
    assert request.data["requisition_origin_id"] == origin
    assert state.invoices.get(billed).origin_id is None
    assert not any(item.origin_id for item in state.invoices.items(billed))
    assert tool.tables.details.get(open_one).status == "stale"
    connector.close(open_one)
    assert (tool.tables.details.get(open_one).status, tool.violations) == ("stale", [])
    assert tool.greyed("requisition", billed) is None


def test_a_job_is_reset_with_all_that_belongs_to_it(connector, small, billed, budget):
    """The project, its codes, budget, commitments and invoices lose their ids, and a budget starts anew."""
    state, tool = connector.state, connector.state.erp
    connector.export("requisition", billed)
    connector.export("budget", budget)
    request = tool.reset_job(small.project)
    assert request.data["project"]["origin_id"] == "80000042-1718035200"
    rows = [
        state.project(small.project),
        state.commitment(small.subcontract),
        state.invoices.get(billed),
        tool.tables.budget_of(budget),
        *state.cost_codes(small.project),
        *state.lines(small.subcontract),
    ]
    assert not any(row.origin_id for row in rows)
    assert budget not in state.budgets.frozen
    connector.export("job", small.project)
    assert tool.greyed("budget", budget) is None


def test_a_payment_is_reset(tool, connector, state, billed):
    """A super user takes a payment's id away and names it in the notice."""
    connector.export("requisition", billed)
    paid = tool.pay(billed, Decimal(100)).id
    connector.do("payment", paid)
    origin = state.payments.get(paid).origin_id
    said = tool.reset_payment(paid).data
    assert said["origin_id"] == origin
    assert state.payments.get(paid).origin_id is None


def test_cost_codes_go_once_the_connector_has_deleted_them(client, tool, connector, state, small):
    """Each code has a detail of its own; success without the deletion is a violation."""
    first, second = state.cost_codes(small.project)
    request = tool.delete_cost_codes(small.project, [first.id, second.id])
    gone, kept = (row["request_detail_id"] for row in request.data["cost_codes"])
    url = client.server.url
    assert client.session.delete(f"{url}/rest/v1.0/cost_codes/{first.id}").status_code == 204
    assert client.session.delete(f"{url}/rest/v1.0/cost_codes/{first.id}").status_code == 404
    connector.close(gone)
    assert tool.violations == []
    connector.close(kept)
    assert rules(tool) == ["success before the deletion"]


def test_a_cost_code_that_procore_uses_is_not_deleted(client, tool, connector, state, small):
    """Procore refuses in words where a commitment's line is on the code; nothing is deleted then."""
    code = state.lines(small.subcontract)[0].cost_code_id
    tool.delete_cost_codes(small.project, [code])
    answer = client.session.delete(f"{client.server.url}/rest/v1.0/cost_codes/{code}")
    assert answer.status_code == 422
    assert "a commitment's line" in answer.json()["errors"]["base"][0]
    assert state.cost_code(code).id == code
    connector.close(tool.tables.open_details()[0].id, "Procore refused it.")
    assert tool.violations == []


def test_assignments_go_with_their_figures(client, tool, connector, state, small):
    """A cost type is taken off a code by the assignment's id, its figures by theirs."""
    code, kind = state.cost_codes(small.project)[1].id, state.line_item_types()[0].id
    request = tool.delete_assignments(small.project, [(code, kind)])
    (row,) = request.data["cost_type_assignments"]
    url = f"{client.server.url}/rest/v1.0"
    path = f"{url}/cost_codes_line_item_types/{row['id']}"
    assert client.session.delete(path).status_code == 204
    assert client.session.delete(f"{url}/erp_job_costs/{row['job_cost_id']}").status_code == 204
    connector.close(row["request_detail_id"])
    assert tool.violations == []


def test_super_users_delete_and_unlink_without_asking(tool, state, small):
    """What Procore's staff delete is gone, and only told."""
    parent, code = state.standard_cost_codes()
    own = state.cost_codes(small.project)[1]
    kind = state.line_item_types()[0]
    tool.unlink_standard_cost_codes([parent.id])
    tool.delete_cost_code(small.project, [own.id])
    tool.delete_standard_cost_codes([code.id])
    tool.delete_standard_categories([kind.id])
    names = [
        "unlink_standard_cost_codes",
        "delete_cost_code",
        "delete_standard_cost_codes",
        "delete_standard_categories",
    ]
    assert [request.name for request in tool.events] == names
    assert state.standard_cost_code(parent.id).origin_id is None
    assert [row.id for row in state.standard_cost_codes()] == [parent.id]
    assert [row.id for row in state.cost_codes(small.project)] != [own.id]
    assert len(state.line_item_types()) == 1
    assert tool.tables.details.live() == []
