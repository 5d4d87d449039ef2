from __future__ import annotations

from datetime import timedelta

from qbsync.store import sessions
from qbsync.store.secrets import ticket_hash


def test_a_session_is_found_by_its_ticket_alone(database, connection_id, now):
    """The ticket leads to the session, open or over; any other text to none."""
    with database.write() as tx:
        row, ticket = sessions.begin(tx, connection_id, "opened", now)
        assert row.ticket_hash == ticket_hash(ticket) != ticket
        assert len(ticket) >= 22
        row.closed_at = now
    with database.read() as tx:
        assert sessions.of_ticket(tx, ticket).id == row.id
        for stranger in ("", ticket[:-1], ticket.swapcase(), row.ticket_hash):
            assert sessions.of_ticket(tx, stranger) is None


def test_tickets_are_never_the_same(database, connection_id, now):
    """Each session has a ticket of its own."""
    with database.write() as tx:
        tickets = {sessions.begin(tx, connection_id, "opened", now)[1] for _ in range(50)}
    assert len(tickets) == 50


def test_a_session_keeps_others_out_until_it_is_closed_or_silent(database, connection_id, now):
    """It is live while open and heard of within its lease of 300 seconds."""
    with database.write() as tx:
        row, _ticket = sessions.begin(tx, connection_id, "opened", now)
        assert sessions.is_live(row, now, 300)
        assert sessions.is_live(row, now + timedelta(seconds=299), 300)
        assert not sessions.is_live(row, now + timedelta(seconds=300), 300)
        row.closed_at = now
        assert not sessions.is_live(row, now, 300)


def test_sessions_are_listed_newest_first(database, connection_id, add_connection, now):
    """By connection and up to a limit; newest is the connection's last."""
    other = add_connection("other")
    with database.write() as tx:
        mine = [sessions.begin(tx, connection_id, "opened", now)[0].id for _ in range(3)]
        theirs = sessions.begin(tx, other, "opened", now)[0].id
        assert [row.id for row in sessions.listing(tx)] == [theirs, *reversed(mine)]
        assert [row.id for row in sessions.listing(tx, connection_id=connection_id, limit=2)] == [
            mine[2],
            mine[1],
        ]
        assert sessions.newest(tx, connection_id).id == mine[2]
        assert sessions.newest(tx, 999) is None
