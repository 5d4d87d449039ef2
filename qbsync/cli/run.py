"""`qbsync serve`, `worker`, `pull`, `push` and `status`."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import Annotated

import typer

from qbsync.app import App, now, run_worker
from qbsync.cli.output import Json, ends_well, print_json, say
from qbsync.errors import QbsyncError
from qbsync.flows import insights
from qbsync.store import connections

Which = Annotated[str | None, typer.Argument(help="One connection; all by default.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (serve, worker, pull, push, status):
        app.command()(command)


@ends_well
def serve(
    context: typer.Context,
    host: Annotated[
        str | None, typer.Option(envvar="QBSYNC_HOST", help="The address to listen on; 127.0.0.1 by default.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(envvar="QBSYNC_PORT", help="The port; 8700 by default, 0 takes a free one.")
    ] = None,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", envvar="QBSYNC_NO_WORKER", help="Leave Procore to other processes.")
    ] = False,
) -> None:
    """Serve the Web Connector and the pages, and do the worker's work."""
    from qbsync.app.serving import Server  # noqa: PLC0415  (no other command waits for Spyne and Flask)

    joined: App = context.obj
    server = Server(
        joined,
        host=joined.settings.host if host is None else host,
        port=joined.settings.port if port is None else port,
        with_worker=not no_worker,
    )
    signal.signal(signal.SIGTERM, _stopper(server.stop))
    say(f"qbsync serves http://localhost:{server.port}/ (Web Connector: /qbwc)")
    try:
        server.run()
    except (KeyboardInterrupt, SystemExit):
        say("Stopped.")


def _stopper(stop: Callable[[], None]) -> Callable[[int, object], None]:
    def stopped(_signal: int, _frame: object) -> None:
        stop()
        raise SystemExit(0)

    return stopped


@ends_well
def worker(context: typer.Context) -> None:
    """Ask Procore for changes and tell it what it is owed, without serving anything."""
    joined: App = context.obj
    _ = joined.worker
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _signal, _frame: stop.set())
    say("The worker runs.")
    try:
        run_worker(joined, stop)
    except KeyboardInterrupt:
        stop.set()


@ends_well
def pull(context: typer.Context, name: Which = None, as_json: Json = False) -> None:
    """Ask Procore for changes now, whatever the schedule says."""
    joined: App = context.obj

    def one(connection_id: int) -> dict[str, object]:
        filled = joined.worker.pull(connection_id, catches_up=True)
        for trouble in filled.troubles:
            say(trouble)
        return {
            "seen": filled.seen,
            "staged": filled.staged,
            "accepted": filled.accepted,
            "cancelled": filled.cancelled,
            "troubles": filled.troubles,
        }

    _each(joined, name, one, as_json=as_json)


@ends_well
def push(context: typer.Context, name: Which = None, as_json: Json = False) -> None:
    """Tell Procore now what it is owed, whatever a backoff says."""
    joined: App = context.obj

    def one(connection_id: int) -> dict[str, object]:
        settled = joined.worker.push(connection_id, whatever_the_backoff=True)
        if settled.error:
            say(settled.error)
        return {
            "done": settled.done,
            "refused": settled.refused,
            "postponed": settled.postponed,
            "error": settled.error or None,
            "exit_code": settled.exit_code,
        }

    _each(joined, name, one, as_json=as_json)


def _each(joined: App, name: str | None, do: Callable[[int], dict[str, object]], *, as_json: bool) -> None:
    """Do one pass for a connection or for all; the worst ending is the command's."""
    with joined.ready_database.read() as tx:
        rows = connections.every(tx) if name is None else [connections.named(tx, name)]
    results, worst = [], 0
    for row in rows:
        try:
            result = do(row.id)
            worst = max(worst, int(str(result.pop("exit_code", 0))))
        except QbsyncError as error:
            say(f"{row.name}: {error.for_people()}")
            result = {"error": error.for_people()}
            worst = max(worst, error.exit_code)
        results.append({"connection": row.name, **result})
    if as_json:
        print_json(results)
    else:
        for result in results:
            words = ", ".join(f"{value} {key}" for key, value in result.items() if isinstance(value, int))
            typer.echo(f"{result['connection']}: {words or 'failed'}")
    if worst:
        raise typer.Exit(worst)


@ends_well
def status(context: typer.Context, as_json: Json = False) -> None:
    """Say how every connection fares."""
    joined: App = context.obj
    with joined.ready_database.read() as tx:
        rows = insights.connection_list(tx, now())
    if as_json:
        print_json(rows)
        return
    if not rows:
        say("There is no connection yet. Make one with `qbsync connection add`.")
    for row in rows:
        counts = ", ".join(f"{count} {state}" for state, count in row["jobs"].items()) or "no jobs"
        typer.echo(f"{row['name']}: {counts}; last contact {row['last_contact_at'] or 'never'}")
        for problem in (row["stopped"], row["pull_error"]):
            if problem:
                typer.echo(f"  {problem}")
        for trouble in row["troubles"]:
            typer.echo(f"  {trouble['subject']}: {trouble['message']} {trouble['guidance']}".rstrip())
