from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest

from qbsync.errors import ConfigError, ProcoreForbiddenError, ProcoreMissingError, ProcoreUnavailableError
from qbsync.procore.erp.api import Closing, ErpApi
from qbsync.procore.erp.paths import ENDPOINTS, chosen
from qbsync.procore.erp.writes import closings, send
from qbsync.procore.writebacks import Target, Writeback

API = "https://api.procore.example"
COMPANY = f"{API}/rest/v1.0/companies/8089"
EXTERNAL = f"{COMPANY}/external_data/sync"
DETAILS = f"{COMPANY}/erp_request_details"
TAKES_ALL = {"entities": [], "errors": []}


def _one(target, item_id, origin_id="1A2F-1|1", number=1, **scope):
    return Writeback(id=number, target=target, item_id=item_id, origin_id=origin_id, scope=scope)


def _detail(item_id, *messages, number=1):
    return _one(Target.REQUEST_DETAIL, item_id, number=number, messages=json.dumps(messages))


def _sent(http):
    calls = [call.request for call in http.calls if call.request.method in ("PATCH", "PUT", "DELETE")]
    return [(call.method, urlsplit(call.url).path, json.loads(call.body or "null")) for call in calls]


def test_ids_of_many_records_go_in_one_call(api, http):
    """Lines and headers of several records stand in one bulk call, in the order they were owed."""
    http.patch(EXTERNAL, json=TAKES_ALL)
    owed = [
        _one(Target.EXTERNAL_DATA, "line_item:1770"),
        _one(Target.EXTERNAL_DATA, "work_order_contract:410077", "1A2F-1", 2),
        _one(Target.EXTERNAL_DATA, "vendor:470022", None, 3),
    ]
    assert [(one.id, one.refused) for one in send(api, owed)] == [(1, None), (2, None), (3, None)]
    [(_, path, body)] = _sent(http)
    assert path.endswith("/companies/8089/external_data/sync")
    assert body == {
        "updates": [
            {"item_type": "line_item", "item_id": 1770, "origin_id": "1A2F-1|1"},
            {"item_type": "work_order_contract", "item_id": 410077, "origin_id": "1A2F-1"},
            {"item_type": "vendor", "item_id": 470022, "origin_id": None},
        ]
    }


@pytest.mark.intuit
def test_the_documented_answer_takes_what_it_shows(api, http, sample):
    """Its entities are known by item, not by their own id; one that is not among them was not taken."""
    http.patch(EXTERNAL, json=sample("external_data_sync"))
    owed = [
        _one(Target.EXTERNAL_DATA, "work_order_contract:410077", "1A2F-1771000000"),
        _one(Target.EXTERNAL_DATA, "line_item:1770", "1A2F-1771000000|1", 2),
        _one(Target.EXTERNAL_DATA, "line_item:1", "x", 3),
        _one(Target.EXTERNAL_DATA, "line_item:2", "y", 4),
    ]
    results = {one.id: one.refused for one in send(api, owed)}
    assert results[1] is None
    assert results[2] is None
    assert "did not say whether it took the id of line item 1" in results[3]


def test_a_refused_item_says_why_and_another_id_is_noticed(api, http):
    """Procore's words about an item are told of it alone; one that keeps another id counts as refused."""
    answer = {
        "entities": [{"id": 9, "item_type": "vendor", "item_id": 5, "origin_id": "other"}],
        "errors": [
            {"item_type": "vendor", "item_id": 6, "errors": {"origin_id": ["has already been taken"]}}
        ],
    }
    http.patch(EXTERNAL, json=answer)
    owed = [
        _one(Target.EXTERNAL_DATA, "vendor:5"),
        _one(Target.EXTERNAL_DATA, "vendor:6", number=2),
    ]
    kept, taken = [one.refused for one in send(api, owed)]
    assert "keeps the id 'other' of vendor 5" in kept
    assert "has already been taken" in taken


