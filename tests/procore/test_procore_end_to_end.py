from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import requests

from qbsync.errors import (
    ProcoreAuthError,
    ProcoreForbiddenError,
    ProcorePayloadError,
    ProcoreUnavailableError,
)
from qbsync.model.records import CommitmentType, RecordKind, key_of
from qbsync.procore.auth import MemoryTokenStore, TokenSource
from qbsync.procore.feeds.direct import DirectFeed
from qbsync.procore.feeds.events import Gone, Mark, ProjectCodes, Seen, Trouble, Unreadable
from qbsync.procore.writebacks import Target, Writeback, send

ORDERS = "/rest/v1.0/purchase_order_contracts"


@pytest.fixture
def pull(server, client):
    """Pull once; gives the events and the marks after them."""

    def go(marks=None, later=timedelta(minutes=10)):
        now = server.state.clock.advance(later.total_seconds())
        events = list(DirectFeed(client, company_id=server.company_id).pull(marks or {}, now))
        new = {event.stream: event.value for event in events if isinstance(event, Mark)}
        return events, {**(marks or {}), **new}

    return go


def _records(events):
    return {str(key_of(event.record)): event for event in events if isinstance(event, Seen)}


def test_a_company_is_read_whole(company, pull):
    """Every record arrives once, with exact amounts, plain text, and what hinders it."""
    events, _ = pull()
    seen = _records(events)
    assert list(seen) == [
        f"cost_code:{company.division.id}",
        f"cost_code:{company.code.id}",
        f"vendor:{company.vendor.id}",
        f"vendor:{company.other.id}",
        f"project:{company.project.id}",
        f"project:{company.closed.id}",
        f"commitment:{company.subcontract.id}",
        f"commitment:{company.order.id}",
        f"budget:{company.project.id}",
    ]
    assert seen[f"budget:{company.project.id}"].why_not.startswith("The budget is not locked")
    assert not seen[f"project:{company.closed.id}"].exportable
    assert seen[f"vendor:{company.vendor.id}"].record.name == "Café & Sons <Electric>"
    subcontract = seen[f"commitment:{company.subcontract.id}"].record
    assert subcontract.description == "Rough-in\nTrim"
    assert subcontract.type is CommitmentType.SUBCONTRACT
    assert (subcontract.vendor_id, subcontract.project_id) == (
        str(company.vendor.id),
        str(company.project.id),
    )
    order = seen[f"commitment:{company.order.id}"].record
    (line,) = order.lines
    assert (line.quantity, line.unit_cost, line.by_unit) == (Decimal("3.5"), Decimal("10.01"), True)
    assert line.amount == company.unit_line.amount
    assert line.cost_code_id == str(company.code.id)
    (codes,) = [event for event in events if isinstance(event, ProjectCodes)]
    assert {code.standard_id for code in codes.codes} == {str(company.division.id), str(company.code.id)}


def test_only_what_changed_is_read_again(server, company, pull):
    """A second pull shows no contract; a change, a withdrawal and a deletion arrive with the third."""
    _, marks = pull()
    before = server.calls.copy()
    _, marks = pull(marks)
    assert not [one for one in (server.calls - before) if one.endswith("contracts/{id}")]
    server.state.edit_line(company.line.id, amount=Decimal(2000))
    server.state.delete_commitment(company.order.id)
    server.state.edit_vendor(company.other.id, name="Bayline Supply")
    events, _ = pull(marks)
    seen = _records(events)
    assert seen[f"commitment:{company.subcontract.id}"].record.lines[0].amount == Decimal(2000)
    assert seen[f"vendor:{company.other.id}"].record.name == "Bayline Supply"
    gone = [event.key for event in events if isinstance(event, Gone)]
    assert [(key.kind, key.procore_id) for key in gone] == [(RecordKind.COMMITMENT, str(company.order.id))]


def test_hundreds_of_records_come_over_pages_and_limits(company, server, client, pull):
    """More vendors than a page holds, under a tight spike limit, all arrive once."""
    for number in range(1100):
        server.state.create_vendor(f"Vendor {number:04}")
    server.limits.spike.limit = 3
    events, _ = pull()
    vendors = [key for key in _records(events) if key.startswith("vendor:")]
    assert len(vendors) == len(set(vendors)) == 1102
    assert server.calls["GET /rest/v1.0/vendors"] == 2
    assert client.company_id == str(server.company_id)
    assert company.state is server.state


def test_ids_are_written_back_and_seen_in_the_next_pull(server, company, client, pull):
    """Every target carries its id afterwards, and the feed tells it."""
    scope = {"project_id": str(company.project.id)}
    owed = [
        (Target.VENDOR, {}, company.vendor.id, "V-1"),
        (Target.PROJECT, {}, company.project.id, "J-1"),
        (Target.STANDARD_COST_CODE, {"standard_cost_code_list_id": company.list_id}, company.code.id, "I-1"),
        (Target.PROJECT_COST_CODE, scope, company.project_code.id, "J-1|I-1"),
        (
            Target.SUBCONTRACT_LINE,
            {**scope, "contract_id": str(company.subcontract.id)},
            company.line.id,
            "L-1",
        ),
        (Target.SUBCONTRACT, scope, company.subcontract.id, "T-1"),
        (
            Target.PURCHASE_ORDER_LINE,
            {**scope, "contract_id": str(company.order.id)},
            company.unit_line.id,
            "L-2",
        ),
        (Target.PURCHASE_ORDER, scope, company.order.id, "T-2"),
    ]
    writebacks = [
        Writeback(
            id=n, target=target, scope=where, item_id=str(item), origin_id=origin, origin_data='{"v":1}'
        )
        for n, (target, where, item, origin) in enumerate(owed)
    ]
    results = list(send(client, server.company_id, writebacks))
    assert [(result.id, result.refused) for result in results] == [(n, None) for n in range(8)]
    state = server.state
    assert state.line(company.line.id).origin_id == "L-1"
    assert state.cost_code(company.project_code.id).origin_id == "J-1|I-1"
    assert state.commitment(company.order.id).origin_data == '{"v":1}'
    seen = _records(pull()[0])
    assert seen[f"vendor:{company.vendor.id}"].origin_id == "V-1"
    assert seen[f"commitment:{company.subcontract.id}"].origin_id == "T-1"
    assert list(send(client, server.company_id, writebacks)) == results


