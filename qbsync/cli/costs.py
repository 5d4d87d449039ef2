"""`qbsync costs`: what each job costs in QuickBooks and in Procore, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from qbsync.app import App
from qbsync.cli.output import Exit, Json, ends_well, say, show
from qbsync.flows.reconciliation import reconcile, values_of
from qbsync.store import connections

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
    joined.read_costs(name, project)
    with joined.database.read() as tx:
        found = reconcile(tx, connections.named(tx, name), project_id=project)
    rows = [values_of(figures) for figures in found]
    show(rows if as_json else [_short(row) for row in rows], _COLUMNS, as_json=as_json)
    different = [row for row, figures in zip(rows, found, strict=True) if figures.difference]
    if different and not as_json:
        _explain(different)
    if different:
        raise typer.Exit(Exit.CHECK_FAILED)


def _short(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in _COLUMNS}


def _explain(different: list[dict[str, Any]]) -> None:
    """What stands behind each difference on both sides, and where the other side has it."""
    for row in different:
        say(f"{row['project']}, {row['cost_code']}: {row['difference']} more in QuickBooks than in Procore.")
        for one in row["transactions"]:
            words = f"{one['kind']} {one['number']}".strip()
            say(
                f"  QuickBooks: {one['date']} {words} {one['payee']} {one['place']} {one['amount']}: "
                f"{one['counted_as']}"
            )
        for one in row["in_procore"]:
            words = f"{one['kind']} {one['number'] or one['procore_id']}"
            say(f"  Procore: {one['date']} {words} {one['description']} {one['amount']}: {one['found_as']}")