@pytest.mark.parametrize("answer", [None, [], {}, {"data": TAKES_ALL}, TAKES_ALL])
def test_answers_that_say_nothing_count_as_taken(api, http, answer):
    """Most answers of the platform are not documented: 2xx without an error is success."""
    http.patch(EXTERNAL, json=answer)
    assert [one.refused for one in send(api, [_one(Target.EXTERNAL_DATA, "vendor:5")])] == [None]


def test_each_kind_of_write_has_the_documented_body(api, http):
    """Assignments, transactions and payments, each in its own bulk call, by project where it has one."""
    http.patch(f"{API}/rest/v1.0/cost_code_line_item_types/sync", json=TAKES_ALL)
    http.patch(f"{API}/rest/v1.0/erp_transactions/sync", json=TAKES_ALL)
    http.patch(f"{COMPANY}/invoice_payments/sync", json=TAKES_ALL)
    paid = {"requisition_id": "128061", "amount": "10.00", "date": "2026-04-20", "check_number": "10455"}
    owed = [
        _one(Target.COST_TYPE_ASSIGNMENT, "14720:4703", "", 1, project_id="594012"),
        _one(Target.ERP_TRANSACTION, "1", "TX-1", 2, project_id="594012"),
        _one(Target.INVOICE_PAYMENT, "P-1|B-1", "P-1|B-1", 3, **paid, payment_method="check"),
        _one(Target.INVOICE_PAYMENT, "P-2|B-1", None, 4, **paid | {"amount": "gone"}),
    ]
    assert [one.refused for one in send(api, owed)] == [None] * 4
    payment = {"invoice_type": "Billings::Requisition", "invoice_id": 128061, "date": "2026-04-20"}
    assert [body for _, _, body in _sent(http)] == [
        {"updates": [{"cost_code_id": 14720, "line_item_type_id": 4703, "synced": True}]},
        {"project_id": 594012, "updates": [{"id": 1, "origin_id": "TX-1", "synced": True}]},
        {
            "company_id": 8089,
            "updates": [
                {
                    **payment,
                    "origin_id": "P-1|B-1",
                    "origin_code": "10455",
                    "check_number": "10455",
                    "payment_method": "check",
                    "amount": "10.00",
                },
                {
                    **payment,
                    "origin_id": "P-2|B-1",
                    "origin_code": "10455",
                    "check_number": "10455",
                    "amount": "0.00",
                },
            ],
        },
    ]
    queries = [urlsplit(call.request.url).query for call in http.calls if call.request.method == "PATCH"]
    assert queries[0] == "project_id=594012"


LOST = {
    "project_id": "594012",
    "contract_id": "31",
    "requisition_id": "128061",
    "amount": "10.00",
    "date": "2026-04-20",
}
NOT_FOUND = {"id": ["not found"]}


def _lost():
    """A payment that has lost its id in Procore."""
    return _one(Target.INVOICE_PAYMENT, "P-1|B-1", "P-1|B-1", **LOST, held_as="7")


def _takes_but(http, refused):
    """External data answer, and refuse items of the types in `refused` for its reasons."""

    def answer(request):
        updates = json.loads(request.body)["updates"]
        errors = [
            {**one, "errors": refused[one["item_type"]]} for one in updates if one["item_type"] in refused
        ]
        taken = [one for one in updates if one["item_type"] not in refused]
        return 200, {}, json.dumps({"entities": taken, "errors": errors})

    http.add_callback("PATCH", EXTERNAL, callback=answer)
    http.patch(f"{COMPANY}/invoice_payments/sync", json=TAKES_ALL)


def test_a_payment_that_lost_its_id_gets_it_back_before_it_is_told(api, http):
    """One call gives it back; the others' payments wait for nothing."""
    _takes_but(http, {})
    other = _one(Target.INVOICE_PAYMENT, "P-2|B-1", "P-2|B-1", 2, **LOST)
    assert {one.id: one.refused for one in send(api, [_lost(), other])} == {1: None, 2: None}
    [given, first, second] = [body["updates"] for _, _, body in _sent(http)]
    assert given == [{"item_type": "invoice_payment", "item_id": 7, "origin_id": "P-1|B-1"}]
    assert [one["origin_id"] for one in (*first, *second)] == ["P-1|B-1", "P-2|B-1"]


