"""`qbsync erp`: Procore's ERP Integrations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from qbsync.app import App, now
from qbsync.cli.output import Exit, Json, ends_well, say, show
from qbsync.cli.person import actor
from qbsync.errors import ConfigError
from qbsync.flows import webhooks
from qbsync.flows.accounts import client_of
from qbsync.flows.calls import counted
from qbsync.flows.erp import registration, requests
from qbsync.flows.erp.registration import Registered
from qbsync.flows.webhooks import Made
from qbsync.model.feeds import Feed
from qbsync.procore import permissions
from qbsync.store import connections

app = typer.Typer(name="erp", help="Procore's ERP Integrations.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The connection's name.")]
Url = Annotated[
    str | None,
    typer.Option(
        help="Where Procore reaches this server: by default where it sends now, else the public URL."
    ),
]
_COLUMNS = {
    "request": "Request",
    "name": "Asks for",
    "state": "State",
    "records": "Records",
    "received_at": "Received",
    "answer": "Answer",
}


@app.command()
@ends_well
def register(context: typer.Context, name: Name, url: Url = None) -> None:
    """Make the ERP connection, its metadata and its webhook, or mend them; exit 3 if Procore refused some."""
    joined: App = context.obj
    register_connection(joined, name, url)


def register_connection(joined: App, name: str, url: str | None) -> None:
    """Register a connection in ERP Integrations; raises ConfigError for one on the direct feed."""
    with joined.ready_database.read() as tx:
        row = connections.named(tx, name)
        address = url or webhooks.address_of(tx, row, joined.settings.public_url)
    if row.feed != Feed.ERP.value:
        raise ConfigError(
            f"{name} is on the direct feed, which needs no ERP Integrations.",
            guidance="A connection has one feed for good: add another with --feed erp.",
        )
    client = client_of(joined.database, joined.keeper, row)
    with counted(joined.database, row.id, client, now):
        registered = registration.register(joined.desk(actor()), name, client, service_url=address)
        say(f"Registered in ERP Integrations; standard cost code list {registered.list_id}.")
        made = registration.hook(joined.desk(actor()), name, client, url=address)
    if made.hooks:
        say(f"{made.hooks} webhook with {made.triggers} trigger, {made.removed} earlier ones removed.")
    else:
        say("The webhook works and was left as it is.")
    say(f"Procore sends to {address}.")
    for words in _refused(registered, made):
        say(words)
    if registered.untaken or made.refused:
        raise typer.Exit(Exit.CHECK_FAILED)


def _refused(registered: Registered, made: Made) -> Iterator[str]:
    """What Procore did not take while it took the rest."""
    for error in registered.untaken:
        yield f"{error.message} {error.guidance}".strip()
    for resource, event, why in made.refused:
        yield f"{resource}, {event}: {why} {permissions.WEBHOOKS}"


@app.command("requests")
@ends_well
def list_(
    context: typer.Context,
    connection: Annotated[str | None, typer.Option(help="Only this connection.")] = None,
    limit: Annotated[int | None, typer.Option(help="At most so many, the newest.")] = None,
    as_json: Json = False,
) -> None:
    """List the requests of Procore's ERP tool and what became of each."""
    joined: App = context.obj
    with joined.ready_database.read() as tx:
        rows = requests.listing(tx, connection=connection, limit=limit)
    show(rows, _COLUMNS, as_json=as_json)


@app.command()
@ends_well
def retry(context: typer.Context, name: Name) -> None:
    """Ask Procore again, at the next pull, for every request that waits or was given up."""
    joined: App = context.obj
    asked = requests.retry(joined.desk(actor()), name)
    say(f"{asked} requests are asked for again at the next pull.")
