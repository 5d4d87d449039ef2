from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from qbsync.model.ids import QuickBooksId
from qbsync.model.names import Known, ListKind
from qbsync.store import connections, names
from qbsync.store.secrets import new_key

PREFERENCES = {
    "JobsAndEstimatesPreferences/IsUsingEstimates": "true",
    "PurchasesAndVendorsPreferences/IsUsingInventory": "true",
}


@pytest.fixture
def well(acme, run):
    """Acme with nothing wrong but what Procore says."""
    item = Known(
        list=ListKind.ITEM, list_id=QuickBooksId("I-1"), full_name="Retainage", type="Service", active=True
    )
    run("connection", "set", "acme", "retainage_item=Retainage")
    with acme.database.write() as tx:
        row = connections.named(tx, "acme")
        names.save(tx, row.id, [item])
        row.last_contact_at = datetime.now(UTC)
        row.company_seen = {"confirmed": True, "name": "Harbor Builders", "preferences": PREFERENCES}
    return acme


def problems(rows):
    """The checks that found something."""
    return [row["check"] for row in rows if row["result"] == "problem"]


@pytest.mark.usefixtures("well")
def test_a_sound_connection_exits_0(read):
    """Every check of the installation and of the connection says ok; offline asks nothing of Procore."""
    rows = read("doctor", "--offline")
    assert problems(rows) == []
    assert {row["connection"] for row in rows} == {None, "acme"}
    assert {"database", "secret_key", "secret", "web_connector", "retainage_item"} <= {
        row["check"] for row in rows
    }
    assert "procore_sign_in" not in {row["check"] for row in rows}
    assert read("doctor", "acme", "--offline") == rows


@pytest.mark.usefixtures("acme")
def test_what_is_wrong_exits_3_with_its_fix(read, run):
    """A connection that the Web Connector never called; as a table each line has its fix."""
    rows = read("doctor", "--offline", code=3)
    assert problems(rows) == [
        "web_connector",
        "company_file",
        "retainage_item",
        "estimates",
        "purchase_orders",
    ]
    shown = run("doctor", "--offline", code=3).stdout
    for row in rows:
        assert row["message"] in shown
        assert (row["fix"] is None) == (row["result"] == "ok")


@pytest.mark.usefixtures("well")
def test_procore_is_signed_in_to_unless_offline(read, add, server):
    """Nobody answers for acme; the connection whose Procore is there may read its company."""
    assert problems(read("doctor", code=3)) == ["procore_sign_in"]
    hosts = ("--procore-api", server.url, "--procore-login", server.login_url)
    add("beta", *hosts)
    signed = [row for row in read("doctor", "beta", code=3) if row["check"] == "procore_sign_in"]
    assert [row["result"] for row in signed] == ["ok"]


@pytest.mark.usefixtures("database")
def test_an_unknown_connection_exits_4(run):
    """As every command."""
    run("doctor", "nobody", code=4)


def test_a_database_without_a_schema_is_a_failed_check(read):
    """Nothing else can be looked at; the fix is the command."""
    (row,) = read("doctor", code=3)
    assert (row["check"], row["fix"]) == ("database", "qbsync db upgrade")


@pytest.mark.usefixtures("database")
def test_an_installation_without_a_connection_is_told_to_add_one(read):
    """A key is not missed before there is something to keep, and none is made by looking."""
    assert problems(read("doctor", code=3)) == ["connections"]
    assert not Path("var/secret.key").exists()


@pytest.mark.usefixtures("well")
def test_a_lost_key_is_a_problem_and_none_is_made(read):
    """A new key would hide that the stored secrets cannot be read."""
    key = Path("var/secret.key")
    key.unlink()
    assert problems(read("doctor", code=3)) == ["secret_key"]
    assert not key.exists()


@pytest.mark.parametrize(
    ("key", "check"), [("odd", "secret_key"), (new_key(), "secret")], ids=["odd", "another"]
)
@pytest.mark.usefixtures("well")
def test_a_key_that_is_none_or_another_is_a_problem(read, monkeypatch, key, check):
    """Neither lets Procore be asked."""
    monkeypatch.setenv("QBSYNC_SECRET_KEY", key)
    assert problems(read("doctor", code=3)) == [check]
