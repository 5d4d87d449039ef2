from __future__ import annotations

from decimal import Decimal

import pytest

from qbsync.simulator.procore.erp_rows import Kind, Stage
from qbsync.simulator.procore.forbidden import ForbiddenMoveError

JOB = "80000042-1718035200"


def metadata(**entities: object) -> dict[str, object]:
    """Settings in which only these entities are on."""
    return {"settings": {"entities": {name: {"enabled": True, **more} for name, more in entities.items()}}}


def rule(field: str, check: str, length: int, message: str) -> dict[str, object]:
    """An entity whose exports are checked for one thing."""
    validation = {check: {"enabled": True, "length": length, "message": message}}
    return {"rules": {"export": {"fields": {field: {"enabled": True, "validation": validation}}}}}


def test_nothing_is_announced_before_the_approver_accepts(tool, small):
    """Sending and retrieving make no request; accepting makes one, with an open detail of the header."""
    assert tool.send("commitment", small.subcontract).stage is Stage.READY
    assert tool.retrieve("commitment", small.subcontract).stage is Stage.RETRIEVED
    tool.resend("commitment", small.subcontract)
    assert tool.events == []
    request = tool.accept("commitment", small.subcontract)
    (detail,) = tool.tables.open_details()
    assert (request.name, detail.item_type, detail.item_id) == (
        "create_commitment",
        "work_order_contract",
        small.subcontract,
    )
    assert request.data["request_detail_id"] == detail.id
    assert request.data["commitment"]["code"] == "SC-001"


def test_a_rejected_record_carries_the_comment_and_may_be_sent_again(tool, small):
    """Rejecting raises no event; the user sees why, and sends again."""
    tool.send("commitment", small.subcontract)
    item = tool.reject("commitment", small.subcontract, "Wrong retainage")
    assert (item.stage, item.comment, tool.events) == (Stage.REJECTED, "Wrong retainage", [])
    with pytest.raises(ForbiddenMoveError, match="is rejected"):
        tool.accept("commitment", small.subcontract)
    assert tool.resend("commitment", small.subcontract).comment == ""


def test_what_was_sent_is_locked_in_its_own_tool(tool, state, small, billed):
    """From Send until it comes back, what identifies a commitment stays as it is, and so do its lines."""
    line = state.lines(small.order)[0]
    tool.send("commitment", small.order)
    for move in (
        lambda: state.edit_commitment(small.order, title="Other"),
        lambda: state.edit_commitment(small.order, status="Draft"),
        lambda: state.edit_line(line.id, amount=Decimal(1)),
        lambda: state.create_line(small.order, line.cost_code_id, amount=Decimal(1)),
        lambda: state.delete_line(line.id),
        lambda: state.delete_commitment(small.order),
    ):
        with pytest.raises(ForbiddenMoveError, match="sent to ERP Integrations"):
            move()
    state.edit_commitment(small.order, description="Only words")
    tool.reject("commitment", small.order)
    state.edit_commitment(small.order, title="Other")
    tool.send("requisition", billed)
    with pytest.raises(ForbiddenMoveError, match="sent to ERP Integrations"):
        state.invoices.revise(billed)
    tool.retrieve("requisition", billed)
    assert state.invoices.revise(billed).status == "revise_and_resubmit"


def test_a_sent_change_order_is_locked_too(tool, connector, state, small):
    """Title, status and lines of a change order wait until it comes back."""
    connector.export("commitment", small.subcontract)
    code = state.lines(small.subcontract)[0].cost_code_id
    orders = state.change_orders
    order = orders.create(small.subcontract, [(code, Decimal(10), "More", None)], status="approved").id
    tool.send("change_order", order)
    for move in (
        lambda: orders.void(order),
        lambda: orders.delete(order),
        lambda: orders.add_line(order, code, Decimal(1)),
        lambda: orders.edit_line(orders.lines(order)[0].id, amount=Decimal(1)),
    ):
        with pytest.raises(ForbiddenMoveError, match="sent to ERP Integrations"):
            move()
    tool.retrieve("change_order", order)
    assert orders.void(order).status == "void"


def test_an_open_detail_blocks_the_buttons_of_its_record(tool, small):
    """While the connector has not closed it, the record can be neither sent, retrieved nor accepted again."""
    tool.send("commitment", small.subcontract)
    tool.accept("commitment", small.subcontract)
    assert "still open" in tool.greyed("commitment", small.subcontract)
    for move in (tool.send, tool.retrieve, tool.accept):
        with pytest.raises(ForbiddenMoveError):
            move("commitment", small.subcontract)
    assert tool.greyed("commitment", small.order) is None


