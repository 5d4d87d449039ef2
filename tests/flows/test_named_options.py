"""Options that name something in QuickBooks: troubles by themselves, once its lists have been read."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from qbsync.flows import doctor, named_options, setup, sweep
from qbsync.model.names import Known, ListKind
from qbsync.qbxml.parse import Status
from qbsync.store import connections, troubles
from qbsync.store.tables import MarkRow

RETAINAGE = Known(list=ListKind.ITEM, list_id="I-9", full_name="Retainage", type="Service")


def _session(acme):
    """A session in which QuickBooks reads every list to its end."""
    acme.tick()
    with acme.database.write() as tx:
        row = connections.lock(tx, acme.id)
        row.names_at = None
        for page in sweep.pages(tx, row, 1, acme.now):
            stream = page.detail["stream"]
            status = Status(
                name=f"{page.request.name[:-2]}Rs", request_id="1", code=0, severity="Info", message="OK"
            )
            sweep.page_ended(tx, row, stream, status, session_id=1, now=acme.now)


def _troubles(acme):
    return [one for one in acme.troubles() if one.startswith("option ")]


@pytest.mark.parametrize("one", named_options.NAMED, ids=lambda one: one.option)
def test_a_wrong_name_is_a_trouble_after_the_session_and_over_when_mended(acme, one):
    """Nobody has to ask: the session that reads the lists makes it, the one after the mending ends it."""
    acme.set(**{one.option: "The One"})
    assert _troubles(acme) == []
    _session(acme)
    assert _troubles(acme) == [f"option {one.option}: QuickBooks has no {one.word} 'The One'."]
    kind = one.types[0] if one.types else ""
    acme.know(Known(list=one.list, list_id="X-1", full_name="The One", type=kind))
    _session(acme)
    assert _troubles(acme) == []


def test_a_trouble_of_an_option_outlasts_a_pull(acme):
    """A pull of Procore has no say in what QuickBooks has."""
    acme.set(retainage_item="Retainage")
    _session(acme)
    acme.tick()
    with acme.database.write() as tx:
        troubles.clear_procore(tx, acme.id, acme.now)
    assert len(_troubles(acme)) == 1


def test_setting_a_name_that_quickbooks_lacks_says_so_and_keeps_it(acme):
    """Someone may be about to add it: it is kept, said in words, a trouble, and one check of doctor's."""
    assert setup.set_options(acme.desk, "acme", {"auto_accept": "all"}) == []
    [words] = setup.set_options(acme.desk, "acme", {"retainage_item": "Retainage"})
    assert "QuickBooks has no item 'Retainage'" in words
    assert connections.options_of(acme.row()).retainage_item == "Retainage"
    assert len(_troubles(acme)) == 1
    with acme.database.read() as tx:
        checks = doctor.of_connection(tx, "acme", acme.now)
    wrong = [check.name for check in checks if "Retainage" in check.message]
    assert wrong == ["retainage_item"]
    acme.know(RETAINAGE)
    assert setup.set_options(acme.desk, "acme", {"retainage_item": "Retainage"}) == []
    assert _troubles(acme) == []


def test_taking_a_wrong_name_back_ends_its_trouble(acme):
    """An option that names nothing is no trouble."""
    setup.set_options(acme.desk, "acme", {"default_terms": "Net 99"})
    assert len(_troubles(acme)) == 1
    assert setup.set_options(acme.desk, "acme", {"default_terms": ""}) == []
    assert _troubles(acme) == []


def test_before_the_lists_were_read_every_name_is_taken(acme):
    """Before the first contact nothing can be compared, so nothing is said."""
    with acme.database.write() as tx:
        tx.execute(sa.delete(MarkRow))
    assert setup.set_options(acme.desk, "acme", {"retainage_item": "Retainage"}) == []
    assert _troubles(acme) == []
