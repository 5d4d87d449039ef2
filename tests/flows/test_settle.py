from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest

from qbsync.errors import StateError
from qbsync.flows import settle
from qbsync.model.records import RecordKey, RecordKind
from qbsync.store import writebacks
from qbsync.store.tables import WritebackRow
from qbsync.store.writebacks import Owed


@pytest.fixture
def company(server):
    """Two vendors, and a subcontract with two lines in a project."""
    state = server.state
    erp = state.create_cost_code_list("QuickBooks", is_erp_list=True)
    state.create_standard_cost_code(erp.id, "01", "General")
    vendors = [state.create_vendor(name) for name in ("Bayline Supply", "Café & Sons")]
    project = state.create_project("Clinic")
    [code] = state.cost_codes(project.id)
    contract = state.create_commitment(
        "work_order_contract", project.id, vendors[0].id, number="SC-1", status="Approved"
    )
    lines = [state.create_line(contract.id, code.id, amount=Decimal(10)) for _ in range(2)]
    return SimpleNamespace(vendors=vendors, project=project, contract=contract, lines=lines)


def _vendor(vendor, origin_id):
    key = RecordKey(kind=RecordKind.VENDOR, procore_id=str(vendor.id))
    return Owed(key=key, target="vendor", item_id=str(vendor.id), origin_id=origin_id)


def _contract(company):
    """The header first, as if nobody cared for the order; it has the later turn."""
    project, contract = str(company.project.id), str(company.contract.id)
    key = RecordKey(kind=RecordKind.COMMITMENT, procore_id=contract)
    header = Owed(
        key=key,
        target="subcontract",
        item_id=contract,
        origin_id="1A",
        scope={"project_id": project},
        turn=1,
    )
    lines = [
        Owed(
            key=key,
            target="subcontract_line",
            item_id=str(line.id),
            origin_id=f"1A|{number}",
            scope={"project_id": project, "contract_id": contract},
        )
        for number, line in enumerate(company.lines)
    ]
    return [header, *lines]


def _owe(acme, *owed):
    with acme.database.write() as tx:
        writebacks.owe(tx, acme.id, owed, acme.now)


def _push(acme, client, **given):
    return settle.push(acme.database, acme.id, client, acme.now, **given)


def test_procore_is_told_and_the_rows_are_done(acme, client, server, company):
    """Each vendor carries its id in Procore, in one call for both; a second pass has nothing to do."""
    one, two = company.vendors
    _owe(acme, _vendor(one, "80-1"), _vendor(two, "80-2"))
    settled = _push(acme, client)
    assert (settled.done, settled.refused, settled.postponed, settled.error) == (2, 0, 0, "")
    assert server.state.vendor(one.id).origin_id == "80-1"
    assert server.state.vendor(two.id).origin_id == "80-2"
    assert [row.state for row in acme.owed()] == ["done", "done"]
    calls = server.calls.total()
    assert _push(acme, client).done == 0
    assert server.calls.total() == calls


def test_lines_are_told_before_their_header(acme, client, server, company):
    """The contract's own id comes last: it locks the record."""
    _owe(acme, *_contract(company))
    assert _push(acme, client).done == 3
    paths = [call.path for call in server.log if call.path.endswith("/sync")]
    assert [path.count("line_items") for path in paths] == [1, 0]
    assert server.state.commitment(company.contract.id).origin_id == "1A"
    assert [line.origin_id for line in server.state.lines(company.contract.id)] == ["1A|0", "1A|1"]


def test_a_refusal_is_kept_in_words_and_the_others_go_on(acme, client, server, company):
    """An id that another record has is refused by Procore for that row alone."""
    one, two = company.vendors
    server.state.edit_vendor(one.id, origin_id="80-9")
    _owe(acme, _vendor(two, "80-9"), *_contract(company))
    settled = _push(acme, client)
    assert (settled.done, settled.refused, settled.error) == (3, 1, "")
    [refused] = [row for row in acme.owed() if row.state == "refused"]
    assert "already been taken" in refused.error
    assert server.state.vendor(two.id).origin_id is None


def test_locked_lines_do_not_hold_their_header_back(acme, client, server, company):
    """Lines that Procore refuses are settled too, so the header still gets its id."""
    server.state.approved_lines_are_locked = True
    _owe(acme, *_contract(company))
    settled = _push(acme, client)
    assert (settled.done, settled.refused) == (1, 2)
    assert server.state.commitment(company.contract.id).origin_id == "1A"


def test_trouble_postpones_with_a_rest_that_doubles(acme, client, server, company):
    """While Procore is in trouble a row rests 1, 2, 4 minutes, says why, and is not tried before its time."""
    _owe(acme, _vendor(company.vendors[0], "80-1"))
    server.inject("PATCH", "*/vendors/sync", 500, times=100)
    for minutes in (1, 2, 4):
        settled = _push(acme, client)
        assert (settled.done, settled.postponed) == (0, 1)
        assert settled.error
        [row] = acme.owed()
        assert row.state == "retrying"
        assert row.error == settled.error
        assert row.not_before == acme.now + timedelta(minutes=minutes)
        calls = server.calls.total()
        acme.now = row.not_before - timedelta(seconds=1)
        assert _push(acme, client).postponed == 0
        assert server.calls.total() == calls
        acme.now = row.not_before
    assert acme.owed()[0].attempts == 3


