"""The command `qbsync`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from qbsync import __version__
from qbsync.app import App, set_up_logs
from qbsync.cli import (
    connection,
    costs,
    database,
    demo,
    doctor,
    erp,
    explain,
    imports,
    jobs,
    links,
    qwc,
    run,
    sessions,
    simulate,
    webhooks,
    writebacks,
)
from qbsync.cli.output import ends_well
from qbsync.settings import read_settings

app = typer.Typer(
    help="Connects Procore to QuickBooks Desktop through the QuickBooks Web Connector, exactly once.",
    no_args_is_help=True,
    context_settings={"auto_envvar_prefix": "QBSYNC"},
    pretty_exceptions_enable=False,
)
for noun in (connection, database, erp, imports, jobs, links, qwc, sessions, simulate, webhooks, writebacks):
    app.add_typer(noun.app)
for verbs in (costs, demo, doctor, explain, run):
    verbs.register(app)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"qbsync {__version__}")
        raise typer.Exit


@app.callback()
@ends_well
def _root(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", allow_from_autoenv=False, callback=_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    del version
    settings = read_settings()
    set_up_logs(settings)
    context.obj = App(settings)
    context.call_on_close(context.obj.close)


def main() -> None:
    """Run the command that the arguments name."""
    sys.exit(app())
