"""What a sendRequestXML and receiveResponseXML pair costs, against a bare lxml handler in the same run.

`qbsync serve` and the bare handler are processes of their own, both under waitress, and are asked with the
same bytes over one kept connection each; the handler parses the envelope and answers what qbsync answered.
Then the same calls run in this process, and their time is split between Spyne, qbXML with its mapping, the
database's own time, and the rest, which is the conversation and the ORM. SQLite.
"""

from __future__ import annotations

import io
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import calls
import sqlalchemy as sa
from installation import Installation, awkward_vendors

from qbsync.app import now
from qbsync.flows.drain import Drain, answers, compose, matching
from qbsync.qbxml import build
from qbsync.simulator.quickbooks import CompanyFile
from qbsync.soap.wsgi import soap_app
from qbsync.store import connections

IDLE_PAIRS = 60
FULL_PAIRS = 30
ADDS = 50
WARM = 5


@dataclass(kw_only=True)
class Pair:
    """One pair as it went: the two envelopes, the two answers, and the seconds each call took."""

    asked: tuple[bytes, bytes]
    answered: tuple[bytes, bytes]
    seconds: tuple[float, float]


@dataclass(kw_only=True)
class Times:
    """Seconds by what they went into."""

    spent: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def measure(self, what: str) -> Iterator[None]:
        """Add the time within."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.spent[what] = self.spent.get(what, 0.0) + time.perf_counter() - started


def main() -> None:
    """Print both tables."""
    print("p50 in ms over HTTP, both servers under waitress in processes of their own")
    heads = ("pair", "send", "receive", "both", "bare send", "bare receive", "bare both", "ratio")
    print(f"{heads[0]:<16}" + "".join(f"{head:>13}" for head in heads[1:]))
    for name, pairs in _kinds():
        with Installation() as here:
            _prepare(here, pairs)
            here.serve()
            caller = calls.Caller(here.port)
            ours = list(_pairs(here, caller.post, pairs, idle=name == "idle"))
            caller.close()
        _print_against_floor(name, ours)
    print("\nwhat each layer takes of a pair, p50 in ms, in process")
    for name, pairs in _kinds():
        with Installation() as here:
            _prepare(here, pairs)
            _print_split(here, name, pairs)


def _kinds() -> tuple[tuple[str, int], ...]:
    return ("idle", IDLE_PAIRS), (f"{ADDS} vendor adds", FULL_PAIRS)


def _prepare(here: Installation, pairs: int) -> None:
    here.lists_are_fresh()
    if pairs == FULL_PAIRS:
        here.queue(awkward_vendors(ADDS * (FULL_PAIRS + WARM)))


def _pairs(here: Installation, post: Callable[[bytes], bytes], count: int, *, idle: bool) -> Iterator[Pair]:
    """Run pairs, the first of them unseen; an idle one in a session of its own, for it ends the session."""
    company = CompanyFile.open()
    session = company.begin_session("qbsync")
    ticket = here.ticket()
    for number in range(count + WARM):
        if idle and number:
            ticket = here.ticket()
        _size(here)
        send = calls.send_request(ticket)
        started = time.perf_counter()
        sent = post(send)
        send_seconds = time.perf_counter() - started
        response = company.process_in_session(session, calls.result("sendRequestXML", sent))
        receive = calls.receive_response(ticket, response)
        started = time.perf_counter()
        received = post(receive)
        receive_seconds = time.perf_counter() - started
        assert int(calls.result("receiveResponseXML", received)) > 0
        if number >= WARM:
            yield Pair(
                asked=(send, receive), answered=(sent, received), seconds=(send_seconds, receive_seconds)
            )
    company.close()


def _size(here: Installation) -> None:
    """Take back what the pace has learnt: every message is to carry so many."""
    with here.app.database.write() as tx:
        connections.lock(tx, here.connection_id).batch_size = ADDS


def _print_against_floor(name: str, ours: list[Pair]) -> None:
    bare = _floor(ours)
    cells = [*_medians([pair.seconds for pair in ours]), *_medians(bare)]
    print(
        f"{name:<16}" + "".join(f"{cell * 1000:>13.2f}" for cell in cells) + f"{cells[2] / cells[5]:>12.1f}x"
    )


def _medians(seconds: list[tuple[float, float]]) -> tuple[float, float, float]:
    sends, receives = zip(*seconds, strict=True)
    return (
        statistics.median(sends),
        statistics.median(receives),
        statistics.median([sum(pair) for pair in seconds]),
    )


def _floor(ours: list[Pair]) -> list[tuple[float, float]]:
    """The same bytes to and from the bare handler."""
    with tempfile.TemporaryDirectory(prefix="qbsync-bench-") as folder:
        for number, answer in enumerate(ours[-1].answered):
            (Path(folder) / str(number)).write_bytes(answer)
        command = [sys.executable, str(Path(__file__).with_name("bare_handler.py")), folder]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        caller = calls.Caller(int(process.stdout.readline()))
        try:
            times = [(_timed(caller, pair.asked[0]), _timed(caller, pair.asked[1])) for pair in ours]
        finally:
            caller.close()
            process.terminate()
            process.wait(30)
            process.stdout.close()
    return times


def _timed(caller: calls.Caller, envelope: bytes) -> float:
    started = time.perf_counter()
    caller.post(envelope)
    return time.perf_counter() - started


def _print_split(here: Installation, name: str, pairs: int) -> None:
    times = Times()
    drain = Drain(here.app.ready_database, public_url="http://localhost", clock=now)
    app = soap_app(_Watched(drain, times), public_url="http://localhost")  # type: ignore[arg-type]
    _watch_database(here, times)
    rows: list[dict[str, float]] = []
    with _watched_qbxml(times):
        for pair in _pairs(here, lambda envelope: _call(app, envelope), pairs, idle=name == "idle"):
            rows.append({**times.spent, "whole": sum(pair.seconds)})
            times.spent.clear()
    del rows[0]  # it holds the unseen pairs before it too
    whole, conversation, qbxml, database = (
        statistics.median(row[what] for row in rows) * 1000
        for what in ("whole", "conversation", "qbxml", "sql")
    )
    print(
        f"{name:<16} whole {whole:7.2f}   Spyne {whole - conversation:6.2f}   "
        f"qbXML and mapping {qbxml:6.2f}   database {database:6.2f}   "
        f"session and ORM {conversation - qbxml - database:6.2f}"
    )


def _call(app: Any, envelope: bytes) -> bytes:
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "SCRIPT_NAME": "/qbwc",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "CONTENT_TYPE": "text/xml; charset=utf-8",
        "CONTENT_LENGTH": str(len(envelope)),
        "wsgi.input": io.BytesIO(envelope),
    }
    return b"".join(app(environ, lambda *_: None))


class _Watched:
    """A conversation whose every call is measured."""

    def __init__(self, drain: Drain, times: Times) -> None:
        self._drain = drain
        self._times = times

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._drain, name)

        def measured(*arguments: Any) -> Any:
            self._times.spent["inside"] = 1
            with self._times.measure("conversation"):
                try:
                    return method(*arguments)
                finally:
                    self._times.spent["inside"] = 0

        return measured


def _watch_database(here: Installation, times: Times) -> None:
    """Measure the driver's own time, commits included, of what the conversation asks for."""
    engine = here.app.database.engine
    started: list[float] = []

    def before(*_: Any) -> None:
        started.append(time.perf_counter())

    def after(*_: Any) -> None:
        spent = time.perf_counter() - started.pop()
        if times.spent.get("inside"):
            times.spent["sql"] = times.spent.get("sql", 0.0) + spent

    sa.event.listen(engine, "before_cursor_execute", before)
    sa.event.listen(engine, "after_cursor_execute", after)
    commit = engine.dialect.do_commit

    def do_commit(connection: Any) -> None:
        before()
        commit(connection)
        after()

    engine.dialect.do_commit = do_commit  # type: ignore[method-assign]


@contextmanager
def _watched_qbxml(times: Times) -> Iterator[None]:
    """Measure what builds, checks and reads qbXML, where the conversation calls it."""
    spots: list[tuple[Any, str]] = [
        (build, "message"),
        (compose, "_built"),
        (answers, "read"),
        (matching, "read"),
    ]
    kept = [(module, name, getattr(module, name)) for module, name in spots]
    for module, name, function in kept:
        setattr(
            module, name, _timed_events(function, times) if name == "read" else _timed_call(function, times)
        )
    try:
        yield
    finally:
        for module, name, function in kept:
            setattr(module, name, function)


def _timed_call(function: Callable[..., Any], times: Times) -> Callable[..., Any]:
    def timed(*arguments: Any, **named: Any) -> Any:
        with times.measure("qbxml"):
            return function(*arguments, **named)

    return timed


def _timed_events(function: Callable[..., Any], times: Times) -> Callable[..., Any]:
    def timed(*arguments: Any) -> Iterator[Any]:
        events = function(*arguments)
        while True:
            with times.measure("qbxml"):
                event = next(events, None)
            if event is None:
                return
            yield event

    return timed


if __name__ == "__main__":
    main()
