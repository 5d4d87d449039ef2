from __future__ import annotations

from datetime import UTC, datetime

import pytest

from qbsync.errors import ProcoreMissingError
from qbsync.procore.hooks import V1, HookApi, HookState
from tests.unit.procore.conftest import API

V2_HOOKS = f"{API}/rest/v2.0/companies/8089/webhooks/hooks"
V1_HOOKS = f"{API}/rest/v1.0/webhooks/hooks"
SINCE = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)


@pytest.fixture
def hooks(client):
    """The webhooks of company 8089 behind canned answers."""
    return HookApi(client)


@pytest.mark.intuit
def test_deliveries_of_version_2_are_asked_for_since_a_moment(hooks, http, sample):
    """Each page is read, and the bodies are those that the webhook carries."""
    body = sample("webhook_event_erp_request_payload_v2")
    more = f"{V2_HOOKS}/12345/deliveries?page=2"
    http.get(
        f"{V2_HOOKS}/12345/deliveries",
        json={"data": [{"id": "1", "status": "discarded", "payload": body}]},
        headers={"Link": f'<{more}>; rel="next"'},
    )
    http.get(more, json={"data": [{"id": "2", "status": "succeeded"}, "nonsense"]})
    assert hooks.deliveries("12345", "", SINCE) == [body, None, None]
    asked = next(one for one in http.calls if "deliveries" in one.request.url)
    assert asked.request.params["filter[start]"] == "2026-11-20T08:30:00Z"


@pytest.mark.intuit
def test_deliveries_of_version_1_are_read_to_their_end(hooks, http, sample):
    """Where v2.0 has no such list, v1.0's is read, a hundred a page by the place of the first."""
    [row] = sample("webhook_deliveries_list_v10")
    http.get(f"{V2_HOOKS}/12345/deliveries", status=404)
    http.get(f"{V1_HOOKS}/12345/deliveries", json=[row] * 100)
    http.get(f"{V1_HOOKS}/12345/deliveries", json=[row])
    found = hooks.deliveries("12345", "", SINCE)
    assert len(found) == 101
    assert found[0] == row["event"]
    starts = [one.request.params.get("page_start") for one in http.calls if "/v1.0/" in one.request.url]
    assert starts == ["0", "100"]


@pytest.mark.parametrize(
    ("shown", "state"),
    [
        ({"id": "12345", "status": "active", "trigger_count": 1}, HookState(active=True, triggers=1)),
        ({"id": "12345", "status": "disabled", "trigger_count": 0}, HookState(active=False, triggers=0)),
        ({"id": 12345}, HookState(active=True, triggers=None)),
        ({"id": "99"}, None),
    ],
)
def test_a_hook_is_seen_in_the_list_of_hooks(hooks, http, shown, state):
    """Whether it is switched off and how many triggers it has is read; one that is not listed is gone."""
    http.get(V2_HOOKS, json={"data": [shown]})
    assert hooks.state("12345") == state


def test_where_no_hooks_are_listed_nobody_can_tell(client, http):
    """No document promises the list of hooks: its 404 is no word about a hook."""
    http.get(V1_HOOKS, status=404)
    with pytest.raises(ProcoreMissingError):
        HookApi(client, V1).state("12345")
