"""`qbsync demo`: everything on this machine, with a simulated Procore, QuickBooks and Web Connector."""

from __future__ import annotations

import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qbsync.cli.output import ends_well, say
from qbsync.model.feeds import Feed

if TYPE_CHECKING:
    from qbsync.cli.demo_company import Company

_POLL_SECONDS = 5.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


@ends_well
def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Run to the end, compare, and exit; 3 where anything differs.")
    ] = False,
    port: Annotated[
        int | None,
        typer.Option(envvar="QBSYNC_PORT", help="The page's port; 8700 by default, a free one with --once."),
    ] = None,
    feed: Annotated[
        Feed, typer.Option(help="How records come: approved in qbsync, or sent in Procore's ERP tool.")
    ] = Feed.DIRECT,
    keep: Annotated[
        Path | None, typer.Option(help="Keep the database, the company file and every message here.")
    ] = None,
) -> None:
    """Run the workflows over real HTTP and SOAP, then leave the page up."""
    from qbsync.cli import demo_report as report  # noqa: PLC0415  (the simulators are for the demo alone)
    from qbsync.cli.demo_company import Company  # noqa: PLC0415

    began = time.monotonic()
    chosen = port if port is not None else 0 if once else 8700
    with ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="qbsync-demo-")))
        folder.mkdir(parents=True, exist_ok=True)
        company = stack.enter_context(Company(folder, port=chosen, feed=feed))
        say(f"The page: {company.url}")
        company.run(say)
        if keep is not None:
            company.keep_messages(folder / "messages")
        verdict = report.show(company)
        report.show_calls(company, time.monotonic() - began)
        if once:
            raise typer.Exit(verdict)
        _stay_up(company)


def _stay_up(company: Company) -> None:
    """Keep everything running: what is changed on the page or in Procore goes on as in real life."""
    say(f"The page stays up at {company.url} (Procore: {company.procore.url}). Press Ctrl-C to end.")
    waiting = threading.Event()
    try:
        while not waiting.wait(_POLL_SECONDS):
            company.round()
    except KeyboardInterrupt:
        say("Stopped.")
