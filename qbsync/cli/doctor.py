"""`qbsync doctor`: what is missing or wrong, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from qbsync.app import App, now
from qbsync.cli.output import Exit, Json, ends_well, show
from qbsync.errors import QbsyncError
from qbsync.flows import doctor as flow
from qbsync.flows.accounts import client_of
from qbsync.flows.calls import counted
from qbsync.flows.checking import Check
from qbsync.flows.erp import checks as erp_checks
from qbsync.model.feeds import Feed
from qbsync.model.records import RecordKind
from qbsync.procore.client import ProcoreClient
from qbsync.store import connections, erp, hooks, links, schema
from qbsync.store.tables import ConnectionRow

_COLUMNS = {
    "connection": "Connection",
    "check": "Check",
    "result": "Result",
    "message": "What was found",
    "fix": "What to do",
}
Found = Iterator[tuple[str | None, Check]]
"""The connection that was looked at, None for the installation, and what was found."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


@ends_well
def doctor(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="One connection; all by default.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Do not sign in to Procore.")] = False,
    as_json: Json = False,
) -> None:
    """Look for what is missing or wrong, with the fix for each; exit 3 where there is any."""
    joined: App = context.obj
    rows = [
        {
            "connection": connection,
            "check": check.name,
            "result": "ok" if check.ok else "problem",
            "message": check.message,
            "fix": check.fix or None,
        }
        for connection, check in _found(joined, name, offline=offline)
    ]
    show(rows, _COLUMNS, as_json=as_json)
    if any(row["result"] == "problem" for row in rows):
        raise typer.Exit(Exit.CHECK_FAILED)


def _found(joined: App, name: str | None, *, offline: bool) -> Found:
    behind = schema.behind(joined.database)
    if behind:
        yield None, Check(name="database", ok=False, message=behind, fix="qbsync db upgrade")
        return
    yield None, Check(name="database", ok=True, message="The database has this qbsync's schema.")
    with joined.database.read() as tx:
        rows = list(connections.every(tx)) if name is None else [connections.named(tx, name)]
    key = _secret_key(joined, needed=bool(rows))
    yield None, key
    if not rows:
        words = "There is no connection yet."
        yield None, Check(name="connections", ok=False, message=words, fix="qbsync connection add NAME ...")
    for row in rows:
        for check in _of_connection(joined, row, has_key=key.ok, offline=offline):
            yield row.name, check


def _secret_key(joined: App, *, needed: bool) -> Check:
    """Whether the key is there and is one; it is not made here, where stored secrets already need another."""
    settings = joined.settings
    if settings.secret_key is None and not settings.secret_key_file.exists():
        return Check(
            name="secret_key",
            ok=not needed,
            message=f"The secret key file {settings.secret_key_file} is not there"
            + (
                "; what was encrypted with it cannot be read." if needed else " yet; it is made on first use."
            ),
            fix="Put the file back from a backup, or give its key as QBSYNC_SECRET_KEY." if needed else "",
        )
    try:
        _ = joined.keeper
    except QbsyncError as error:
        return Check(name="secret_key", ok=False, message=error.message, fix=error.guidance)
    return Check(name="secret_key", ok=True, message="The secret key can be read.")


def _of_connection(joined: App, row: ConnectionRow, *, has_key: bool, offline: bool) -> Iterator[Check]:
    if has_key:
        secret = flow.of_secret(row, joined.keeper)
        yield secret
        if secret.ok and not offline:
            yield from _in_procore(joined, row)
    with joined.database.read() as tx:
        yield from flow.of_connection(tx, row.name, now())


def _in_procore(joined: App, row: ConnectionRow) -> Iterator[Check]:
    """What only Procore can tell."""
    client = client_of(joined.database, joined.keeper, row)
    with counted(joined.database, row.id, client, now):
        signed_in = flow.of_sign_in(client)
    yield signed_in
    if signed_in.ok and row.feed == Feed.ERP.value:
        yield from _in_erp(joined, row, client)
    with joined.database.read() as tx:
        options = connections.options_of(row)
        linked = links.listing(tx, connection_id=row.id, kind=RecordKind.PROJECT.value, limit=1)
    if signed_in.ok and linked and options.cost_minutes:
        with counted(joined.database, row.id, client, now):
            cost_type = flow.of_cost_type(client, linked[0].procore_id, options.job_cost_type)
        yield cost_type


def _in_erp(joined: App, row: ConnectionRow, client: ProcoreClient) -> Iterator[Check]:
    """What only Procore's ERP platform can tell."""
    with joined.database.read() as tx:
        options, account = connections.options_of(row), erp.account_of(tx, row.id)
        hook = next((one for one in reversed(hooks.of(tx, row.id)) if one.made), None)
    with counted(joined.database, row.id, client, now):
        yield from list(erp_checks.in_procore(client, row.name, options, account=account, hook=hook))
