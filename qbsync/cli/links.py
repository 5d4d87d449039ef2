"""`qbsync links`: which Procore record is which record of QuickBooks."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from qbsync.app import App
from qbsync.cli import missing
from qbsync.cli.output import Exit, Json, Limit, ends_well, say, show
from qbsync.cli.person import actor
from qbsync.flows import insights, linking, matches, unlinking
from qbsync.model.records import RecordKey, RecordKind
from qbsync.store import connections

app = typer.Typer(name="links", help="What is joined to what.", no_args_is_help=True)
missing.register(app)
_COLUMNS = {
    "connection": "Connection",
    "kind": "Kind",
    "procore_id": "Procore id",
    "quickbooks_id": "QuickBooks id",
    "name": "Name",
}

_DRIFT = {
    "connection": "Connection",
    "kind": "Kind",
    "procore_id": "Procore id",
    "sort": "Sort",
    "what": "What",
    "ours": "As it was left",
    "quickbooks": "QuickBooks",
    "first_seen_at": "First seen",
}


class LinkedByHand(StrEnum):
    """The kinds of record that a person can link."""

    COST_CODE = RecordKind.COST_CODE.value
    RETAINAGE_ITEM = RecordKind.RETAINAGE_ITEM.value
    VENDOR = RecordKind.VENDOR.value
    PROJECT = RecordKind.PROJECT.value
    BUDGET = RecordKind.BUDGET.value
    COMMITMENT = RecordKind.COMMITMENT.value
    INVOICE = RecordKind.INVOICE.value


@app.command("list")
@ends_well
def list_(
    context: typer.Context,
    connection: Annotated[str | None, typer.Option(help="Only this connection.")] = None,
    kind: Annotated[RecordKind | None, typer.Option(help="Only this kind of record.")] = None,
    limit: Limit = None,
    as_json: Json = False,
) -> None:
    """List the links, oldest first."""
    joined: App = context.obj
    with joined.ready_database.read() as tx:
        rows = insights.link_list(
            tx, connection=connection, kind=None if kind is None else kind.value, limit=limit
        )
    show(rows, _COLUMNS, as_json=as_json)


@app.command()
@ends_well
def drift(
    context: typer.Context,
    connection: Annotated[str | None, typer.Option(help="Only this connection.")] = None,
    kind: Annotated[RecordKind | None, typer.Option(help="Only this kind of record.")] = None,
    mended: Annotated[bool, typer.Option("--mended", help="What is mended by now, too.")] = False,
    limit: Limit = None,
    as_json: Json = False,
) -> None:
    """List in what QuickBooks' linked records are not as they were left, newest first."""
    joined: App = context.obj
    wanted = None if kind is None else kind.value
    with joined.ready_database.read() as tx:
        rows = insights.drift_list(tx, connection=connection, kind=wanted, gone=mended, limit=limit)
    show(rows, {**_DRIFT, "gone_at": "Mended"} if mended else _DRIFT, as_json=as_json)


@app.command()
@ends_well
def suggest(context: typer.Context, connection: str, as_json: Json = False) -> None:
    """List staged records for which QuickBooks seems to have the same."""
    joined: App = context.obj
    with joined.ready_database.read() as tx:
        found = matches.suggest(tx, connections.named(tx, connection).id)
    rows = [
        {
            "job": one.job_id,
            "kind": one.key.kind.value,
            "procore_id": one.key.procore_id,
            "label": one.label,
            "quickbooks_id": one.known.list_id,
            "name": one.known.full_name,
            "reason": one.reason,
            "sure": one.sure,
        }
        for one in found
    ]
    columns = {"job": "Job", "kind": "Kind", "procore_id": "Procore id", "label": "Record"}
    theirs = {"quickbooks_id": "QuickBooks id", "name": "Name", "reason": "Why", "sure": "Sure"}
    show(rows, {**columns, **theirs}, as_json=as_json)


@app.command("link-all")
@ends_well
def link_all(context: typer.Context, connection: str) -> None:
    """Link every suggestion of the very same name, capital letters aside; near ones are for a person."""
    joined: App = context.obj
    done = matches.link_all(joined.desk(actor()), connection)
    for one in done.linked:
        say(f"Linked {one.key.kind.words} {one.key.procore_id} to {one.known.full_name!r}.")
    for one, error in done.refused:
        say(f"qbsync: {one.label!r} is not linked. {error.for_people()}")
    if done.refused:
        raise typer.Exit(Exit.CHECK_FAILED)
    if not done.linked:
        say("There is nothing to link: no suggestion has the very same name.")


@app.command()
@ends_well
def link(
    context: typer.Context, connection: str, kind: LinkedByHand, procore_id: str, quickbooks_id: str
) -> None:
    """Join a record to the ListID or TxnID that QuickBooks has for it; nothing is made in QuickBooks."""
    joined: App = context.obj
    key = RecordKey(kind=RecordKind(kind), procore_id=procore_id)
    linking.link(joined.desk(actor()), connection, key, quickbooks_id)
    words = f"{key.kind.words} {procore_id}"
    if key.kind in linking.READ_FIRST:
        say(f"The next update reads {quickbooks_id}, and links {words} to it if it fits.")
    else:
        say(f"Linked {words} to {quickbooks_id}.")


@app.command()
@ends_well
def unlink(context: typer.Context, connection: str, kind: RecordKind, procore_id: str) -> None:
    """End a link; a vendor's is free, anything else must be gone from QuickBooks first."""
    joined: App = context.obj
    job = unlinking.unlink(joined.desk(actor()), connection, RecordKey(kind=kind, procore_id=procore_id))
    if job is None:
        say(f"Unlinked {kind.words} {procore_id}.")
    else:
        say(
            f"QuickBooks is asked at the next update whether the {kind.words} is gone; then it is unlinked. "
            f"See `qbsync jobs show {job}`."
        )
