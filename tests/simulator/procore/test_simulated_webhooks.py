from __future__ import annotations

V2 = "/rest/v2.0/companies/8089/webhooks"


def test_every_change_of_a_record_is_told_and_no_other(add_hook, state, small, receiver):
    """Creating, editing and deleting are told to the hook that has the triggers, and to no other."""
    every = [("Company Vendors", event) for event in ("create", "update", "delete")]
    add_hook(*every, ("Work Order Contracts", "update"))
    vendor = state.create_vendor("Ridge").id
    state.edit_vendor(vendor, name="Ridge Ltd")
    state.delete_vendor(vendor)
    state.edit_commitment(small.subcontract, title="Walls")
    state.edit_commitment(small.order, title="Doors")
    state.outbox.pump(receiver)
    assert receiver.seen() == {
        ("Company Vendors", "create", vendor),
        ("Company Vendors", "update", vendor),
        ("Company Vendors", "delete", vendor),
        ("Work Order Contracts", "update", small.subcontract),
    }


def test_some_events_come_twice_and_not_in_their_order(add_hook, state, receiver):
    """Of forty events all arrive, some a second time under the same name, and not in their order."""
    add_hook(("Company Vendors", "create"))
    made = [state.create_vendor(f"Vendor {number}").id for number in range(40)]
    taken = state.outbox.pump(receiver)
    came = [one["resource_id"] for one in receiver.bodies]
    assert set(came) == set(made)
    assert taken == len(came) > len(made)
    assert len({one["ulid"] for one in receiver.bodies}) == len(made)
    assert list(dict.fromkeys(came)) != made
    assert state.outbox.waiting() == 0


def test_a_refusal_holds_up_the_whole_queue_and_is_tried_again(add_hook, state, receiver):
    """After a refusal and a timeout nothing is sent before the pause is over; then everything is."""
    add_hook(("Company Vendors", "create"))
    made = {state.create_vendor(f"Vendor {number}").id for number in range(3)}
    receiver.statuses = [500, TimeoutError()]
    assert state.outbox.pump(receiver) == 0
    assert state.outbox.pump(receiver) == 0
    assert receiver.statuses != []
    state.clock.advance(1)
    assert state.outbox.pump(receiver) == 0
    state.clock.advance(1)
    assert state.outbox.pump(receiver) == 0, "the pause doubles"
    state.clock.advance(1)
    state.outbox.pump(receiver)
    assert {one["resource_id"] for one in receiver.bodies} == made


def test_after_twelve_hours_of_failing_the_queue_is_thrown_away(client, add_hook, state, receiver):
    """What waited while the receiver failed for twelve hours never comes; what happens later does."""
    hook = add_hook(("Company Vendors", "create"))
    state.create_vendor("Lost")
    for _ in range(14):
        receiver.statuses = [503]
        state.outbox.pump(receiver)
        state.clock.advance(3600)
    receiver.statuses = []
    assert state.outbox.pump(receiver) == 0
    client.log_in()
    path = f"{V2}/hooks/{hook['id']}/deliveries"
    [discarded] = client.get(path, **{"filter[status]": "discarded"}).json()["data"]
    assert discarded["status"] == "discarded"
    later = state.create_vendor("Later").id
    state.outbox.pump(receiver)
    assert {one["resource_id"] for one in receiver.bodies} == {later}


def test_deliveries_are_listed_by_time_and_in_pages(client, add_hook, state, receiver):
    """Ten a page by default, those since a moment alone, and none that is older than 28 days."""
    hook = add_hook(("Company Vendors", "create"))
    for number in range(12):
        state.create_vendor(f"Vendor {number}")
    state.outbox.pump(receiver)
    client.log_in()
    path = f"{V2}/hooks/{hook['id']}/deliveries"
    first = client.get(path)
    assert len(first.json()["data"]) == 10
    assert 'rel="next"' in first.headers["Link"]
    state.clock.advance(3600)
    since = state.clock.now().isoformat()
    later = state.create_vendor("Later").id
    [only] = client.get(path, **{"filter[start]": since}).json()["data"]
    assert (only["payload"]["resource_id"], only["status"]) == (later, "enqueued")
    state.clock.advance(28 * 86400 + 1)
    client.log_in()
    assert client.get(path).json()["data"] == []


def test_a_hook_that_is_switched_off_hears_nothing(client, add_hook, state, receiver):
    """Procore shows it as disabled, and sends it nothing of what happens meanwhile."""
    hook = add_hook(("Company Vendors", "create"))
    state.outbox.disabled.add(int(hook["id"]))
    state.create_vendor("Unheard")
    assert state.outbox.pump(receiver) == 0
    client.log_in()
    [shown] = client.get(f"{V2}/hooks").json()["data"]
    assert (shown["status"], shown["trigger_count"]) == ("disabled", 1)


def test_a_project_hook_hears_of_its_project_alone(add_hook, state, small, receiver):
    """A hook of a project is told of that project's commitments, not of another's."""
    add_hook(("Work Order Contracts", "create"), scope=f"/projects/{small.project}")
    other = state.create_project("Other").id
    state.create_commitment("work_order_contract", other, small.vendor)
    mine = state.create_commitment("work_order_contract", small.project, small.vendor).id
    state.outbox.pump(receiver)
    assert {one["resource_id"] for one in receiver.bodies} == {mine}


def test_a_company_hook_may_be_refused_the_resources_of_projects(client, add_hook, state):
    """Where a company's hook may not carry projects' records, those of many triggers are refused with 207."""
    state.outbox.carries_projects = False
    hook = add_hook()
    wanted = [
        {"resource_name": name, "event_type": "create"}
        for name in ("Company Vendors", "Work Order Contracts")
    ]
    answer = client.post(f"{V2}/hooks/{hook['id']}/triggers/bulk", wanted, status=207)
    assert [one["resource_name"] for one in answer["data"]] == ["Company Vendors"]
    assert [one["resource_name"] for one in answer["errors"]] == ["Work Order Contracts"]


def test_what_the_account_changes_by_the_api_carries_its_id(client, add_hook, state, small, receiver):
    """A change by a request is the service account's; one by hand is somebody else's."""
    add_hook(("Company Vendors", "update"))
    state.edit_vendor(small.vendor, name="Otto")
    state.outbox.pump(receiver)
    by_hand = {one["user_id"] for one in receiver.bodies}
    receiver.bodies.clear()
    vendor = {"company_id": 8089, "vendor": {"name": "Anna"}}
    assert client.patch(f"/rest/v1.0/vendors/{small.vendor}", vendor).ok
    state.outbox.pump(receiver)
    by_api = {one["user_id"] for one in receiver.bodies}
    assert by_api == {client.get("/rest/v1.0/me").json()["id"]}
    assert by_hand.isdisjoint(by_api)