def test_an_export_ends_synced_or_failed_with_the_connectors_words(tool, connector, small):
    """Success needs the ids; a failure shows its messages and may be accepted again with another code."""
    tool.send("commitment", small.order)
    tool.accept("commitment", small.order)
    connector.close(tool.tables.open_details()[0].id, "The number is too long.")
    item = tool.item("commitment", small.order)
    assert (item.stage, item.messages) == (Stage.FAILED, ("The number is too long.",))
    again = tool.accept("commitment", small.order, code="PO-1")
    assert again.data["commitment"]["code"] == "PO-1"
    connector.do("commitment", small.order)
    assert tool.item("commitment", small.order).stage is Stage.SYNCED
    assert "synced" in tool.greyed("commitment", small.order)
    assert tool.violations == []


def test_a_failed_export_is_locked_until_rejected_and_goes_again(tool, connector, state, small):
    """A record that failed after its id was written is mended after a rejection, and goes again."""
    tool.send("commitment", small.order)
    tool.accept("commitment", small.order)
    refused = connector.external(*tool.parts_of(Kind.COMMITMENT, small.order), origin="T|1")["errors"]
    assert len(refused) == 1
    connector.external(("purchase_order_contract", small.order))
    connector.close(tool.tables.open_details()[0].id, "A line was refused.")
    with pytest.raises(ForbiddenMoveError, match="sent to ERP Integrations"):
        state.edit_commitment(small.order, status="Draft")
    tool.reject("commitment", small.order)
    state.edit_commitment(small.order, title="Mended")
    connector.export("commitment", small.order)
    assert tool.item("commitment", small.order).stage is Stage.SYNCED
    assert tool.violations == []


def test_what_failed_is_looked_at_again_before_it_is_exported(tool, connector, state, small):
    """Accepting a failed record needs all that sending it did."""
    tool.send("commitment", small.order)
    tool.accept("commitment", small.order)
    connector.close(tool.tables.open_details()[0].id, "No.")
    state.edit_vendor(small.vendor, origin_id=None)
    with pytest.raises(ForbiddenMoveError, match="contract company"):
        tool.accept("commitment", small.order)


def test_a_failed_job_takes_another_code_only_if_the_words_speak_of_one(tool, connector, state):
    """The tool offers a new job code only where a message of the failure holds the word code."""
    project = state.create_project("Pier 9", project_number="24-018").id
    tool.send("job", project)
    with pytest.raises(ForbiddenMoveError, match="another code"):
        tool.accept("job", project, code="24-019")
    tool.accept("job", project)
    connector.close(tool.tables.open_details()[0].id, "The name is taken.")
    with pytest.raises(ForbiddenMoveError, match="another code"):
        tool.accept("job", project, code="24-019")
    tool.accept("job", project)
    connector.close(tool.tables.open_details()[0].id, "The job code is taken.")
    assert tool.accept("job", project, code="24-019").data["job"]["origin_code"] == "24-019"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda state, small: state.edit_commitment(small.subcontract, status="Draft"), "is Draft"),
        (lambda state, small: state.edit_vendor(small.vendor, origin_id=None), "contract company"),
        (lambda state, small: state.edit_project(small.project, origin_id=None), "project that is not"),
        (
            lambda state, small: state.edit_cost_code(state.cost_codes(small.project)[1].id, origin_id=None),
            "without a synced cost code",
        ),
        (
            lambda state, small: [state.delete_line(one.id) for one in state.lines(small.subcontract)],
            "has no line",
        ),
    ],
)
def test_a_commitment_is_greyed_until_all_it_needs_is_synced(tool, state, small, spoil, words):
    """Status, project, contract company, lines and cost codes are looked at before Send is offered."""
    assert tool.greyed("commitment", small.subcontract) is None
    spoil(state, small)
    assert words in tool.greyed("commitment", small.subcontract)
    with pytest.raises(ForbiddenMoveError, match=words):
        tool.send("commitment", small.subcontract)


def test_change_orders_and_invoices_wait_for_their_commitment(tool, connector, state, small):
    """Neither is offered before the commitment is synced, nor before it is approved."""
    code = state.lines(small.subcontract)[0].cost_code_id
    order = state.change_orders.create(small.subcontract, [(code, Decimal(10), "More", None)]).id
    invoice = state.invoices.create(small.subcontract, number="1").id
    assert "is draft" in tool.greyed("change_order", order)
    assert "is draft" in tool.greyed("requisition", invoice)
    state.change_orders.approve(order)
    state.invoices.approve(invoice, "approved_as_noted")
    assert "commitment" in tool.greyed("change_order", order)
    assert "commitment" in tool.greyed("requisition", invoice)
    connector.export("commitment", small.subcontract)
    assert tool.greyed("change_order", order) is None
    assert tool.greyed("requisition", invoice) is None


