from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest

from qbsync.errors import (
    ProcoreAuthError,
    ProcoreLimitedError,
    ProcorePayloadError,
    ProcoreUnavailableError,
)
from qbsync.procore.writebacks import IDS, Result, Target, Writeback, send

API = "https://api.procore.example"
LINE_SCOPE = {"project_id": "594012", "contract_id": "410077"}


def _echo(request):
    updates = json.loads(request.body)["updates"]
    return 200, {}, json.dumps({"entities": updates, "errors": []})


@pytest.fixture
def owed(client):
    """Send write-backs to a Procore that takes each of them unless the test answered otherwise."""

    def go(*writebacks):
        return list(send(client, 8089, writebacks))

    return go


def _sent(http):
    calls = [call.request for call in http.calls if call.request.method == "PATCH"]
    parts = [urlsplit(call.url) for call in calls]
    return [(p.path, p.query, json.loads(call.body)) for p, call in zip(parts, calls, strict=True)]


def _one(target, scope=None, **more):
    fields = {"id": 1, "item_id": "11", "origin_id": "80000011-1"} | more
    return Writeback(target=target, scope=scope or {}, **fields)


@pytest.mark.parametrize(
    ("target", "scope", "path", "query", "body"),
    [
        (Target.VENDOR, {}, "vendors/sync", "", {"company_id": 8089}),
        (Target.PROJECT, {}, "projects/sync", "", {"company_id": 8089}),
        (
            Target.STANDARD_COST_CODE,
            {"standard_cost_code_list_id": "3301"},
            "standard_cost_codes/sync",
            "",
            {"company_id": 8089, "standard_cost_code_list_id": 3301},
        ),
        (Target.PROJECT_COST_CODE, {"project_id": "594012"}, "cost_codes/sync", "project_id=594012", {}),
        (
            Target.SUBCONTRACT_LINE,
            LINE_SCOPE,
            "work_order_contracts/410077/line_items/sync",
            "project_id=594012",
            {},
        ),
        (
            Target.SUBCONTRACT,
            {"project_id": "594012"},
            "work_order_contracts/sync",
            "",
            {"project_id": 594012},
        ),
        (
            Target.PURCHASE_ORDER_LINE,
            LINE_SCOPE,
            "purchase_order_contracts/410077/line_items/sync",
            "project_id=594012",
            {},
        ),
        (
            Target.PURCHASE_ORDER,
            {"project_id": "594012"},
            "purchase_order_contracts/sync",
            "",
            {"project_id": 594012},
        ),
    ],
)
def test_each_target_has_its_endpoint(http, owed, target, scope, *, path, query, body):
    """Path, query and body are those of the reference, and each update names id and origin_id."""
    http.add_callback("PATCH", f"{API}/rest/v1.0/{path}", callback=_echo)
    assert owed(_one(target, scope)) == [Result(id=1, refused=None)]
    (sent,) = _sent(http)
    update = {"id": 11, "origin_id": "80000011-1"}
    assert sent == (f"/rest/v1.0/{path}", query, {**body, "updates": [update]})


def test_data_and_code_are_sent_where_procore_takes_them(http, owed):
    """origin_data goes as the text it is; origin_code only to vendors and contracts."""
    for path in ("vendors", "projects"):
        http.add_callback("PATCH", f"{API}/rest/v1.0/{path}/sync", callback=_echo)
    more = {"origin_data": '{"edit_sequence":"1"}', "origin_code": "ACME"}
    owed(_one(Target.VENDOR, **more), _one(Target.PROJECT, id=2, **more))
    vendor, project = (body["updates"][0] for _, _, body in _sent(http))
    assert vendor == {"id": 11, "origin_id": "80000011-1", **more}
    assert project == {"id": 11, "origin_id": "80000011-1", "origin_data": more["origin_data"]}


def test_an_id_can_be_taken_off(http, owed):
    """origin_id None is sent as null and counts as taken when Procore has none left."""
    body = {"entities": [{"id": 11, "origin_id": None}], "errors": []}
    http.patch(f"{API}/rest/v1.0/vendors/sync", json=body)
    assert owed(_one(Target.VENDOR, origin_id=None)) == [Result(id=1, refused=None)]
    assert _sent(http)[0][2]["updates"] == [{"id": 11, "origin_id": None}]


