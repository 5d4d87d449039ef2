from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa

from qbsync.errors import ConfigError, NotFoundError
from qbsync.flows.accounts import StoredToken
from qbsync.model.options import Options
from qbsync.procore.auth import Token
from qbsync.store import audit, connections, marks, queue, sessions
from qbsync.store.connections import NewConnection
from qbsync.store.secrets import Keeper, new_key, new_password, password_fits, ticket_hash
from qbsync.store.tables import ConnectionRow, Table

SECRET = "client-secret-8f1c2d"
ACCESS = "access-token-77aa01"


def _new(name: str = "acme") -> NewConnection:
    return NewConnection(
        name=name,
        procore_company="8089",
        feed="direct",
        procore_api="http://localhost:1",
        procore_login="http://localhost:2",
        client_id="client",
        client_secret=SECRET,
        company_file=r"C:\Books\Acme.qbw",
    )


def _everything(database) -> bytes:
    """All that the database holds: the SQLite file's bytes with its log, or each row of PostgreSQL."""
    if database.is_sqlite:
        path = Path(database.url.database)
        return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    with database.read() as tx:
        rows = [
            tuple(row) for table in Table.metadata.tables.values() for row in tx.execute(sa.select(table))
        ]
    return repr(rows).encode()


def test_no_secret_is_in_the_database_in_plain(database, keeper, now):
    """Neither the client secret, the password, the token nor a ticket is among all the bytes kept."""
    with database.write() as tx:
        row, password = connections.add(tx, _new(), keeper, now)
        _session, ticket = sessions.begin(tx, row.id, "opened", now)
    token = Token(access_token=ACCESS, obtained_at=now, expires_at=now + timedelta(minutes=90))
    store = StoredToken(database, keeper, row.id)
    assert store.load() is None
    store.save(token)
    kept = _everything(database)
    assert b"qbsync-acme" in kept
    assert ticket_hash(ticket).encode() in kept
    for secret in (SECRET, ACCESS, password, ticket):
        assert secret.encode() not in kept
    assert store.load() == token
    with database.read() as tx:
        row = connections.named(tx, "acme")
        assert keeper.unseal(row.client_secret) == SECRET
        assert password_fits(row.password_hash, password)
        assert not password_fits(row.password_hash, password + "x")
        assert not password_fits("not a hash", password)


def test_a_secret_sealed_with_another_key_is_said_in_words(keeper):
    """A wrong key raises ConfigError with advice, never an empty secret; a key that is none as well."""
    sealed = keeper.seal(SECRET)
    with pytest.raises(ConfigError, match="another key"):
        Keeper(new_key()).unseal(sealed)
    for wrong in ("", "short", "kürzer", "x" * 44):
        with pytest.raises(ConfigError, match="not a Fernet key"):
            Keeper(wrong)


def test_passwords_are_typed_by_people():
    """A password is 20 letters and digits, none of them mistaken for another, and never the same."""
    made = [new_password() for _ in range(200)]
    assert len(set(made)) == 200
    assert all(len(one) == 20 and one.isalnum() and one.isascii() for one in made)
    assert not set("".join(made)) & set("0O1lI")


def test_a_connection_is_added_once_and_shows_no_secret(database, keeper, now):
    """The name is unique; neither row nor request shows a secret in its repr; both GUIDs are its own."""
    with database.write() as tx:
        row, password = connections.add(tx, _new(), keeper, now)
        assert row.owner_id != row.file_id
        assert row.company_file == r"C:\Books\Acme.qbw"
        assert SECRET not in repr(_new())
        assert password not in repr(row)
    with database.write() as tx, pytest.raises(ConfigError, match="already is a connection 'acme'"):
        connections.add(tx, _new(), keeper, now)


def test_options_come_back_as_they_were_set(database, connection_id):
    """Every option that differs from its default is kept; the others follow the defaults of the day."""
    changed = replace(
        Options(),
        auto_accept="vendor,project",
        allow_duplicate_numbers=False,
        poll_seconds=60,
        ap_account="A/P",
    )
    with database.write() as tx:
        row = connections.get(tx, connection_id)
        assert connections.options_of(row) == Options()
        connections.set_options(row, changed)
    with database.write() as tx:
        row = connections.get(tx, connection_id)
        assert connections.options_of(row) == changed
        assert set(row.options) == {"auto_accept", "allow_duplicate_numbers", "poll_seconds", "ap_account"}
        connections.set_options(row, Options())
        assert row.options == {}
        row.options = {"an_option_of_tomorrow": 1, "poll_seconds": 30}
        assert connections.options_of(row) == replace(Options(), poll_seconds=30)
    assert len(fields(Options)) > 15


