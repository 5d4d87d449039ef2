"""`qbsync writebacks`: what Procore is owed."""

from __future__ import annotations

from typing import Annotated

import typer

from qbsync.app import App
from qbsync.cli.output import Json, Limit, each, ends_well, show
from qbsync.cli.person import actor
from qbsync.flows import insights, settle
from qbsync.store.writebacks import WritebackState

app = typer.Typer(name="writebacks", help="What Procore is owed.", no_args_is_help=True)
_COLUMNS = {
    "id": "Write-back",
    "connection": "Connection",
    "kind": "Kind",
    "procore_id": "Procore id",
    "target": "Target",
    "origin_id": "QuickBooks id",
    "state": "State",
    "error": "Error",
}


@app.command("list")
@ends_well
def list_(
    context: typer.Context,
    connection: Annotated[str | None, typer.Option(help="Only this connection.")] = None,
    state: Annotated[WritebackState | None, typer.Option(help="Only in this state.")] = None,
    limit: Limit = None,
    as_json: Json = False,
) -> None:
    """List write-backs, newest first."""
    joined: App = context.obj
    with joined.ready_database.read() as tx:
        rows = insights.writeback_list(
            tx, connection=connection, state=None if state is None else state.value, limit=limit
        )
    show(rows, _COLUMNS, as_json=as_json)


@app.command()
@ends_well
def retry(
    context: typer.Context, ids: Annotated[list[int], typer.Argument(help="Numbers of write-backs.")]
) -> None:
    """Owe refused or postponed write-backs to Procore again, now."""
    joined: App = context.obj

    each(ids, lambda one: settle.owe_again(joined.desk(actor()), one), "Owed again: write-back")