def test_one_call_a_target_and_scope_lines_before_contracts(http, owed):
    """Write-backs in any order become one call a group, and a contract's own id goes after its lines'."""
    for path in ("vendors", "work_order_contracts", "work_order_contracts/1/line_items",
                 "work_order_contracts/2/line_items"):  # fmt: skip
        http.add_callback("PATCH", f"{API}/rest/v1.0/{path}/sync", callback=_echo)
    project = {"project_id": "9"}
    results = owed(
        _one(Target.SUBCONTRACT, project, id=1, item_id="1"),
        _one(Target.SUBCONTRACT_LINE, {**project, "contract_id": "1"}, id=2, item_id="5"),
        _one(Target.VENDOR, id=3, item_id="7"),
        _one(Target.SUBCONTRACT_LINE, {**project, "contract_id": "2"}, id=4, item_id="6"),
        _one(Target.SUBCONTRACT, project, id=5, item_id="2"),
        _one(Target.SUBCONTRACT_LINE, {**project, "contract_id": "1"}, id=6, item_id="8"),
    )
    assert [path.removeprefix("/rest/v1.0/") for path, _, _ in _sent(http)] == [
        "vendors/sync",
        "work_order_contracts/1/line_items/sync",
        "work_order_contracts/2/line_items/sync",
        "work_order_contracts/sync",
    ]
    assert [result.id for result in results] == [3, 2, 6, 4, 1, 5]


def test_a_call_has_at_most_a_thousand_items(http, owed):
    """1001 write-backs are two calls."""
    http.add_callback("PATCH", f"{API}/rest/v1.0/vendors/sync", callback=_echo)
    results = owed(*(_one(Target.VENDOR, id=n, item_id=str(n), origin_id=str(n)) for n in range(1, 1002)))
    assert [len(body["updates"]) for _, _, body in _sent(http)] == [1000, 1]
    assert {result.refused for result in results} == {None}


def test_two_write_backs_of_one_item_keep_their_order(http, owed):
    """An item is never twice in one call: taking an id off and setting another are two calls."""
    http.add_callback("PATCH", f"{API}/rest/v1.0/vendors/sync", callback=_echo)
    owed(_one(Target.VENDOR, id=1, origin_id=None), _one(Target.VENDOR, id=2, origin_id="new"))
    assert [body["updates"][0]["origin_id"] for _, _, body in _sent(http)] == [None, "new"]


def test_refused_items_are_told_from_taken_ones(http, owed):
    """Errors are matched by id, or by the origin_id that was sent; what Procore is silent about says so."""
    body = {
        "entities": [{"id": 1, "origin_id": "a"}],
        "errors": [
            {"id": 2, "origin_id": "b", "errors": {"origin_id": ["has already been taken"]}},
            {"origin_id": "c", "errors": {"base": ["is closed"]}},
            {"id": 4},
        ],
    }
    http.patch(f"{API}/rest/v1.0/vendors/sync", json=body)
    items = [("1", "a"), ("2", "b"), ("3", "c"), ("4", "d"), ("5", "e")]
    results = owed(*(_one(Target.VENDOR, id=int(i), item_id=i, origin_id=o) for i, o in items))
    words = {result.id: result.refused for result in results}
    assert words[1] is None
    assert (
        words[2] == "Procore did not take the id of vendor 2. Procore said: origin id has already been taken"
    )
    assert "is closed" in words[3]
    assert "gave no reason" in words[4]
    assert "Procore did not say" in words[5]


def test_an_id_that_procore_drops_silently_is_refused(http, owed):
    """An item that comes back carrying another id, or none, was not taken."""
    body = {"entities": [{"id": 11, "origin_id": "theirs"}], "errors": []}
    http.patch(f"{API}/rest/v1.0/vendors/sync", json=body)
    (result,) = owed(_one(Target.VENDOR))
    assert "keeps 'theirs'" in result.refused


