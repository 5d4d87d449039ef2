"""`qbsync imports`: what QuickBooks has and Procore lacks."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from qbsync.app import App
from qbsync.cli.output import Json, Limit, each, ends_well, say, show
from qbsync.cli.person import actor
from qbsync.flows import offers
from qbsync.model.offers import OfferState
from qbsync.model.records import RecordKind

app = typer.Typer(name="imports", help="What QuickBooks has and Procore lacks.", no_args_is_help=True)
Ids = Annotated[list[int], typer.Argument(help="Numbers of offers.")]
_COLUMNS = {
    "id": "Offer",
    "connection": "Connection",
    "kind": "Kind",
    "name": "In QuickBooks",
    "quickbooks_id": "QuickBooks id",
    "state_words": "State",
    "procore_id": "Procore id",
    "looks_like": "Looks like",
    "error": "Error",
}


class ImportedKind(StrEnum):
    """The kinds of record that are offered for import."""

    VENDOR = RecordKind.VENDOR.value
    PROJECT = RecordKind.PROJECT.value
    COST_CODE = RecordKind.COST_CODE.value


@app.command("list")
@ends_well
def list_(
    context: typer.Context,
    connection: Annotated[str | None, typer.Option(help="Only this connection.")] = None,
    kind: Annotated[ImportedKind | None, typer.Option(help="Only this kind of record.")] = None,
    state: Annotated[OfferState | None, typer.Option(help="Only in this state.")] = None,
    limit: Limit = None,
    as_json: Json = False,
) -> None:
    """List offers, with what each may be in Procore and why."""
    joined: App = context.obj
    with joined.ready_database.read() as tx:
        wanted = None if kind is None else RecordKind(kind)
        rows = offers.everywhere(tx, connection, kind=wanted, state=state, limit=limit)
    if not as_json:
        rows = [{**row, "looks_like": _looks_like(row)} for row in rows]
    show(rows, _COLUMNS, as_json=as_json)


def _looks_like(row: dict[str, Any]) -> str:
    found = row["suggestions"]
    return "; ".join(f"{one['label']} ({one['procore_id']}): {one['reason']}" for one in found)


@app.command("import")
@ends_well
def import_(context: typer.Context, ids: Ids) -> None:
    """Have Procore make records of offers at the next push; an item's divisions go first."""
    joined: App = context.obj
    each(ids, lambda one: offers.import_(joined.desk(actor()), one), "To be imported: offer")


@app.command()
@ends_well
def link(
    context: typer.Context,
    offer: Annotated[int, typer.Argument(help="The offer's number.")],
    procore_id: Annotated[str, typer.Argument(help="The id of the record that Procore has.")],
) -> None:
    """Join an offer to a record that Procore has; nothing is made on either side."""
    joined: App = context.obj
    offers.link(joined.desk(actor()), offer, procore_id)
    say(f"Linked offer {offer} to {procore_id}.")


@app.command()
@ends_well
def archive(context: typer.Context, ids: Ids) -> None:
    """Neither offer nor suggest entries any more; QuickBooks keeps them as they are."""
    joined: App = context.obj
    each(ids, lambda one: offers.archive(joined.desk(actor()), one), "Archived: offer")


@app.command()
@ends_well
def restore(context: typer.Context, ids: Ids) -> None:
    """Offer archived entries again."""
    joined: App = context.obj
    each(ids, lambda one: offers.restore(joined.desk(actor()), one), "Offered again: offer")
