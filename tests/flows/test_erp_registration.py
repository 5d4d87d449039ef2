"""`qbsync erp register`, repeated after a failure at each of its steps."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from qbsync.errors import ConfigError, ProcoreForbiddenError, ProcoreRefusedError, ProcoreUnavailableError
from qbsync.flows import webhooks
from qbsync.flows.erp import registration
from qbsync.procore.hooks import HookApi
from qbsync.store import erp, hooks

URL = "https://qbsync.example.com"
WRITES = ("POST", "PATCH", "PUT", "DELETE")


class Registering:
    """A connection on the ERP feed that is registered with a Procore, as the command does it."""

    def __init__(self, acme, server, client) -> None:
        self.acme, self.server, self.client = acme, server, client
        self.tool, self.outbox = server.state.erp, server.state.outbox

    def register(self):
        """Both halves of the command; gives what became of the webhook."""
        self.begin()
        return registration.hook(self.acme.desk, "acme", self.client, url=URL)

    def begin(self):
        """The first half, and the webhook; gives what became of the connection."""
        return registration.register(self.acme.desk, "acme", self.client, service_url=URL)

    def account(self):
        """What is kept of the ERP connection."""
        with self.acme.database.read() as tx:
            return erp.account_of(tx, self.acme.id)

    def hooks(self):
        """The hooks that are known here."""
        with self.acme.database.read() as tx:
            return list(hooks.of(tx, self.acme.id))

    def writes(self):
        """The calls that change something, since this was last asked."""
        made = Counter({call: n for call, n in self.server.calls.items() if call.split()[0] in WRITES})
        new = made - getattr(self, "_before", Counter())
        self._before = made
        return {call: n for call, n in new.items() if "oauth" not in call}

    def is_sound(self):
        """Everything is there, and once."""
        account, [hook], [row] = self.account(), self.outbox.hooks.values(), self.hooks()
        assert self.tool.connected
        assert self.tool.service_url == URL
        assert account.registered_at is not None
        assert account.list_id == str(self.tool.code_list())
        assert (row.procore_id, row.made) == (str(hook.id), True)
        assert [(one.resource_name, one.event_type) for one in self.outbox.triggers_of(hook.id)] == [
            ("ERP Requests", "create")
        ]
        assert all(one.origin_id for one in self.server.state.line_item_types())


@pytest.fixture
def it(acme, server, client):
    """A company with ERP Integrations switched on and two cost types, not yet registered."""
    with acme.database.write() as tx:
        row = tx.merge(acme.row())
        row.feed = "erp"
    server.state.erp.activate()
    for name, code in (("Labor", "L"), ("Material", "M")):
        server.state.create_line_item_type(name, code, "other")
    return Registering(acme, server, client)


def test_a_second_registration_changes_nothing_needless(it):
    """Only the metadata are sent again, which shows that the connection is there; the bearer stays."""
    it.register()
    it.is_sound()
    [hook] = it.outbox.hooks.values()
    it.writes()
    made = it.register()
    assert (made.hooks, made.removed) == (0, 0)
    assert it.writes() == {"PATCH /rest/v1.0/companies/{company_id}/erp_connections": 1}
    assert list(it.outbox.hooks.values()) == [hook]
    it.is_sound()


STEPS = [
    ("POST", "*/erp_connections", 1, False),
    ("POST", "*/erp_connections", 1, True),
    ("GET", "*/line_item_types", 9, False),
    ("PATCH", "*/line_item_types/sync", 9, False),
    ("PATCH", "*/line_item_types/sync", 9, True),
    ("GET", "*/rest/v1.0/me", 9, False),
    ("POST", "*/webhooks/hooks", 1, False),
    ("POST", "*/webhooks/hooks", 1, True),
    ("POST", "*/triggers/bulk", 1, False),
    ("POST", "*/triggers/bulk", 1, True),
    ("GET", "*/webhooks/hooks", 9, False),
]


@pytest.mark.parametrize(("method", "path", "times", "after"), STEPS)
def test_a_registration_that_failed_anywhere_is_mended_by_repeating_it(it, method, path, times, after):
    """Procore fails at one step, before or after doing it; the next attempt leaves everything once."""
    it.server.inject(method, path, 503, times=times, after=after)
    with pytest.raises(ProcoreUnavailableError):
        it.register()
    it.server.heal()
    it.register()
    it.is_sound()


@pytest.mark.parametrize("step", [("GET", "*/standard_cost_code_lists"), ("PATCH", "*/erp_connections")])
def test_a_connection_that_was_made_unseen_is_taken_up(it, step):
    """The answer that named the list was lost; the list is found as the ERP list, whatever fails then."""
    it.server.inject("POST", "*/erp_connections", 503, times=1, after=True)
    with pytest.raises(ProcoreUnavailableError):
        it.register()
    it.server.inject(*step, 503, times=9)
    with pytest.raises(ProcoreUnavailableError):
        it.register()
    it.server.heal()
    it.register()
    it.is_sound()


def test_a_list_that_is_chosen_by_its_name_is_kept_by_its_id(it):
    """What is told of cost codes goes to a list by its id, however the option names it."""
    chosen = it.server.state.create_cost_code_list("Of the books")
    it.acme.set(standard_cost_code_list="of the Books")
    it.register()
    assert it.account().list_id == str(chosen.id)


def test_a_connection_that_is_gone_in_procore_is_made_anew(it):
    """Procore's staff took the connection away: registering makes it again, with its list."""
    it.register()
    it.tool.posted = None
    it.register()
    it.is_sound()