def test_a_locked_schedule_of_values_is_said_plainly(http, owed):
    """The refusal for an approved contract's line names line and contract, and that nothing is lost."""
    errors = {"origin_id": ["cannot be changed while the contract is Approved"]}
    body = {"entities": [], "errors": [{"id": 11, "errors": errors}]}
    http.patch(f"{API}/rest/v1.0/work_order_contracts/410077/line_items/sync", json=body)
    (result,) = owed(_one(Target.SUBCONTRACT_LINE, LINE_SCOPE))
    for words in ("subcontract line 11", "contract 410077 is locked", "nothing is lost", "cannot be changed"):
        assert words in result.refused


@pytest.mark.parametrize("status", [403, 404, 409, 413, 422])
def test_a_call_refused_whole_does_not_hold_up_the_others(http, owed, status):
    """Its items get Procore's words; the next group is sent."""
    http.patch(f"{API}/rest/v1.0/vendors/sync", status=status, json={"errors": "no such thing"})
    http.add_callback("PATCH", f"{API}/rest/v1.0/projects/sync", callback=_echo)
    first, second = owed(_one(Target.VENDOR), _one(Target.PROJECT, id=2))
    assert "no such thing" in first.refused
    assert second == Result(id=2, refused=None)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, "{}", ProcoreAuthError),
        (429, "{}", ProcoreLimitedError),
    ],
)
def test_what_concerns_everything_is_raised_after_the_results_so_far(http, client, status, body, error):
    """Results already given stand; the rest is still owed."""
    http.add_callback("PATCH", f"{API}/rest/v1.0/vendors/sync", callback=_echo)
    http.patch(f"{API}/rest/v1.0/projects/sync", status=status, body=body)
    results = send(client, 8089, [_one(Target.VENDOR), _one(Target.PROJECT, id=2)])
    assert next(results) == Result(id=1, refused=None)
    with pytest.raises(error):
        next(results)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (500, "{}", ProcoreUnavailableError),
        (200, "<html>", ProcorePayloadError),
        (200, '{"entities": "x"}', ProcorePayloadError),
    ],
)
def test_one_endpoint_in_trouble_keeps_no_other_waiting(http, client, status, body, error):
    """Its own items are postponed with the reason; what goes elsewhere is told all the same."""
    http.patch(f"{API}/rest/v1.0/vendors/sync", status=status, body=body)
    http.add_callback("PATCH", f"{API}/rest/v1.0/projects/sync", callback=_echo)
    first, second = send(client, 8089, [_one(Target.VENDOR), _one(Target.PROJECT, id=2)])
    assert isinstance(first.postponed, error)
    assert second == Result(id=2, refused=None)


def test_change_orders_and_invoices_are_written_one_by_one(http, owed):
    """Each has a call of its own, its fields under its own key; origin_code where it is taken."""
    for path in ("v1.0/change_order_packages/88210", "v1.0/change_order_packages/88211",
                 "v1.1/requisitions/128061"):  # fmt: skip
        http.patch(f"{API}/rest/{path}", json={"id": 1, "origin_id": "1A2F-1|7"})
    more = {"origin_id": "1A2F-1|7", "origin_data": "{}", "origin_code": "SC-1"}
    project = {"project_id": "594012"}
    results = owed(
        _one(Target.INVOICE, {**project, "commitment_id": "410077"}, id=1, item_id="128061", **more),
        _one(Target.CHANGE_ORDER, project, id=2, item_id="88210", **more),
        _one(Target.CHANGE_ORDER, project, id=3, item_id="88211", origin_id="1A2F-1|7"),
    )
    data = {"origin_id": "1A2F-1|7", "origin_data": "{}"}
    assert _sent(http) == [
        (
            "/rest/v1.0/change_order_packages/88210",
            "",
            {"project_id": 594012, "change_order": {**data, "origin_code": "SC-1"}},
        ),
        (
            "/rest/v1.0/change_order_packages/88211",
            "",
            {"project_id": 594012, "change_order": {"origin_id": "1A2F-1|7"}},
        ),
        (
            "/rest/v1.1/requisitions/128061",
            "",
            {"project_id": 594012, "commitment_id": 410077, "requisition": data},
        ),
    ]
    assert results == [Result(id=n, refused=None) for n in (2, 3, 1)]


