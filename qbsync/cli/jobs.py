"""`qbsync jobs`: what waits, what was sent, and what a person decides about it."""

from __future__ import annotations

from typing import Annotated

import typer

from qbsync.app import App
from qbsync.cli.output import Json, Limit, each, ends_well, say, show, show_one
from qbsync.cli.person import actor
from qbsync.errors import ConfigError
from qbsync.flows import insights, review
from qbsync.flows.insights import JobFilter
from qbsync.model.jobs import JobState
from qbsync.model.records import RecordKind

app = typer.Typer(name="jobs", help="The queue: see, accept, reject, retry.", no_args_is_help=True)
Ids = Annotated[list[int], typer.Argument(help="Numbers of jobs.")]
Text = Annotated[
    str | None, typer.Option(help="Only records with this in their name or number, or of this Procore id.")
]
_COLUMNS = {
    "id": "Job",
    "connection": "Connection",
    "kind": "Kind",
    "procore_id": "Procore id",
    "label": "Record",
    "state_words": "State",
    "waits_for": "Waits for",
    "error": "Error",
}


def _which(
    state: JobState | None, kind: RecordKind | None, connection: str | None, text: str | None
) -> JobFilter:
    return JobFilter(
        state=None if state is None else state.value,
        kind=None if kind is None else kind.value,
        connection=connection,
        text=text,
    )


@app.command("list")
@ends_well
def list_(
    context: typer.Context,
    state: Annotated[JobState | None, typer.Option(help="Only jobs in this state.")] = None,
    kind: Annotated[RecordKind | None, typer.Option(help="Only this kind of record.")] = None,
    connection: Annotated[str | None, typer.Option(help="Only this connection.")] = None,
    text: Text = None,
    limit: Limit = None,
    as_json: Json = False,
) -> None:
    """List jobs, newest first."""
    joined: App = context.obj
    which = _which(state, kind, connection, text)
    with joined.ready_database.read() as tx:
        show(insights.jobs(tx, which, limit=limit), _COLUMNS, as_json=as_json)


@app.command("show")
@ends_well
def show_(context: typer.Context, job: int, as_json: Json = False) -> None:
    """Show a job whole, with the qbXML sent and received."""
    joined: App = context.obj
    with joined.ready_database.read() as tx:
        show_one(insights.job(tx, job), as_json=as_json)


@app.command()
@ends_well
def accept(
    context: typer.Context,
    ids: Annotated[list[int] | None, typer.Argument(help="Numbers of jobs; or name them by options.")] = None,
    choices: Annotated[
        list[str] | None, typer.Option("--set", help="An extra field, as KEY=VALUE; may be repeated.")
    ] = None,
    state: Annotated[JobState | None, typer.Option(help="All jobs in this state, staged or failed.")] = None,
    kind: Annotated[RecordKind | None, typer.Option(help="All staged jobs of this kind of record.")] = None,
    connection: Annotated[str | None, typer.Option(help="All staged jobs of this connection.")] = None,
    text: Text = None,
) -> None:
    """Accept jobs for export: those of these numbers, or all that fit the options, oldest first."""
    joined: App = context.obj
    chosen = dict(_pair(choice) for choice in choices or [])
    named = any(one is not None for one in (state, kind, connection, text))
    if named == bool(ids):
        raise ConfigError("Give the jobs' numbers, or options that name them: --connection, --kind, --state.")
    if state not in (None, JobState.STAGED, JobState.FAILED):
        raise ConfigError(f"Jobs in the state {state} cannot be accepted; staged and failed ones can.")
    if named:
        with joined.ready_database.read() as tx:
            ids = insights.job_ids(tx, _which(state or JobState.STAGED, kind, connection, text))
        if not ids:
            say("No job is like that.")
    desk = joined.desk(actor())
    several = named or len(ids or []) > 1
    each(ids or [], lambda job: review.accept(desk, job, chosen, with_others=several), "Accepted job")


def _pair(choice: str) -> tuple[str, str]:
    key, equals, value = choice.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"--set takes KEY=VALUE, not {choice!r}.")
    return key.strip(), value


@app.command()
@ends_well
def reject(
    context: typer.Context,
    ids: Ids,
    comment: Annotated[str, typer.Option(help="Why; shown with the job.")],
) -> None:
    """Reject jobs; a change in Procore stages them again."""
    joined: App = context.obj
    each(ids, lambda job: review.reject(joined.desk(actor()), job, comment), "Rejected job")


@app.command()
@ends_well
def retry(context: typer.Context, ids: Ids) -> None:
    """Send failed jobs again, or look again for those in doubt."""
    joined: App = context.obj
    each(ids, lambda job: review.retry(joined.desk(actor()), job), "Retrying job")


@app.command()
@ends_well
def hold(context: typer.Context, ids: Ids) -> None:
    """Keep accepted jobs from being sent."""
    joined: App = context.obj
    each(ids, lambda job: review.hold(joined.desk(actor()), job), "Held job")


@app.command()
@ends_well
def release(context: typer.Context, ids: Ids) -> None:
    """Let held jobs go on."""
    joined: App = context.obj
    each(ids, lambda job: review.release(joined.desk(actor()), job), "Released job")


@app.command()
@ends_well
def cancel(context: typer.Context, ids: Ids) -> None:
    """End jobs; what QuickBooks may already have stays there."""
    joined: App = context.obj
    each(ids, lambda job: review.cancel(joined.desk(actor()), job), "Cancelled job")