@pytest.mark.parametrize("how", ["gone", "disabled", "without its trigger"])
def test_a_webhook_that_does_not_work_is_replaced(it, how):
    """A hook that somebody took away, switched off or emptied in Procore gives way to a new one."""
    it.register()
    [hook] = it.outbox.hooks.values()
    match how:
        case "gone":
            it.outbox.remove_hook(hook.id)
        case "disabled":
            it.outbox.disabled.add(hook.id)
        case _:
            it.outbox.remove_triggers(hook.id)
    assert it.register().hooks == 1
    it.is_sound()
    assert hook.id not in it.outbox.hooks


def test_a_webhook_is_kept_whose_deliveries_are_listed(it):
    """Where Procore lists no hooks, one whose deliveries it lists is kept; where neither, it is replaced."""
    it.register()
    for path in ("/rest/v2.0/companies/*/webhooks/hooks", "/rest/v1.0/webhooks/hooks"):
        it.server.inject("GET", path, 404, times=10**6)
    assert it.register().hooks == 0
    it.server.inject("GET", "*/deliveries", 404, times=10**6)
    assert it.register().hooks == 1


def test_another_address_gets_a_webhook_of_its_own(it):
    """A server that moved is registered again: the webhook goes to the new address, the old one is gone."""
    it.register()
    made = registration.hook(it.acme.desk, "acme", it.client, url="https://elsewhere.example.com")
    assert (made.hooks, made.removed) == (1, 1)
    [hook] = it.outbox.hooks.values()
    assert hook.destination_url == "https://elsewhere.example.com/webhooks/procore/acme"


def test_a_trigger_that_was_refused_is_asked_for_again(it):
    """The refusal is given with Procore's words; once it is mended, registering again makes all sound."""
    for path in ("*/triggers/bulk", "*/triggers"):
        it.server.inject("POST", path, 403, times=1)
    [refused] = it.register().refused
    assert refused[:2] == ("ERP Requests", "create")
    it.register()
    it.is_sound()


@pytest.mark.parametrize(
    ("method", "path", "permission"),
    [
        ("POST", "*/erp_connections", "ERP Integrations: Admin"),
        ("GET", "*/line_item_types", "company permission Admin: Admin"),
        ("POST", "*/webhooks/hooks", "Webhooks API: Standard"),
    ],
)
def test_a_permission_that_is_lacking_is_named(it, method, path, permission):
    """403 says which permission to give to the service account, and where."""
    it.server.inject(method, path, 403, times=10)
    with pytest.raises(ProcoreForbiddenError) as caught:
        it.register()
    assert permission in caught.value.guidance
    assert "service account" in caught.value.guidance