@pytest.mark.parametrize("status", [400, 422])
def test_a_closed_invoice_says_that_the_link_stays(http, owed, status):
    """Procore's refusal to change an approved invoice is put in words and holds up nothing else."""
    scope = {"project_id": "9", "commitment_id": "20"}
    http.patch(f"{API}/rest/v1.1/requisitions/50", status=status, json={"errors": {"base": ["is closed"]}})
    http.patch(f"{API}/rest/v1.1/requisitions/51", json={"id": 51, "origin_id": "80000011-1"})
    first, second = owed(
        _one(Target.INVOICE, scope, item_id="50"), _one(Target.INVOICE, scope, id=2, item_id="51")
    )
    for words in ("invoice 50", "only while it is open", "nothing is lost", "is closed"):
        assert words in first.refused
    assert second == Result(id=2, refused=None)


def test_one_record_in_trouble_keeps_no_other_waiting(http, owed):
    """A 5xx for one change order postpones it alone."""
    for number, status in ((40, 500), (41, 200)):
        http.patch(f"{API}/rest/v1.0/change_order_packages/{number}", status=status, json={})
    project = {"project_id": "9"}
    first, second = owed(
        _one(Target.CHANGE_ORDER, project, item_id="40"),
        _one(Target.CHANGE_ORDER, project, id=2, item_id="41"),
    )
    assert isinstance(first.postponed, ProcoreUnavailableError)
    assert second == Result(id=2, refused=None)


@pytest.mark.parametrize("envelope", [lambda shown: shown, lambda shown: {"data": shown}])
def test_an_id_that_a_single_answer_does_not_carry_is_refused(http, owed, envelope):
    """A record that comes back with another id, or still with one that was to go, was not taken."""
    scope = {"project_id": "9", "commitment_id": "20"}
    http.patch(f"{API}/rest/v1.1/requisitions/11", json=envelope({"id": 11, "origin_id": "theirs"}))
    (result,) = owed(_one(Target.INVOICE, scope))
    assert "keeps 'theirs'" in result.refused
    (result,) = owed(_one(Target.INVOICE, scope, origin_id=None))
    assert "in place of None" in result.refused


@pytest.mark.intuit
def test_the_documented_shows_are_taken_as_answers(http, owed, sample):
    """The samples of package and requisition, which carry no id, show that none was set."""
    http.patch(f"{API}/rest/v1.0/change_order_packages/88210", json=sample("change_order_package_show"))
    http.patch(f"{API}/rest/v1.1/requisitions/128061", json=sample("requisition_show_v11_extended"))
    project = {"project_id": "594012"}
    first, second = owed(
        _one(Target.CHANGE_ORDER, project, item_id="88210", origin_id=None),
        _one(Target.INVOICE, {**project, "commitment_id": "410077"}, id=2, item_id="128061"),
    )
    assert first == Result(id=1, refused=None)
    assert "keeps None" in second.refused


UNSCOPED = {Target.VENDOR, Target.PROJECT}


@pytest.mark.parametrize("target", sorted(IDS - UNSCOPED))
def test_a_write_back_without_its_scope_is_not_sent(http, owed, target):
    """What would go to the wrong place, or nowhere, is refused by name."""
    (result,) = owed(_one(target))
    assert "names no" in result.refused
    assert _sent(http) == []


@pytest.mark.intuit
def test_the_documented_answers_give_their_results(http, owed, sample):
    """The samples of vendors, projects and lines: the entity taken, the error's item refused."""
    cases = [
        (Target.VENDOR, {}, "vendors/sync", "vendors_sync", "470022", "8000001A-1601931711"),
        (Target.PROJECT, {}, "projects/sync", "projects_sync", "594012", "80000042-1718035200"),
        (
            Target.SUBCONTRACT_LINE,
            LINE_SCOPE,
            "work_order_contracts/410077/line_items/sync",
            "work_order_contract_line_items_sync",
            "1770",
            "1A2F-1771000000|1",
        ),
    ]
    for target, scope, path, name, item_id, origin_id in cases:
        http.patch(f"{API}/rest/v1.0/{path}", json=sample(name))
        taken = _one(target, scope, item_id=item_id, origin_id=origin_id)
        missing = _one(target, scope, id=2, item_id="999", origin_id="zzz")
        first, second = owed(taken, missing)
        assert first == Result(id=1, refused=None)
        assert "did not say" in second.refused