BOTH = ("invoice_payment", "contract_payment")


@pytest.mark.parametrize(
    ("listed", "refused", "sent"),
    [
        ([], BOTH[:1], [BOTH[0], None]),
        ([{"id": 7, "requisition_id": 5}], BOTH, [BOTH[0], None]),
        ([{"id": 7, "requisition_id": 128061}], BOTH[:1], [*BOTH, None]),
        ([{"id": 7, "requisition_id": None}], BOTH, [*BOTH]),
    ],
    ids=["deleted", "another invoice's", "a contract payment", "locked"],
)
def test_a_payment_without_its_id_is_told_only_where_it_stands_no_longer(api, http, listed, refused, sent):
    """One that its commitment lists is tried by its other name, and refused in words where that fails too."""
    _takes_but(http, dict.fromkeys(refused, NOT_FOUND))
    http.get(f"{API}/rest/v1.0/contract_payments", json=[{"amount": "10.00", **row} for row in listed])
    [result] = send(api, [_lost()])
    assert [body["updates"][0].get("item_type") for _, _, body in _sent(http)] == sent
    told = sent[-1] is None
    assert ("stand twice" in (result.refused or ""), "not found" in (result.refused or "")) == (
        not told,
        not told,
    )


def test_where_no_id_can_be_given_back_the_payment_is_not_told(api, http):
    """Without its id it would stand twice: 403 refuses it, and no other payment."""
    http.patch(EXTERNAL, status=403)
    http.patch(f"{COMPANY}/invoice_payments/sync", json=TAKES_ALL)
    other = _one(Target.INVOICE_PAYMENT, "P-2|B-1", "P-2|B-1", 2, **LOST)
    refused, taken = send(api, [_lost(), other])
    assert "does not allow it" in refused.refused
    assert taken.refused is None


def test_a_refused_call_refuses_its_items_and_trouble_postpones_them(api, http):
    """403 is told of each item; 503 leaves them owed; the other calls go on."""
    http.patch(EXTERNAL, status=403)
    http.patch(f"{API}/rest/v1.0/erp_transactions/sync", status=503)
    owed = [
        _one(Target.EXTERNAL_DATA, "vendor:5"),
        _one(Target.ERP_TRANSACTION, "1", "TX", 2, project_id="9"),
    ]
    refused, postponed = send(api, owed)
    assert "does not allow it" in refused.refused
    assert isinstance(postponed.postponed, ProcoreUnavailableError)


def test_one_detail_is_closed_by_itself(api, http):
    """Success has no messages; failure has them."""
    http.patch(f"{DETAILS}/7107", json={})
    assert [one.refused for one in closings(api, [_detail("7107")])] == [None]
    assert [one.refused for one in closings(api, [_detail("7107", "The vendor is missing.")])] == [None]
    assert [body for _, _, body in _sent(http)] == [
        {"request_detail": {"status": "success"}},
        {"request_detail": {"status": "failed", "messages": ["The vendor is missing."]}},
    ]


def test_several_details_are_closed_in_one_call(api, http):
    """With each one's own status and messages; what Procore refuses is closed by itself, which says why."""
    answer = {"entities": [], "errors": [{"id": 2, "errors": {"id": ["not found"]}}]}
    http.patch(f"{DETAILS}/sync", json=answer)
    http.patch(f"{DETAILS}/2", status=422, json={"errors": {"status": ["is not included in the list"]}})
    first, second = closings(api, [_detail("1"), _detail("2", "No.", number=2)])
    assert first.refused is None
    assert "is not included in the list" in second.refused
    (_, _, body), (_, path, _) = _sent(http)
    assert path.endswith("/2")
    assert body == {
        "updates": [
            {"id": 1, "status": "success", "messages": []},
            {"id": 2, "status": "failed", "messages": ["No."]},
        ]
    }