def test_procores_own_wait_is_kept(acme, client, server, company, slept):
    """Where Procore names a wait that is too long to sit out, the row rests exactly so long."""
    _owe(acme, _vendor(company.vendors[0], "80-1"))
    server.inject("PATCH", "*/vendors/sync", 503, headers={"Retry-After": "754"}, times=100)
    assert _push(acme, client).postponed == 1
    assert acme.owed()[0].not_before == acme.now + timedelta(seconds=754)
    assert max(slept, default=0) < 754


def test_what_a_person_must_mend_is_left_alone_for_a_while(acme, client, server, company):
    """A refused token postpones all rows by 15 minutes and names the reason."""
    server.inject("POST", "*/oauth/token", 401, times=100)
    _owe(acme, _vendor(company.vendors[0], "80-1"))
    settled = _push(acme, client)
    assert settled.postponed == 1
    assert "401" in settled.error
    assert acme.owed()[0].not_before == acme.now + timedelta(minutes=15)


def test_what_was_taken_before_the_trouble_is_done(acme, client, server, company):
    """A later call that fails postpones its own rows; what an earlier one settled stays settled."""
    _owe(acme, _vendor(company.vendors[0], "80-1"), *_contract(company))
    server.inject("PATCH", "*/line_items/sync", 500, times=100)
    settled = _push(acme, client)
    assert (settled.done, settled.postponed) == (1, 2)
    states = {row.target: row.state for row in acme.owed()}
    assert states == {"vendor": "done", "subcontract_line": "retrying", "subcontract": "owed"}


def test_a_push_by_hand_ignores_the_rest(acme, client, server, company):
    """whatever_the_backoff sends what rests, and keeps the order of turns all the same."""
    _owe(acme, *_contract(company))
    server.inject("PATCH", "*/line_items/sync", 500, times=4)
    assert _push(acme, client).postponed == 2
    assert _push(acme, client).done == 0
    assert _push(acme, client, whatever_the_backoff=True).done == 3
    assert server.state.commitment(company.contract.id).origin_id == "1A"


def test_an_answer_that_was_lost_on_its_way_is_told_again(acme, client, server, company):
    """Procore took the id and the answer was dropped: telling it twice does no harm."""
    _owe(acme, _vendor(company.vendors[0], "80-1"))
    server.inject_dropped("PATCH", "*/vendors/sync", after=True)
    assert _push(acme, client).done == 1
    assert server.state.vendor(company.vendors[0].id).origin_id == "80-1"


def test_a_debt_that_is_replaced_meanwhile_is_not_settled_by_the_old_answer(acme, client, server, company):
    """While Procore is asked, a newer id is owed: the pass goes on, and Procore ends with the newer one."""
    vendor = company.vendors[0]
    _owe(acme, _vendor(vendor, "old"))
    server.inject("PATCH", "*/vendors/sync", 500)

    def wait(_seconds):
        """Another process owes a newer id while this one waits for its next attempt."""
        _owe(acme, _vendor(vendor, "new"))

    client._retries = replace(client._retries, sleep=wait)
    settled = _push(acme, client)
    assert settled.error == ""
    assert server.state.vendor(vendor.id).origin_id == "new"
    assert [(row.origin_id, row.state) for row in acme.owed()] == [("new", "done")]


def test_a_person_owes_a_refused_one_again(acme, client, server, company):
    """Once the cause is mended, a retry sends it; the audit knows who asked, and history is not resent."""
    one, two = company.vendors
    server.state.edit_vendor(one.id, origin_id="80-9")
    _owe(acme, _vendor(two, "80-9"))
    assert _push(acme, client).refused == 1
    server.state.edit_vendor(one.id, origin_id=None)
    refused = acme.owed()[0]
    settle.owe_again(acme.desk, refused.id)
    assert _push(acme, client).done == 1
    assert server.state.vendor(two.id).origin_id == "80-9"
    assert (acme.audit()[-1].actor, acme.audit()[-1].subject) == ("ann", f"write-back {refused.id}")
    with pytest.raises(StateError, match="is done"):
        settle.owe_again(acme.desk, refused.id)


def test_a_refusal_is_over_once_its_item_is_told_anew(acme, client, server, company):
    """What Procore refused of an item is nothing to be mended any more when it took the next id."""
    one, two = company.vendors
    server.state.edit_vendor(one.id, origin_id="80-9")
    _owe(acme, _vendor(two, "80-9"))
    assert _push(acme, client).refused == 1
    _owe(acme, _vendor(two, "80-10"))
    assert _push(acme, client).done == 1
    assert [(row.state, row.origin_id) for row in acme.owed()] == [("done", "80-10")]


def test_an_older_refusal_is_history_where_a_newer_one_is_there(acme, client, server, company):
    """One that an earlier version kept is not told again: Procore got another id since."""
    one, two = company.vendors
    server.state.edit_vendor(one.id, origin_id="80-9")
    _owe(acme, _vendor(two, "80-9"))
    assert _push(acme, client).refused == 1
    [refused] = acme.owed()
    kept = {name: getattr(refused, name) for name in refused.__table__.columns.keys() if name != "id"}  # noqa: SIM118
    with acme.database.write() as tx:
        tx.add(WritebackRow(**{**kept, "state": "done", "origin_id": "80-10"}))
    with pytest.raises(StateError, match="is history"):
        settle.owe_again(acme.desk, refused.id)
