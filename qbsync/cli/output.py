"""How commands speak: data to stdout as a table or JSON, words to stderr, an exit code for every ending."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import IntEnum
from functools import wraps
from typing import Annotated, Any, ParamSpec, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import OperationalError

from qbsync.errors import QbsyncError

P = ParamSpec("P")
R = TypeVar("R")
_PIPED = 10_000
"""Columns of a table that goes to no terminal: nothing is folded, so that a line is a row."""
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="At most so many rows; all by default.")]


class Exit(IntEnum):
    """The exit codes; the same for every command."""

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    CHECK_FAILED = 3
    """A check, or a part of what was asked for, did not pass."""
    NOT_FOUND = 4
    DATABASE_BEHIND = 5
    TRY_LATER = 75


def say(words: str) -> None:
    """Words for a person, to stderr."""
    typer.echo(words, err=True)


def show(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], *, as_json: bool) -> None:
    """A list: every key as JSON, or the named columns as a table."""
    if as_json:
        print_json(rows)
        return
    width = None if sys.stdout.isatty() else _PIPED
    console = Console(file=sys.stdout, highlight=False, markup=False, width=width)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in columns.values():
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row.get(key)) for key in columns))
    console.print(table)


def show_one(value: Mapping[str, Any], *, as_json: bool) -> None:
    """One thing: as JSON, or a line a key."""
    if as_json:
        print_json(value)
        return
    for key, content in value.items():
        if isinstance(content, list) and content and isinstance(content[0], Mapping):
            typer.echo(f"{key}:")
            for entry in content:
                _entry(entry)
        else:
            typer.echo(f"{key}: {_cell(content)}")


def _entry(entry: Mapping[str, Any]) -> None:
    typer.echo("  -")
    for key, content in entry.items():
        text = _cell(content)
        if "\n" in text:
            typer.echo(f"    {key}:")
            typer.echo("\n".join(f"      {line}" for line in text.splitlines()))
        else:
            typer.echo(f"    {key}: {text}")


def print_json(value: object) -> None:
    """JSON to stdout."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Mapping() | list():
            return json.dumps(value, ensure_ascii=False, default=str) if value else ""
        case _:
            return str(value)


@contextmanager
def _endings() -> Iterator[None]:
    """Turn every error into words on stderr and its exit code."""
    try:
        yield
    except QbsyncError as error:
        say(f"qbsync: {error.message}")
        if error.guidance:
            say(error.guidance)
        raise typer.Exit(error.exit_code) from error
    except OperationalError as error:
        say(f"qbsync: The database does not answer: {error.orig}")
        raise typer.Exit(Exit.TRY_LATER) from error


def ends_well(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command its endings."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        with _endings():
            return command(*args, **kwargs)

    return wrapped


def each(ids: Sequence[int], do: Callable[[int], None], done: str) -> None:
    """Do one thing to each of several; say what failed, go on with the others, and exit 3 if any did."""
    failed = 0
    worst: int = Exit.CHECK_FAILED
    for one in ids:
        try:
            do(one)
        except QbsyncError as error:
            failed += 1
            worst = error.exit_code if len(ids) == 1 else Exit.CHECK_FAILED
            say(f"qbsync: {error.for_people()}")
        else:
            say(f"{done} {one}")
    if failed:
        raise typer.Exit(worst)
