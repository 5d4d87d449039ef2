"""`qbsync connection`: one Procore company joined to one company file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from qbsync.app import App, now
from qbsync.cli.erp import register_connection
from qbsync.cli.output import Json, ends_well, print_json, say, show, show_one
from qbsync.cli.person import actor
from qbsync.errors import ConfigError
from qbsync.flows import insights, retainage, setup
from qbsync.model.feeds import Feed
from qbsync.model.jobs import JobState
from qbsync.store.connections import NewConnection, NewCredentials

app = typer.Typer(name="connection", help="What is joined to what, and how.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The connection's name.")]
_COLUMNS = {
    "name": "Connection",
    "procore_company": "Procore company",
    "feed": "Feed",
    "company": "QuickBooks company",
    "last_contact_at": "Last contact",
    "paused": "Paused",
    "stopped": "Stopped",
    "pull_error": "Procore",
}


@app.command()
@ends_well
def add(
    context: typer.Context,
    name: Name,
    procore_company: Annotated[str, typer.Option(help="The company's id in Procore.")],
    client_id: Annotated[str, typer.Option(help="The client id of the Procore app.")],
    client_secret_file: Annotated[Path, typer.Option(help="A file that holds the client secret.")],
    feed: Annotated[Feed, typer.Option(help="Where records come from.")] = Feed.DIRECT,
    company_file: Annotated[
        str, typer.Option(help="The company file's path on the PC; empty: the one that is open.")
    ] = "",
    procore_api: Annotated[str, typer.Option(help="Procore's API host.")] = "https://api.procore.com",
    procore_login: Annotated[str, typer.Option(help="Procore's login host.")] = "https://login.procore.com",
    webhook_url: Annotated[
        str | None,
        typer.Option(help="On the erp feed: the address under which Procore reaches this server."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a connection; prints the Web Connector's user and password, the password this once."""
    joined: App = context.obj
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", name):
        raise ConfigError(
            f"{name!r} cannot be a connection's name: it stands in addresses.",
            guidance="Use letters, digits, - and _, at most 40.",
        )
    new = NewConnection(
        name=name,
        procore_company=procore_company,
        feed=feed.value,
        procore_api=procore_api,
        procore_login=procore_login,
        client_id=client_id,
        client_secret=_secret(client_secret_file),
        company_file=company_file,
    )
    user, password = setup.add(joined.desk(actor()), new, joined.keeper)
    if as_json:
        print_json({"name": name, "user": user, "password": password})
    else:
        typer.echo(f"user: {user}\npassword: {password}")
    if feed is Feed.ERP:
        at = f" --url {webhook_url}" if webhook_url else ""
        say(f"If the next step fails, `qbsync erp register {name}{at}` goes on with it.")
        register_connection(joined, name, webhook_url)
    if as_json:
        return
    say("Type this password into the Web Connector once; it is kept only as a hash.")
    say(f"Next: qbsync qwc {name} -o {name}.qwc")


def _secret(path: Path) -> str:
    try:
        secret = path.read_text().strip()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not text in UTF-8; it should hold the client secret.") from error
    if not secret:
        raise ConfigError(f"{path} is empty; it should hold the client secret.")
    return secret


@app.command("list")
@ends_well
def list_(context: typer.Context, as_json: Json = False) -> None:
    """List the connections and how they fare."""
    joined: App = context.obj
    with joined.ready_database.read() as tx:
        show(insights.connection_list(tx, now()), _COLUMNS, as_json=as_json)


