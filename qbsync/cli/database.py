"""`qbsync db`: the database's schema."""

from __future__ import annotations

import typer

from qbsync.app import App
from qbsync.cli.output import Exit, ends_well, say
from qbsync.store import schema

app = typer.Typer(name="db", help="The database's schema.", no_args_is_help=True)


@app.command()
@ends_well
def upgrade(context: typer.Context) -> None:
    """Bring the database to this qbsync's schema; does nothing where it is there."""
    joined: App = context.obj
    say(f"The database is at revision {schema.upgrade(joined.database)}.")


@app.command()
@ends_well
def check(context: typer.Context) -> None:
    """Say whether the database has this qbsync's schema; exit 5 where it is behind."""
    joined: App = context.obj
    why = schema.behind(joined.database)
    if why:
        say(why)
        say("Run `qbsync db upgrade`.")
        raise typer.Exit(Exit.DATABASE_BEHIND)
    say("The database is up to date.")