def test_a_job_needs_the_list_of_erp_integrations_and_a_code(tool, state):
    """A project of another list, without a code, or inactive is not offered; one that changed goes again."""
    other = state.create_cost_code_list("Other")
    bare = state.create_project("Bare", copy_codes=False).id
    strange = state.create_project("Strange", standard_cost_code_list_id=other.id).id
    assert "no cost code" in tool.greyed("job", bare)
    assert "standard cost codes" in tool.greyed("job", strange)
    state.edit_project(bare, active=False)
    assert "inactive" in tool.greyed("job", bare)


def test_a_synced_job_is_sent_again_only_when_it_changed(tool, connector, state):
    """A careful user sends a synced project again after an edit; a vendor never can be."""
    project = state.create_project("Pier 9", project_number="24-018").id
    vendor = state.create_vendor("Bayline").id
    connector.export("job", project)
    connector.export("vendor", vendor)
    assert not tool.must_export(Kind.JOB, project)
    state.edit_project(project, city="Oakland")
    state.edit_vendor(vendor, city="Oakland")
    assert tool.must_export(Kind.JOB, project)
    assert "synced" in tool.greyed("vendor", vendor)


def test_the_connectors_rules_are_enforced_before_an_export(tool, state, small):
    """A value that breaks a rule of the metadata greys Send, with the rule's own words and its length."""
    tool.connect(
        "https://x",
        metadata(vendors=rule("name", "max_length", 9, "name must be less than %{length} characters.")),
    )
    long = state.create_vendor("Bayline Supply Co.").id
    assert tool.greyed("vendor", long) == "name must be less than 9 characters."
    assert tool.greyed("vendor", state.create_vendor("Bayline").id) is None
    assert "not part" in tool.greyed("commitment", small.subcontract)


def test_the_approvers_id_is_checked_when_it_is_typed(tool, small):
    """The id in the books is judged at accept, and asked for where Procore's number is not taken."""
    limited = rule("code", "max_length", 6, "At most %{length}.")
    tool.connect("https://x", metadata(commitments=limited))
    tool.send("commitment", small.subcontract)
    with pytest.raises(ForbiddenMoveError, match="is missing"):
        tool.accept("commitment", small.subcontract)
    with pytest.raises(ForbiddenMoveError, match="At most 6"):
        tool.accept("commitment", small.subcontract, code="SC-0001")
    assert tool.accept("commitment", small.subcontract, code="SC-1").data["commitment"]["code"] == "SC-1"


def test_a_used_id_is_free_only_where_duplicates_are_allowed(tool, connector, small):
    """Two commitments of one number: the second is refused unless the metadata allow it."""
    connector.export("commitment", small.subcontract, code="X-1")
    tool.send("commitment", small.order)
    with pytest.raises(ForbiddenMoveError, match="another synced commitment"):
        tool.accept("commitment", small.order, code="X-1")
    tool.connect("https://x", metadata(commitments={"configs": {"allow_duplicate_codes": {"enabled": True}}}))
    assert tool.accept("commitment", small.order, code="X-1").name == "create_commitment"


def test_the_connectors_own_fields_are_asked_for(tool, state):
    """A field of the metadata that must be there is, comes back in the request, and no other is taken."""
    present = {"validation": {"present": {"enabled": True}}}
    export = {"custom_fields": [{"key": "customer", "label": "Customer", "type": "string", "rules": present}]}
    tool.connect("https://x", metadata(jobs={"configs": {"export": export}}))
    project = state.create_project("Pier 9").id
    tool.send("job", project)
    with pytest.raises(ForbiddenMoveError, match="customer is missing"):
        tool.accept("job", project)
    with pytest.raises(ForbiddenMoveError, match="nobody asks for class"):
        tool.accept("job", project, customer="Acme", **{"class": "North"})
    assert tool.accept("job", project, customer="Acme").data["job"]["erp_custom_fields"] == {
        "customer": "Acme"
    }


def test_direct_export_skips_the_approver_where_nothing_is_missing(tool, small):
    """With direct export a commitment goes at once; one whose id must be typed still waits."""
    tool.direct_export[Kind.COMMITMENT] = True
    assert tool.send("commitment", small.subcontract).stage is Stage.EXPORTING
    tool.connect("https://x", metadata(commitments={}))
    assert tool.send("commitment", small.order).stage is Stage.READY
    assert [request.name for request in tool.events] == ["create_commitment"]


def test_codes_and_invoices_go_many_in_a_request(tool, connector, state, small, billed):
    """One event names several invoices, each with a detail that is found by its item."""
    connector.export("commitment", small.order)
    other = state.invoices.create(small.order, number="PO-1").id
    state.invoices.approve(other)
    for one in (billed, other):
        tool.send("requisition", one)
    (request,) = tool.accept_all("requisition", [billed, other])
    assert [row["procore_requisition_id"] for row in request.data["requisitions"]] == [billed, other]
    assert "request_detail_id" not in request.data
    found = connector.client.get(
        f"{connector.company}/erp_request_details", **{"filters[item_id]": str(other)}
    ).json()
    assert [(one["item_type"], one["item_id"], one["status"]) for one in found] == [
        ("requisition", other, "in progress")
    ]


