"""`qbsync costs`: what each job costs in QuickBooks and in Procore, side by side."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from qbsync.app import App
from qbsync.cli.output import Exit, Json, ends_well, say, show
from qbsync.errors import NotFoundError
from qbsync.flows.accounts import client_of
from qbsync.flows.reconciliation import Figures, reconcile
from qbsync.model.records import RecordKind
from qbsync.procore.costs import lines_of
from qbsync.store import connections, links

_COLUMNS = {
    "project": "Project",
    "cost_code": "Cost code",
    "quickbooks": "QuickBooks",
    "procore": "Procore",
    "difference": "Difference",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(costs)


@ends_well
def costs(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The connection's name.")],
    project: Annotated[str | None, typer.Option(help="Only this project, by its id in Procore.")] = None,
    as_json: Json = False,
) -> None:
    """Compare job costs with Procore as it is now, cost code by cost code; exit 3 where they differ."""
    joined: App = context.obj
    with joined.ready_database.read() as tx:
        row = connections.named(tx, name)
        linked = links.listing(tx, connection_id=row.id, kind=RecordKind.PROJECT.value)
        wanted = [one.procore_id for one in linked if project in (None, one.procore_id)]
    if project is not None and not wanted:
        raise NotFoundError(f"{name} has no linked project {project}.")
    client = client_of(joined.database, joined.keeper, row)
    held = {project_id: list(lines_of(client, project_id)) for project_id in wanted}
    with joined.database.read() as tx:
        found = reconcile(tx, row, held)
    show([_shown(figures, whole=as_json) for figures in found], _COLUMNS, as_json=as_json)
    different = [figures for figures in found if figures.difference]
    if different and not as_json:
        _explain(different)
    if different:
        raise typer.Exit(Exit.CHECK_FAILED)


def _shown(figures: Figures, *, whole: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "project_id": figures.project_id,
        "project": figures.project,
        "cost_code": figures.cost_code,
        "quickbooks": str(figures.quickbooks),
        "procore": str(figures.procore),
        "invoices": str(figures.invoices),
        "direct_costs": str(figures.direct_costs),
        "difference": str(figures.difference),
    }
    if whole:
        row["transactions"] = [
            {
                "kind": one.line.kind,
                "txn_id": one.line.txn_id,
                "number": one.line.number,
                "date": one.line.day,
                "payee": one.line.payee,
                "place": one.line.place,
                "amount": str(one.line.amount),
                "counted_as": one.counted_as,
            }
            for one in figures.behind
        ]
    return row


def _explain(different: list[Figures]) -> None:
    """The transactions behind each difference, and what they count as in Procore."""
    for figures in different:
        say(f"{figures.project}, {figures.cost_code}: {figures.difference} more in QuickBooks.")
        for one in figures.behind:
            line = one.line
            words = f"{line.kind} {line.number}".strip()
            say(f"  {line.day} {words} {line.payee} {line.place} {line.amount}: {one.counted_as}")
