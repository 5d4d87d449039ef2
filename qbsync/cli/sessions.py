"""`qbsync sessions`: what the Web Connector did."""

from __future__ import annotations

from typing import Annotated

import typer

from qbsync.app import App
from qbsync.cli.output import Json, Limit, ends_well, show, show_one
from qbsync.flows import insights

app = typer.Typer(name="sessions", help="The Web Connector's updates.", no_args_is_help=True)
_COLUMNS = {
    "id": "Session",
    "connection": "Connection",
    "started_at": "Started",
    "machine": "Computer",
    "state": "State",
    "round_trips": "Round trips",
    "synced": "Synced",
    "failed": "Failed",
    "result": "Result",
}


@app.command("list")
@ends_well
def list_(
    context: typer.Context,
    connection: Annotated[str | None, typer.Option(help="Only this connection.")] = None,
    limit: Limit = None,
    as_json: Json = False,
) -> None:
    """List sessions, newest first."""
    joined: App = context.obj
    with joined.ready_database.read() as tx:
        show(insights.session_list(tx, connection=connection, limit=limit), _COLUMNS, as_json=as_json)


@app.command("show")
@ends_well
def show_(context: typer.Context, session: int, as_json: Json = False) -> None:
    """Show a session and its messages."""
    joined: App = context.obj
    with joined.ready_database.read() as tx:
        show_one(insights.session(tx, session), as_json=as_json)
