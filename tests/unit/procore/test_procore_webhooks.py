from __future__ import annotations

import pytest

from qbsync.errors import ProcorePayloadError
from qbsync.model.records import RecordKind
from qbsync.procore.feeds.named import record_of, stream_of
from qbsync.procore.payloads.shape import read
from qbsync.procore.payloads.webhooks import DeliveryPayload, HookPayload, ResourcePayload, TriggerPayload

EVENTS = {
    "webhook_event_erp_request_payload_v2": (
        "01JWB0000000000000000000AA",
        "ERP Requests",
        "900137",
        "create",
    ),
    "webhook_event_payload_v3": (
        "01JWB0000000000000000000AA",
        "Work Order Contract Line Items",
        "1770",
        "update",
    ),
    "webhook_event_payload_v4": ("01JMYXMZRBVKK0PC6XS8SA4QRE", "Direct Cost Line Items", "990100", "update"),
}


@pytest.mark.parametrize("name", EVENTS)
def test_each_sample_of_a_delivery_is_read(sample, name):
    """The samples of payload v2, v3 and v4 give the event's name, its resource, its record and its type."""
    found = read(DeliveryPayload, sample(name), what="a delivery")
    assert (found.key, found.resource_name, found.resource_id, found.event_type) == EVENTS[name]
    assert (found.company_id, found.user_id) == ("8089", "160586")


def test_each_sample_of_an_answer_is_read(sample):
    """Hooks, triggers and resources of both versions are read from their samples."""
    for name in ("webhook_hook_create_v10", "webhook_hook_create_v20"):
        raw = sample(name)
        hook = read(HookPayload, raw.get("data", raw), what="a hook")
        assert (hook.id, hook.namespace) == ("12345", "open-qbd-connector")
    for name in ("webhook_trigger_create_v10", "webhook_trigger_create_v20"):
        raw = sample(name)
        trigger = read(TriggerPayload, raw.get("data", raw), what="a trigger")
        assert (trigger.resource_name, trigger.event_type.lower()) == ("ERP Requests", "create")
    [named] = sample("webhook_resources_list_v20")["data"]
    assert read(ResourcePayload, named, what="a resource").name == "ERP Requests"
    [nameless] = sample("webhook_resources_list_v10")
    assert read(ResourcePayload, nameless, what="a resource").name == ""


@pytest.mark.parametrize(
    "changed", [{"resource_id": "1/../2"}, {"project_id": "x"}, {"ulid": None, "id": None}, {"metadata": 1}]
)
def test_a_delivery_that_is_none_is_refused(sample, changed):
    """An id that is no number, an event without a name and odd metadata are each refused."""
    raw = {**sample("webhook_event_payload_v3"), **changed}
    with pytest.raises(ProcorePayloadError):
        read(DeliveryPayload, raw, what="a delivery")


@pytest.mark.parametrize(
    ("resource", "stream", "kind"),
    [
        ("Company Vendors", "vendors", RecordKind.VENDOR),
        ("company vendor", "vendors", RecordKind.VENDOR),
        ("Projects", "projects", RecordKind.PROJECT),
        ("Project Vendors", "", None),
        ("Standard Cost Code Lists", "standard_cost_codes", None),
        ("Cost Codes", "cost_codes", None),
        ("Work Order Contracts", "subcontracts", RecordKind.COMMITMENT),
        ("Work Order Contract Line Items", "subcontracts", None),
        ("Purchase Order Contract Items", "purchase_orders", None),
        ("Change Order Packages", "change_orders", RecordKind.CHANGE_ORDER),
        ("Potential Change Order Line Items", "change_orders", None),
        ("Budget Change Adjustments", "budgets", None),
        ("Requisitions", "invoices", None),
        ("Draw Requests", "", None),
        ("ERP Requests", "", None),
        ("", "", None),
    ],
)
def test_a_resource_is_matched_by_how_its_name_begins(resource, stream, kind):
    """Names are compared without case and plurals; lines belong to the stream of what they are lines of."""
    assert (stream_of(resource), record_of(resource)) == (stream, kind)
