"""Keeps a company file on disc: one SQLite transaction a ProcessRequest, so kill -9 leaves whole ones."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from qbsync.simulator.quickbooks.message_sets import MessageSets
from qbsync.simulator.quickbooks.state import Entry, State, decode, encode

_TABLES = """
create table if not exists entry (kind text not null, id text not null, content text not null,
                                  primary key (kind, id));
create table if not exists company (name text primary key, content text not null);
"""


class Storage:
    """A file of entries and counters; without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._connection = None if path is None else _connect(path)

    def read(self, state: State, sets: MessageSets) -> bool:
        """Fill the state and the message sets; False for a new file."""
        if self._connection is None:
            return False
        rows = self._connection.execute("select content from entry")
        for entry in sorted((decode(content) for (content,) in rows), key=lambda entry: entry.order):
            state.load(entry)
        company = dict(self._connection.execute("select name, content from company").fetchall())
        if not company:
            return False
        state.counters.update(json.loads(company["counters"]))
        sets.read(json.loads(company["message_sets"]))
        return True

    def write(self, state: State, sets: MessageSets) -> None:
        """Commit what has changed since the last write."""
        self._commit(state.changed.values(), state, sets, afresh=False)
        state.changed.clear()

    def write_all(self, state: State, sets: MessageSets) -> None:
        """Replace everything on disc, as a restored backup does."""
        self._commit(state.dump(), state, sets, afresh=True)
        state.changed.clear()

    def close(self) -> None:
        """Release the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _commit(self, entries: Iterable[Entry], state: State, sets: MessageSets, *, afresh: bool) -> None:
        if self._connection is None:
            return
        with self._connection as transaction:
            if afresh:
                transaction.execute("delete from entry")
            transaction.executemany(
                "insert or replace into entry (kind, id, content) values (?, ?, ?)",
                [(entry.kind, entry.id, encode(entry)) for entry in entries],
            )
            transaction.executemany(
                "insert or replace into company (name, content) values (?, ?)",
                [("counters", json.dumps(state.counters)), ("message_sets", json.dumps(sets.written()))],
            )


def _connect(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, check_same_thread=False, timeout=30)
    connection.execute("pragma journal_mode=wal")
    # enough for a killed process; a power cut may cost the last request, as it may in QuickBooks
    connection.execute("pragma synchronous=normal")
    with closing(connection.cursor()) as cursor:
        cursor.executescript(_TABLES)
    return connection
