"""`qbsync links missing`, `send-again` and `unlink-missing`: after a backup was restored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from qbsync.app import App
from qbsync.cli.output import Exit, Json, Limit, ends_well, say, show
from qbsync.cli.person import actor
from qbsync.errors import ConfigError
from qbsync.flows import insights, missing
from qbsync.flows.missing import Decided
from qbsync.flows.review import Desk
from qbsync.model.records import RecordKey, RecordKind
from qbsync.store import connections

_COLUMNS = {
    "connection": "Connection",
    "kind": "Kind",
    "procore_id": "Procore id",
    "label": "Record",
    "quickbooks_id": "QuickBooks id",
    "job": "Job",
    "decided": "Decided",
    "first_seen_at": "Seen",
}
Kind = Annotated[RecordKind | None, typer.Option("--kind", help="Only this kind of record.")]
Ids = Annotated[
    list[str] | None, typer.Option("--id", help="Only this one, by its Procore id; may be repeated.")
]
All = Annotated[bool, typer.Option("--all", help="Everything that is missing.")]


def register(app: typer.Typer) -> None:
    """Add the commands to those of links."""
    app.command("missing")(list_)
    app.command("send-again")(send_again)
    app.command("unlink-missing")(unlink_missing)


@ends_well
def list_(
    context: typer.Context,
    connection: Annotated[str | None, typer.Option(help="Only this connection.")] = None,
    kind: Kind = None,
    limit: Limit = None,
    as_json: Json = False,
) -> None:
    """List the linked records that a company file lacks since a backup was restored, newest first."""
    joined: App = context.obj
    wanted = None if kind is None else kind.value
    with joined.ready_database.read() as tx:
        rows = insights.missing_list(tx, connection=connection, kind=wanted, limit=limit)
    show(rows, _COLUMNS, as_json=as_json)


@ends_well
def send_again(
    context: typer.Context, connection: str, kind: Kind = None, ids: Ids = None, everything: All = False
) -> None:
    """Send what is missing again, each once QuickBooks has shown that it is gone."""
    _decide(context, connection, missing.send_again, (kind, ids, everything), "sent again")


@ends_well
def unlink_missing(
    context: typer.Context, connection: str, kind: Kind = None, ids: Ids = None, everything: All = False
) -> None:
    """Unlink what is missing, each once QuickBooks has shown that it is gone; a vendor at once."""
    _decide(context, connection, missing.unlink, (kind, ids, everything), "unlinked")


def _decide(
    context: typer.Context,
    connection: str,
    do: Callable[[Desk, str, list[RecordKey] | None], Decided],
    which: tuple[RecordKind | None, list[str] | None, bool],
    words: str,
) -> None:
    joined: App = context.obj
    kind, ids, everything = which
    if everything == (kind is not None or bool(ids)) or (ids and kind is None):
        raise ConfigError("Give --all, or --kind, or --kind and --id.")
    keys = None
    if kind is not None:
        with joined.ready_database.read() as tx:
            known = missing.in_order(tx, connections.named(tx, connection).id)
        keys = [RecordKey(kind=kind, procore_id=one) for one in ids or ()]
        keys = keys or [key for key in known if key.kind is kind]
    done = do(joined.desk(actor()), connection, keys)
    for key in done.done:
        say(f"Will be {words}: {key.kind.words} {key.procore_id}.")
    for error in done.refused:
        say(f"qbsync: {error.for_people()}")
    if done.refused:
        raise typer.Exit(Exit.CHECK_FAILED)
    if not done.done:
        say("Nothing is missing.")
