"""`qbsync simulate`: each of the two outside systems, and the Web Connector, by itself."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Annotated

import typer

from qbsync.cli.output import Exit, ends_well, say
from qbsync.errors import ConfigError

app = typer.Typer(
    name="simulate", help="A simulated Procore, QuickBooks, Web Connector.", no_args_is_help=True
)
File = Annotated[Path, typer.Option("--company-file", help="The simulated company file; made if missing.")]


@app.command()
@ends_well
def procore(
    port: Annotated[int, typer.Option(help="The API's port; the login host takes the next one.")] = 8701,
) -> None:
    """Serve a Procore with a made-up company until Ctrl-C."""
    from qbsync.simulator.procore import ProcoreServer, ProcoreState  # noqa: PLC0415  (here alone)
    from qbsync.simulator.world import build_world  # noqa: PLC0415

    server = ProcoreServer(ProcoreState(company_name="Summit Ridge Builders"), port=port, login_port=port + 1)
    build_world().apply(server.state)
    with server:
        typer.echo(f"api: {server.url}\nlogin: {server.login_url}\ncompany: {server.company_id}")
        typer.echo(f"client id: {server.client_id}\nclient secret: {server.client_secret}")
        say("Press Ctrl-C to end.")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            say("Stopped.")


@app.command()
@ends_well
def quickbooks(
    message: Annotated[Path, typer.Argument(help="A file with one qbXML message.")],
    company_file: File = Path("var/simulated.qbw"),
) -> None:
    """Run one qbXML message on a simulated company file and print the answer; exit 3 for an HRESULT."""
    from qbsync.simulator.quickbooks import CompanyFile, RequestProcessorError  # noqa: PLC0415  (here alone)

    wanted = _text(message)
    company = CompanyFile.open(company_file, company_name="Simulated Company")
    try:
        typer.echo(company.process(wanted))
    except RequestProcessorError as error:
        say(f"{error.hresult}: {error.message}")
        raise typer.Exit(Exit.CHECK_FAILED) from error
    finally:
        company.close()


@app.command()
@ends_well
def webconnector(
    qwc: Annotated[Path, typer.Argument(help="The .qwc file.")],
    password_file: Annotated[Path, typer.Option(help="A file that holds the password.")],
    company_file: File = Path("var/simulated.qbw"),
) -> None:
    """Run one update of a simulated Web Connector beside a simulated company file; exit 3 on any error."""
    from qbsync.simulator.quickbooks import CompanyFile  # noqa: PLC0415  (here alone)
    from qbsync.simulator.webconnector import Outcome, WebConnector  # noqa: PLC0415

    wanted, password = _text(qwc), _text(password_file).strip()
    company = CompanyFile.open(company_file, company_name="Simulated Company")
    connector = WebConnector(company, wanted)
    try:
        connector.add()
        result = connector.update(password)
        for line in connector.log.lines:
            say(line)
        typer.echo(f"{result.outcome.value}: {result.closing} {result.error}".strip())
        if result.outcome not in (Outcome.DONE, Outcome.NO_WORK):
            raise typer.Exit(Exit.CHECK_FAILED)
    finally:
        connector.close()
        company.close()


def _text(path: Path) -> str:
    """What is in the file; raises ConfigError where it cannot be read."""
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise ConfigError(f"{path} cannot be read: {why}.") from error