def test_a_company_without_the_tool_is_told_who_switches_it_on(it):
    """ERP Integrations is off: the words name the super user who has to switch it on."""
    it.tool.activated = False
    with pytest.raises(ProcoreForbiddenError, match="not enabled for this company") as caught:
        it.register()
    assert "super user" in caught.value.guidance


@pytest.mark.parametrize("status", [404, 405, 422])
@pytest.mark.parametrize("before", ["registered", "interrupted", "made unseen"])
def test_where_the_connection_is_there_untaken_metadata_keep_nothing_else(it, status, before):
    """Procore has a connection and does not take its metadata: the rest is done, and the trouble is kept."""
    match before:
        case "registered":
            it.register()
        case "interrupted":
            it.server.inject("POST", "*/webhooks/hooks", 403, times=2)
            with pytest.raises(ProcoreForbiddenError):
                it.register()
        case _:
            it.server.inject("POST", "*/erp_connections", 503, times=1, after=True)
            with pytest.raises(ProcoreUnavailableError):
                it.register()
    it.server.heal()
    it.acme.set(cost_transactions=True)
    it.server.inject("PATCH", "*/erp_connections*", status, times=10**6)
    [untaken] = it.begin().untaken
    assert "erp_paths='metadata=" in untaken.guidance
    it.register()
    it.is_sound()
    assert any("metadata" in one for one in it.acme.troubles())
    it.server.heal()
    assert it.begin().untaken == ()
    assert it.acme.troubles() == []


def test_cost_types_of_the_same_abbreviation_are_each_marked(it):
    """Of two types L both get an id of their own: without one nothing on a type can be sent."""
    it.server.state.create_line_item_type("Labor of others", "L", "other")
    it.register()
    it.is_sound()
    it.server.state.create_line_item_type("Leased", "L", "other")
    it.register()
    it.is_sound()


def test_a_cost_type_that_procore_does_not_let_be_marked_is_named(it):
    """The rest is done; the refusal names the type with Procore's words, until another attempt marks it."""
    first, second = it.server.state.line_item_types()
    errors = [{"id": second.id, "errors": {"origin_id": ["is not valid"]}}]
    it.server.inject("PATCH", "*/line_item_types/sync", 200, json.dumps({"entities": [], "errors": errors}))
    [untaken] = it.begin().untaken
    assert "Material" in untaken.message
    assert "origin id is not valid" in untaken.message
    assert first.name not in untaken.message
    it.register()
    it.is_sound()


def test_where_neither_connection_nor_metadata_are_taken_both_are_said(it):
    """Procore takes no new connection, and nothing says that there is one: both refusals are said."""
    wrong = '{"errors": {"metadata": ["is not valid"]}}'
    it.server.inject("POST", "*/erp_connections", 422, wrong)
    it.server.inject("PATCH", "*/erp_connections*", 404, times=10**6)
    with pytest.raises(ProcoreRefusedError) as caught:
        it.register()
    assert "make the ERP connection" in caught.value.message
    assert "erp_paths='metadata=" in caught.value.guidance
    assert it.account() is None or it.account().registered_at is None


def test_an_address_that_procore_cannot_use_is_refused_before_anything_is_made(it):
    """A connection that names this computer to Procore would need the inferred endpoint to be mended."""
    with it.acme.database.write() as tx:
        tx.merge(it.acme.row()).procore_api = "https://api.procore.com"
    with pytest.raises(ConfigError, match="takes https addresses"):
        registration.register(it.acme.desk, "acme", it.client, service_url="http://localhost:8700")
    assert not it.tool.connected
    assert it.writes() == {}


def test_the_old_way_of_adding_webhooks_still_changes_the_bearer(it):
    """`qbsync webhooks add` makes a new hook on the ERP feed too."""
    it.register()
    [before] = it.outbox.hooks.values()
    webhooks.add(it.acme.desk, "acme", HookApi(it.client), url=URL)
    [after] = it.outbox.hooks.values()
    assert after.authorization != before.authorization
    it.is_sound()