@app.command("show")
@ends_well
def show_(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """Show one connection, its options and its troubles."""
    joined: App = context.obj
    with joined.ready_database.read() as tx:
        show_one(insights.connection(tx, name, now()), as_json=as_json)


@app.command("set")
@ends_well
def set_(
    context: typer.Context,
    name: Name,
    values: Annotated[list[str], typer.Argument(help="KEY=VALUE, several at once.")],
) -> None:
    """Set options; all or none are taken."""
    joined: App = context.obj
    pairs = {}
    for value in values:
        key, equals, text = value.partition("=")
        if not equals:
            raise ConfigError(f"{value!r} is not KEY=VALUE.")
        pairs[key.strip()] = text
    wrong = setup.set_options(joined.desk(actor()), name, pairs)
    say(f"Set {', '.join(pairs)} of {name}.")
    for words in wrong:
        say(words)


@app.command()
@ends_well
def pause(context: typer.Context, name: Name) -> None:
    """Stop asking Procore and writing to QuickBooks, until resumed."""
    joined: App = context.obj
    setup.pause(joined.desk(actor()), name, paused=True)
    say(f"Paused {name}.")


@app.command()
@ends_well
def refresh(context: typer.Context, name: Name) -> None:
    """Read QuickBooks' lists and payments at the next update, whatever the schedule says."""
    joined: App = context.obj
    setup.refresh(joined.desk(actor()), name)
    say(f"The next update reads QuickBooks' lists and payments for {name}.")


@app.command()
@ends_well
def resume(context: typer.Context, name: Name) -> None:
    """Go on after a pause."""
    joined: App = context.obj
    setup.pause(joined.desk(actor()), name, paused=False)
    say(f"Resumed {name}.")


@app.command("retainage-item")
@ends_well
def retainage_item(
    context: typer.Context,
    name: Name,
    item: Annotated[str, typer.Option(help="The item's full name; else the option's, else Retainage.")] = "",
    account: Annotated[
        str, typer.Option(help="The liability account of a new item, such as Retainage Payable.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Have QuickBooks make the retainage item, or take the one of that name; then set the option to it."""
    joined: App = context.obj
    job_id = retainage.ask(joined.desk(actor()), name, item=item, account=account)
    with joined.ready_database.read() as tx:
        job = insights.job(tx, job_id)
    if as_json:
        print_json(job)
        return
    say(f"Job {job_id}, {job['label']!r}: {job['state_words']}.")
    if job["state"] == JobState.STAGED.value:
        say(f"Accept it with its account: qbsync jobs accept {job_id} --set account=...")


@app.command("rotate-password")
@ends_well
def rotate_password(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """Give the Web Connector a new password; the .qwc stays as it is."""
    joined: App = context.obj
    user, password = setup.rotate_password(joined.desk(actor()), name)
    if as_json:
        print_json({"name": name, "user": user, "password": password})
        return
    typer.echo(f"user: {user}\npassword: {password}")


@app.command()
@ends_well
def credentials(
    context: typer.Context,
    name: Name,
    client_id: Annotated[str | None, typer.Option(help="The client id of the Procore app.")] = None,
    client_secret_file: Annotated[
        Path | None, typer.Option(help="A file that holds the client secret.")
    ] = None,
    procore_api: Annotated[str | None, typer.Option(help="Procore's API host.")] = None,
    procore_login: Annotated[str | None, typer.Option(help="Procore's login host.")] = None,
) -> None:
    """Sign in to Procore otherwise from now on: a renewed secret, another app or host; the rest stays."""
    joined: App = context.obj
    new = NewCredentials(
        client_id=client_id,
        client_secret=None if client_secret_file is None else _secret(client_secret_file),
        procore_api=procore_api,
        procore_login=procore_login,
    )
    if new == NewCredentials():
        raise ConfigError("Nothing was given to change.", guidance="Give --client-secret-file or another.")
    setup.set_credentials(joined.desk(actor()), name, new, joined.keeper)
    say(f"{name} signs in to Procore with these from now on. See that they fit: qbsync pull {name}")


@app.command("company-file")
@ends_well
def company_file(
    context: typer.Context,
    name: Name,
    path: Annotated[str, typer.Argument(help="Its path on the PC; empty: whichever is open.")],
) -> None:
    """Name the company file that the Web Connector opens, where QuickBooks is closed or the file moved."""
    joined: App = context.obj
    setup.set_company_file(joined.desk(actor()), name, path.strip())
    say(f"From the next update on the Web Connector opens {path.strip() or 'the file that is open'}.")


@app.command("confirm-file")
@ends_well
def confirm_file(context: typer.Context, name: Name) -> None:
    """Say that the company file last seen, moved, renamed or restored, is the right one: write again."""
    joined: App = context.obj
    words = setup.confirm_file(joined.desk(actor()), name)
    say(words)


@app.command()
@ends_well
def remove(
    context: typer.Context,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Even while QuickBooks is at work or Procore is owed ids.")
    ] = False,
) -> None:
    """Forget a connection, its jobs and its links; QuickBooks and Procore keep what they have."""
    joined: App = context.obj
    if not yes:
        typer.confirm(f"Forget {name}, its links and its history?", abort=True, err=True)
    setup.remove(joined.desk(actor()), name, whatever_is_out=force)
    say(f"Removed {name} at {now():%Y-%m-%d %H:%M} UTC.")