def test_refusals_name_their_item(server, company, client):
    """A taken id, an unknown record and a locked line are refused one by one; the rest is taken."""
    server.state.edit_vendor(company.other.id, origin_id="TAKEN")
    server.state.approved_lines_are_locked = True
    scope = {"project_id": str(company.project.id), "contract_id": str(company.subcontract.id)}
    results = send(
        client,
        server.company_id,
        [
            Writeback(id=1, target=Target.VENDOR, item_id=str(company.vendor.id), origin_id="TAKEN"),
            Writeback(id=2, target=Target.VENDOR, item_id="999", origin_id="X"),
            Writeback(id=3, target=Target.PROJECT, item_id=str(company.project.id), origin_id="J"),
            Writeback(
                id=4, target=Target.SUBCONTRACT_LINE, scope=scope, item_id=str(company.line.id), origin_id="L"
            ),
        ],
    )
    refused = {result.id: result.refused for result in results}
    assert "has already been taken" in refused[1]
    assert "not found" in refused[2]
    assert refused[3] is None
    assert "is locked" in refused[4]


def test_a_lost_answer_of_a_sync_does_no_harm(server, company, client):
    """A sync whose answer is lost after it was done is sent again and ends in the same state."""
    server.inject_dropped("PATCH", "/rest/v1.0/vendors/sync", after=True)
    writeback = Writeback(id=1, target=Target.VENDOR, item_id=str(company.vendor.id), origin_id="V-1")
    (result,) = send(client, server.company_id, [writeback])
    assert result.refused is None
    assert server.state.vendor(company.vendor.id).origin_id == "V-1"
    assert server.calls["PATCH /rest/v1.0/vendors/sync"] == 2


def test_trouble_on_the_way_is_passed_over(server, company, pull):
    """A dropped connection, a 500, a 429 and a revoked token cost tries, not records."""
    server.inject_dropped("GET", "/rest/v1.0/vendors")
    server.inject("GET", "/rest/v1.0/vendors", 500)
    server.inject("GET", "/rest/v1.1/projects", 429, headers={"Retry-After": "2"})
    server.inject("GET", ORDERS, 401)
    events, _ = pull()
    assert f"commitment:{company.order.id}" in _records(events)
    assert not [event for event in events if isinstance(event, Trouble)]


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, ProcoreAuthError), (403, ProcoreForbiddenError), (500, ProcoreUnavailableError)],
)
def test_what_stays_wrong_ends_the_pull_in_words(server, company, pull, status, error):
    """Each status that stays is raised as its class, with Procore's request id."""
    assert company.state is server.state
    server.inject("GET", "/rest/v1.0/vendors", status, times=20)
    with pytest.raises(error) as caught:
        pull()
    assert str(status) in caught.value.message
    assert caught.value.context["request_id"]


def test_garbage_and_cut_answers_are_named(server, company, pull):
    """HTML for the vendors is raised; a cut list of one project's purchase orders is that tool's trouble."""
    server.inject_garbage("GET", "/rest/v1.0/vendors")
    with pytest.raises(ProcorePayloadError, match="read the vendors"):
        pull()
    server.inject_truncated("GET", ORDERS)
    events, marks = pull()
    (trouble,) = [event for event in events if isinstance(event, Trouble)]
    assert trouble.where == f"purchase orders of project {company.project.id}"
    assert f"purchase_orders/{company.project.id}" not in marks


def test_a_wrong_secret_is_the_persons_to_mend(server):
    """The login host's refusal names the credentials and not the secret."""
    with requests.Session() as session:
        tokens = TokenSource(
            login_url=server.login_url,
            client_id=server.client_id,
            client_secret="wrong-secret",
            store=MemoryTokenStore(),
            session=session,
        )
        with pytest.raises(ProcoreAuthError) as caught:
            tokens.token()
    assert "Client authentication failed" in caught.value.message
    assert "wrong-secret" not in str(caught.value)


def test_an_expired_token_is_renewed_on_the_way(server, company, pull):
    """Two hours later the next pull asks for one new token and goes on."""
    _, marks = pull()
    events, _ = pull(marks, later=timedelta(hours=2))
    assert f"project:{company.project.id}" in _records(events)
    server.login.revoke_all()
    pull(marks)
    assert company.state is server.state


def test_a_contract_that_was_refused_is_asked_for_until_it_is_read(server, company, pull):
    """A contract whose lines this account may not see is named; with the right it comes by itself."""
    contract = str(company.subcontract.id)
    server.inject("GET", f"/rest/v1.0/work_order_contracts/{contract}", 403)
    first, marks = pull()
    assert [event.procore_id for event in first if isinstance(event, Unreadable)] == [contract]
    second, marks = pull(marks)
    assert f"commitment:{contract}" in _records(second)
    assert marks[f"subcontracts/{company.project.id}/refused"] == ""