def test_a_budget_is_frozen_until_its_estimates_are_read_back(tool, connector, state, budget):
    """After an export nobody can unlock, change or send a budget until each estimate is back."""
    connector.export("budget", budget)
    line = state.budgets.lines(budget)[0]
    for move in (
        lambda: state.budgets.unlock(budget),
        lambda: state.budgets.change(budget, {line.id: Decimal(5)}),
        lambda: tool.send("budget", budget),
    ):
        with pytest.raises(ForbiddenMoveError, match="Job Costs Report"):
            move()
    amounts = tool.money_payloads.revised(budget)
    first = next(iter(amounts))
    connector.figures(budget, {first: amounts[first]})
    assert budget in state.budgets.frozen
    connector.figures(budget, amounts)
    assert budget not in state.budgets.frozen
    assert tool.greyed("budget", budget) == "has nothing that was not exported"
    assert tool.violations == []


def test_a_changed_budget_carries_only_what_was_not_exported(tool, connector, state, budget):
    """update_budget names the new amounts, and transactions for the differences alone."""
    created = connector.export("budget", budget)
    connector.figures(budget, tool.money_payloads.revised(budget))
    one, other = state.budgets.lines(budget)
    state.budgets.change(budget, {one.id: Decimal("250.25"), other.id: Decimal("-250.25")})
    tool.send("budget", budget)
    updated = tool.accept("budget", budget)
    assert (created.name, updated.name) == ("create_budget", "update_budget")
    assert [row["value"] for row in created.data["transactions"]] == [120000.0, 80000.5]
    assert [row["value"] for row in updated.data["transactions"]] == [250.25, -250.25]
    assert [row["new_amount"] for row in updated.data["job_costs"]] == [120250.25, 79750.25]
    assert updated.data["budget"]["origin_id"]


def test_a_failed_budget_thaws_and_is_exported_whole_the_next_time(tool, connector, state, budget):
    """A refusal unfreezes the budget; what it could not export is in the next request again."""
    tool.send("budget", budget)
    first = tool.accept("budget", budget)
    assert budget in state.budgets.frozen
    connector.close(tool.tables.open_details()[0].id, "Estimates are off.")
    assert budget not in state.budgets.frozen
    tool.resend("budget", budget)
    again = tool.accept("budget", budget)
    assert again.name == "create_budget"
    assert again.data["transactions"] == first.data["transactions"]


def test_procore_pay_exports_what_it_pays(tool, connector, state, billed):
    """A payment through Procore Pay needs a synced invoice, and goes out without an approver's word."""
    with pytest.raises(ForbiddenMoveError, match="not synced"):
        tool.pay(billed, Decimal(100))
    connector.export("requisition", billed)
    paid = tool.pay(billed, Decimal(100), check="10442")
    request = tool.events[-1]
    assert request.name == "create_contract_payment"
    assert request.data["contract_payment"]["amount"] == "100.0"
    connector.do("payment", paid.id)
    assert tool.item("payment", paid.id).stage is Stage.SYNCED
    assert state.payments.get(paid.id).origin_id


def test_careful_people_send_all_that_can_go_and_nothing_twice(tool, connector, state, small, budget):
    """`send_eligible` sends each record once it may go, until nothing is left; failures only when asked."""
    for kind in (Kind.COMMITMENT, Kind.BUDGET):
        assert tool.greyed(kind, budget if kind is Kind.BUDGET else small.order) is None
    project = state.create_project("Pier 9", project_number="24-018").id
    state.create_vendor("Bayline")
    rounds = []
    while sent := tool.send_eligible(lambda _: "Acme"):
        rounds.append(sent)
        for detail in tool.tables.open_details():
            connector.do(detail.kind, detail.record_id)
        for row in state.projects():
            connector.figures(row.id, tool.money_payloads.revised(row.id))
    # The new vendor and job, the old job (never sent from here), the budget and both commitments.
    assert rounds == [6]
    assert state.project(project).origin_id
    assert {item.stage for item in tool.items()} == {Stage.SYNCED}
    assert tool.violations == []


def test_what_failed_goes_again_only_when_asked(tool, connector, state):
    """A failed record waits for somebody to put it right."""
    vendor = state.create_vendor("Bayline").id
    tool.send("vendor", vendor)
    tool.accept("vendor", vendor)
    connector.close(tool.tables.open_details()[0].id, "The name is taken.")
    assert not tool.must_export(Kind.VENDOR, vendor)
    assert tool.must_export(Kind.VENDOR, vendor, again=True)