def test_connections_are_found_by_name_id_and_user(database, connection_id, add_connection):
    """Unknown names list those there are; a stranger's user is nobody's."""
    with database.read() as tx:
        assert connections.named(tx, "acme").id == connection_id
        assert connections.of_user(tx, "qbsync-acme").id == connection_id
        assert connections.of_user(tx, "qbsync-nobody") is None
        with pytest.raises(NotFoundError) as caught:
            connections.named(tx, "amce")
        assert "There are: acme." in caught.value.for_people()
        for look in (connections.get, connections.lock):
            with pytest.raises(NotFoundError, match="no connection 99"):
                look(tx, 99)
    add_connection("Zeta")
    add_connection("beta")
    with database.read() as tx:
        assert {row.name for row in connections.every(tx)} == {"acme", "Zeta", "beta"}


def test_a_new_password_ends_the_old_one_and_opens_the_door(database, keeper, now):
    """After a rotation only the new password fits, and wrong tries are forgotten."""
    with database.write() as tx:
        row, old = connections.add(tx, _new(), keeper, now)
        row.failed_logins, row.login_after = 9, now
        new = connections.rotate_password(row)
        assert not password_fits(row.password_hash, old)
        assert password_fits(row.password_hash, new)
        assert (row.failed_logins, row.login_after) == (0, None)


def test_what_is_due_for_a_pull(database, connection_id, add_connection, now):
    """New connections first, then the longest overdue; paused and future ones not at all."""
    overdue, later, paused = (add_connection(name) for name in ("overdue", "later", "paused"))
    with database.write() as tx:
        connections.get(tx, overdue).pull_at = now - timedelta(hours=1)
        connections.get(tx, later).pull_at = now + timedelta(seconds=1)
        connections.get(tx, paused).paused_at = now
        assert connections.due_for_pull(tx, now) == [connection_id, overdue]
        assert connections.due_for_pull(tx, now + timedelta(seconds=1)) == [connection_id, overdue, later]


def test_forgetting_a_connection_leaves_nothing_of_it_but_the_audit(
    database, connection_id, add_connection, add_job, now
):
    """Every row that belongs to the connection goes with it; another connection's and the audit stay."""
    other = add_connection("other")
    with database.write() as tx:
        job = add_job(tx, "1")
        queue.attempt(tx, job, "tried", now)
        add_job(tx, "2", of=other)
        marks.put(tx, connection_id, "s", "v")
        sessions.begin(tx, connection_id, "opened", now)
        audit.note(tx, actor="me", action="did", subject="it", now=now, connection_id=connection_id)
    with database.write() as tx:
        connections.remove(tx, connections.get(tx, connection_id))
    with database.read() as tx:
        left = {
            table.name: tx.scalar(
                sa.select(sa.func.count()).select_from(table).where(table.c.connection_id == connection_id)
            )
            for table in Table.metadata.tables.values()
            if "connection_id" in table.c
        }
        assert left.pop("audit") == 1
        assert set(left.values()) == {0}
        assert tx.scalar(sa.select(sa.func.count()).select_from(Table.metadata.tables["attempts"])) == 0
        assert len(queue.in_state(tx, other, queue.JobState.QUEUED)) == 1


def test_naive_times_never_get_in(database, connection_id, now):
    """A time without a zone raises; an aware one comes back as the same moment in UTC."""
    with pytest.raises(sa.exc.StatementError, match="no time zone"), database.write() as tx:
        connections.get(tx, connection_id).pull_at = now.replace(tzinfo=None)
        tx.flush()
    with database.write() as tx:
        connections.get(tx, connection_id).pull_at = now.astimezone(timezone(timedelta(hours=-8)))
    with database.read() as tx:
        back = tx.get(ConnectionRow, connection_id).pull_at
        assert back == now
        assert back.utcoffset() == timedelta(0)
