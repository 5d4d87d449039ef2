"""`qbsync webhooks`: having Procore tell of changes at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from qbsync.app import App, now
from qbsync.cli.output import Exit, Json, ends_well, say, show
from qbsync.cli.person import actor
from qbsync.flows import hook_insights, webhooks
from qbsync.flows.accounts import client_of
from qbsync.flows.calls import counted
from qbsync.procore.hooks import HookApi
from qbsync.store import connections

app = typer.Typer(name="webhooks", help="Having Procore tell of changes at once.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The connection's name.")]
_COLUMNS = {
    "connection": "Connection",
    "hook": "Hook",
    "project": "Project",
    "state": "State",
    "destination": "Sends to",
    "triggers": "Triggers",
    "heard_at": "Last heard",
}


@app.command()
@ends_well
def add(
    context: typer.Context,
    name: Name,
    url: Annotated[
        str | None,
        typer.Option(
            help="Where Procore reaches this server: by default where it sends now, else the public URL."
        ),
    ] = None,
    per_project: Annotated[
        bool, typer.Option("--per-project", help="A hook a project, whatever the company's may hear of.")
    ] = False,
) -> None:
    """Register webhooks in Procore, or do so anew with new bearers; exit 3 where some were refused."""
    joined: App = context.obj
    with joined.ready_database.read() as tx:
        address = url or webhooks.address_of(tx, connections.named(tx, name), joined.settings.public_url)
    with _api(joined, name) as api:
        made = webhooks.add(joined.desk(actor()), name, api, url=address, per_project=per_project)
    say(f"{made.hooks} hooks with {made.triggers} triggers, {made.removed} earlier ones removed.")
    if made.hooks:
        say(f"Procore sends to {address}.")
    for resource, event, why in made.refused:
        say(f"{resource}, {event}: {why}")
    if made.unfollowed:
        say(f"No project is followed yet: run `qbsync pull {name}`, then this again.")
    if made.refused or made.unfollowed or not made.hooks:
        raise typer.Exit(Exit.CHECK_FAILED)


@app.command("list")
@ends_well
def list_(
    context: typer.Context,
    connection: Annotated[str | None, typer.Option(help="Only this connection.")] = None,
    as_json: Json = False,
) -> None:
    """List the webhooks and when each kind of delivery was last heard."""
    joined: App = context.obj
    with joined.ready_database.read() as tx:
        rows = hook_insights.hook_list(tx, connection=connection)
    show(
        rows if as_json else [{**row, "triggers": len(row["triggers"])} for row in rows],
        _COLUMNS,
        as_json=as_json,
    )


@app.command()
@ends_well
def remove(context: typer.Context, name: Name) -> None:
    """Take a connection's webhooks away in Procore; changes are then found by polling alone."""
    joined: App = context.obj
    with _api(joined, name) as api:
        removed = webhooks.remove(joined.desk(actor()), name, api)
    say(f"{removed} hooks removed.")


@contextmanager
def _api(joined: App, name: str) -> Iterator[HookApi]:
    """Procore's webhooks for a connection, the calls counted."""
    with joined.ready_database.read() as tx:
        row = connections.named(tx, name)
    client = client_of(joined.database, joined.keeper, row)
    with counted(joined.database, row.id, client, now):
        yield HookApi(client)
