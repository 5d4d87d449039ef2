"""`qbsync qwc`: the file that an admin loads into the Web Connector."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from qbsync import qwc
from qbsync.app import App
from qbsync.cli.output import Exit, ends_well, say
from qbsync.errors import ConfigError
from qbsync.store import connections


class _NameOrCheck(TyperGroup):
    """`qwc NAME` writes a file; only the word `check` is a command of its own."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401  (click's own shapes)
        """Take anything but a command's name for a connection's."""
        if args and args[0] not in self.commands:
            args = ["write", *args]
        return super().resolve_command(ctx, args)


app = typer.Typer(
    name="qwc",
    cls=_NameOrCheck,
    help="Write a connection's .qwc file (qbsync qwc NAME [-o FILE]), or check one (qbsync qwc check FILE).",
    no_args_is_help=True,
)


@app.command(hidden=True)
@ends_well
def write(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The connection's name.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to; stdout by default.")
    ] = None,
) -> None:
    """Write the .qwc file of a connection."""
    joined: App = context.obj
    with joined.ready_database.read() as tx:
        row = connections.named(tx, name)
    data = qwc.write(
        name=row.name,
        user=row.user,
        public_url=joined.settings.public_url,
        owner_id=row.owner_id,
        file_id=row.file_id,
        minutes=connections.options_of(row).qbwc_minutes,
    )
    for remark in qwc.check(data):
        say(remark.for_people())
    if output is None:
        sys.stdout.buffer.write(data)
        return
    try:
        output.write_bytes(data)
    except OSError as error:
        raise ConfigError(f"{output} cannot be written: {error.strerror}.") from error
    say(f"Wrote {output}. Its user is {row.user}.")


@app.command()
@ends_well
def check(file: Annotated[Path, typer.Argument(help="A .qwc file.")]) -> None:
    """Explain every mistake in a .qwc file; exit 3 where the Web Connector would refuse it."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}.") from error
    remarks = qwc.check(data)
    for remark in remarks:
        typer.echo(remark.for_people())
    if any(remark.severity is qwc.Severity.ERROR for remark in remarks):
        raise typer.Exit(Exit.CHECK_FAILED)
    say("The Web Connector can take this file.")