def test_without_the_bulk_form_details_are_closed_one_by_one(api, http):
    """Where Procore does not take the bulk form, each detail is closed by itself, once."""
    http.patch(f"{DETAILS}/sync", status=404)
    http.patch(f"{DETAILS}/1", json={})
    http.patch(f"{DETAILS}/2", json={})
    assert [one.refused for one in closings(api, [_detail("1"), _detail("2", number=2)])] == [None, None]


def test_a_detail_is_not_closed_twice_by_itself(api, http):
    """A 503 may hide a detail that was closed: the call is not made again at once, and it stays owed."""
    http.patch(f"{DETAILS}/7107", status=503)
    [result] = closings(api, [_detail("7107")])
    assert isinstance(result.postponed, ProcoreUnavailableError)
    assert len(_sent(http)) == 1


def test_the_next_candidate_is_tried_and_then_kept(api, http):
    """PATCH is not there (405): PUT is, and the next detail asks it at once."""
    http.patch(f"{DETAILS}/1", status=405)
    http.put(f"{DETAILS}/1", json={})
    http.put(f"{DETAILS}/2", json={})
    api.close(Closing(detail_id="1"))
    api.close(Closing(detail_id="2"))
    assert [(method, path[-2:]) for method, path, _ in _sent(http)] == [
        ("PATCH", "/1"),
        ("PUT", "/1"),
        ("PUT", "/2"),
    ]


def test_the_endpoint_that_procore_refuses_is_named(api, http):
    """A 404 may be a wrong path: the error names the endpoint, its address and the setting."""
    http.get(f"{COMPANY}/erp_requests/9", status=404)
    with pytest.raises(ProcoreMissingError, match="refused to show an ERP request") as caught:
        api.request("9")
    assert "`request`" in caught.value.guidance
    assert "erp_paths='request=METHOD /rest/...'" in caught.value.guidance


def test_a_right_that_is_missing_is_no_wrong_path(api, http):
    """403 tries no other candidate."""
    http.patch(f"{DETAILS}/1", status=403)
    with pytest.raises(ProcoreForbiddenError):
        api.close(Closing(detail_id="1"))
    assert len(_sent(http)) == 1


def test_what_is_gone_already_is_deleted(api, http):
    """Deleting a cost code that Procore has no longer is no error."""
    http.delete(f"{API}/rest/v1.0/cost_codes/5", status=404)
    api.delete("cost_code_delete", "5")


def test_a_connection_may_name_its_own_endpoint(client, http):
    """`erp_paths` replaces an endpoint's candidates."""
    http.get(f"{API}/rest/v2.0/erp/8089/requests/9", json={"id": 9, "request_name": "sync_jobs"})
    own = ErpApi(client, overrides="request=GET /rest/v2.0/erp/{company_id}/requests/{id}")
    assert own.request("9").name == "sync_jobs"


@pytest.mark.parametrize("text", ["moon=GET /rest/x", "request=LOOK /rest/x", "request=GET x", "request"])
def test_an_endpoint_that_cannot_be_understood_is_refused(text):
    """The error names the part, and the names there are."""
    with pytest.raises(ConfigError, match="erp_paths does not understand") as caught:
        chosen(text)
    assert all(name in caught.value.guidance for name in ENDPOINTS)


@pytest.mark.intuit
def test_open_details_are_read_as_documented(api, http, sample):
    """Only id and status are certain; anything but a known end is open."""
    http.get(DETAILS, json=[*sample("erp_request_details_list__INFERRED"), {"id": "8", "status": "Success"}])
    first, second = api.details("410077")
    assert (first.id, first.is_closed, first.item_id) == ("7107", False, "410077")
    assert second.is_closed


def test_the_connection_is_made_with_its_metadata(api, http):
    """Procore answers with the list that it made for QuickBooks' cost codes."""
    http.post(f"{COMPANY}/erp_connections", json={"id": 8089, "standard_cost_code_list_id": 3301})
    assert api.connect("https://q.example", {"settings": {}}) == "3301"
    body = json.loads(http.calls[-1].request.body)
    assert body == {"connection": {"service_url": "https://q.example", "metadata": {"settings": {}}}}
