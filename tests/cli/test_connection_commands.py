from __future__ import annotations

import json
from pathlib import Path

import pytest

from qbsync.model.ids import QuickBooksId
from qbsync.model.names import Known, ListKind
from qbsync.store import connections, names
from qbsync.store.secrets import password_fits

SECRET = "simulated-secret"
UNKNOWN = (
    ("connection", "show", "nobody"),
    ("connection", "set", "nobody", "poll_seconds=60"),
    ("connection", "pause", "nobody"),
    ("connection", "resume", "nobody"),
    ("connection", "rotate-password", "nobody"),
    ("connection", "confirm-file", "nobody"),
    ("connection", "company-file", "nobody", ""),
    ("connection", "credentials", "nobody", "--client-id", "other"),
    ("connection", "retainage-item", "nobody"),
    ("connection", "remove", "nobody", "--yes"),
    ("qwc", "nobody"),
    ("pull", "nobody"),
    ("push", "nobody"),
    ("jobs", "list", "--connection", "nobody"),
    ("links", "list", "--connection", "nobody"),
    ("links", "suggest", "nobody"),
    ("links", "link", "nobody", "vendor", "1", "V-1"),
    ("links", "unlink", "nobody", "vendor", "1"),
    ("sessions", "list", "--connection", "nobody"),
    ("writebacks", "list", "--connection", "nobody"),
)


def test_add_prints_user_and_password_as_json(database, add):
    """--json gives name, user and password and nothing else; the password fits what is kept."""
    result = add("acme", "--json")
    made = json.loads(result.stdout)
    assert set(made) == {"name", "user", "password"}
    assert (made["name"], made["user"]) == ("acme", "qbsync-acme")
    assert result.stderr == ""
    with database.read() as tx:
        assert password_fits(connections.named(tx, "acme").password_hash, made["password"])


def test_add_in_plain_puts_data_to_stdout_and_words_to_stderr(database, add):  # noqa: ARG001
    """Two lines of data; what to do next is said beside them."""
    result = add("acme")
    [user, password] = result.stdout.splitlines()
    assert user == "user: qbsync-acme"
    assert password.startswith("password: ")
    assert "qbsync qwc acme" in result.stderr
    assert password.removeprefix("password: ") not in result.stderr


def test_no_secret_is_ever_printed_again(acme, run):
    """Neither the password nor the client secret is in the output of any command that shows something."""
    shown = [
        run(*command)
        for command in (
            ("connection", "list"),
            ("connection", "list", "--json"),
            ("connection", "show", "acme"),
            ("connection", "show", "acme", "--json"),
            ("status", "--json"),
            ("qwc", "acme"),
            ("sessions", "list", "--json"),
        )
    ]
    everything = "".join(result.stdout + result.stderr for result in shown)
    assert "acme" in everything
    assert acme.password not in everything
    assert SECRET not in everything
    with acme.database.read() as tx:
        row = connections.named(tx, "acme")
        assert row.password_hash not in everything
        assert row.client_secret not in everything


@pytest.mark.parametrize("name", ["", "-x", "a b", "a/b", "ä", "a" * 41, "../etc"])
def test_a_name_that_cannot_stand_in_an_address_is_refused(database, add, name):
    """Exit 2, in words, and no connection is made."""
    result = add("--", name, code=2) if name.startswith("-") else add(name, code=2)
    assert result.stdout == ""
    assert result.stderr
    with database.read() as tx:
        assert connections.every(tx) == []


def test_a_secret_that_cannot_be_read_is_said_in_words(database, add, secret_file):  # noqa: ARG001
    """A missing file, an empty one and one that is no text each end with 2 and name the file."""
    for content in (None, b"", b"\xff\xfes\x00"):
        secret_file.unlink(missing_ok=True)
        if content is not None:
            secret_file.write_bytes(content)
        result = add("acme", code=2)
        assert str(secret_file) in result.stderr
        assert result.stdout == ""


@pytest.mark.parametrize(
    "wrong", ["ftp://procore.example", "api.procore.com", "https://me:it@procore.example"]
)
def test_a_host_that_cannot_be_asked_is_refused_at_once(database, add, run, wrong):
    """Neither a connection is made with it nor an existing one changed."""
    assert "must be an address" in add("acme", "--procore-api", wrong, code=2).stderr
    with database.read() as tx:
        assert connections.every(tx) == []
    add("acme")
    for host in ("--procore-api", "--procore-login"):
        assert "must be an address" in run("connection", "credentials", "acme", host, wrong, code=2).stderr
    with database.read() as tx:
        assert connections.named(tx, "acme").procore_api == "http://localhost:9"


def test_a_company_id_is_a_number(database, add):  # noqa: ARG001
    """The name of a company in place of its id is refused, and said where the id stands."""
    assert "is not the id of a company" in add("acme", "--procore-company", "Summit", code=2).stderr


def test_credentials_ask_for_at_least_one(acme, run):  # noqa: ARG001
    """Without anything to change nothing is said to be changed."""
    assert "Nothing was given" in run("connection", "credentials", "acme", code=2).stderr


def test_the_company_files_path_is_named_later(acme, run, read):  # noqa: ARG001
    """A file that moved is opened where it lies now; empty again, whichever is open."""
    run("connection", "company-file", "acme", r"D:\Books\acme.qbw")
    assert read("connection", "show", "acme")["company_file"] == r"D:\Books\acme.qbw"
    run("connection", "company-file", "acme", "")
    assert read("connection", "show", "acme")["company_file"] is None


def test_nothing_is_compared_before_quickbooks_was_read(database, add, read):  # noqa: ARG001
    """A new connection does not say that its links were compared."""
    add("acme")
    assert read("connection", "show", "acme")["compared_at"] is None


def test_the_same_name_twice_is_refused(acme, add):  # noqa: ARG001
    """Exit 2 with what to do instead."""
    assert "already is a connection 'acme'" in add("acme", code=2).stderr


def test_a_connection_on_the_direct_feed_is_not_registered_in_erp_integrations(acme, run):  # noqa: ARG001
    """Exit 2: a connection has one feed for good."""
    assert "add another with --feed erp" in run("erp", "register", "acme", code=2).stderr


def test_missing_options_are_a_usage_error(database, run):  # noqa: ARG001
    """Exit 2, and stdout stays empty."""
    result = run("connection", "add", "acme", code=2)
    assert result.stdout == ""
    assert "procore-company" in result.stderr


def test_list_and_show_keep_their_keys(acme, read, run):  # noqa: ARG001
    """The JSON has name, feed, user, options, counts and troubles of each; plain output is a table."""
    [row] = read("connection", "list")
    keys = {"name", "procore_company", "feed", "user", "paused", "stopped", "options", "jobs", "troubles"}
    assert keys <= set(row)
    assert read("connection", "show", "acme") == row
    assert row["options"]["poll_seconds"] == 300
    table = run("connection", "list")
    assert "Procore company" in table.stdout
    assert table.stderr == ""
    assert "user: qbsync-acme" in run("connection", "show", "acme").stdout


def test_options_are_set_all_or_none(acme, run, read):  # noqa: ARG001
    """Several at once; one wrong key or value ends with 2 and changes nothing."""
    run("connection", "set", "acme", "auto_accept=vendor,project", "poll_seconds=60", "default_terms=Net 30")
    options = read("connection", "show", "acme")["options"]
    assert (options["auto_accept"], options["poll_seconds"]) == ("vendor,project", 60)
    assert options["default_terms"] == "Net 30"
    for wrong in ("colour=red", "poll_seconds=soon", "bill_billable=perhaps", "nonsense", "auto_accept="):
        result = run("connection", "set", "acme", "poll_seconds=90", wrong, code=2)
        assert result.stdout == ""
        assert wrong.partition("=")[0] in result.stderr
    assert read("connection", "show", "acme")["options"] == options


def test_pause_and_resume(acme, run, read):  # noqa: ARG001
    """The list says whether a connection is paused."""
    assert run("connection", "pause", "acme").stdout == ""
    assert read("connection", "show", "acme")["paused"] is True
    run("connection", "resume", "acme")
    assert read("connection", "show", "acme")["paused"] is False


def test_rotate_password_prints_the_new_one_once(acme, read, run):
    """--json has the same keys as add; plain output the same two lines."""
    rotated = read("connection", "rotate-password", "acme")
    assert set(rotated) == {"name", "user", "password"}
    assert rotated["password"] != acme.password
    lines = run("connection", "rotate-password", "acme").stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["user", "password"]
    with acme.database.read() as tx:
        kept = connections.named(tx, "acme").password_hash
        assert password_fits(kept, lines[1].removeprefix("password: "))
        assert not password_fits(kept, rotated["password"])


def test_the_retainage_item_is_asked_for(acme, read, run):
    """Without an account its job waits, and the next step is said; with one it is on its way."""
    payable = Known(
        list=ListKind.ACCOUNT,
        list_id=QuickBooksId("A-9"),
        full_name="Retainage Payable",
        type="OtherCurrentLiability",
    )
    with acme.database.write() as tx:
        names.save(tx, acme.id, [payable])
    first = read("connection", "retainage-item", "acme")
    assert (first["kind"], first["procore_id"], first["state"]) == ("retainage_item", "retainage", "staged")
    said = run("connection", "retainage-item", "acme").stderr
    assert f"qbsync jobs accept {first['id']} --set account=..." in said
    wrong = run("connection", "retainage-item", "acme", "--account", "Nowhere", code=2)
    assert "QuickBooks has no account 'Nowhere'" in wrong.stderr
    again = read("connection", "retainage-item", "acme", "--account", "retainage payable")
    assert (again["id"], again["state"]) == (first["id"], "queued")
    other = read("connection", "retainage-item", "acme", "--item", "Holdback")
    assert (other["label"], other["state"]) == ("Holdback", "staged")
    assert read("jobs", "show", first["id"])["state"] == "cancelled"


def test_confirm_file_before_any_was_seen(acme, run):  # noqa: ARG001
    """Exit 2 and what to do first."""
    assert "Run the Web Connector once" in run("connection", "confirm-file", "acme", code=2).stderr


def test_remove_asks_unless_told_not_to(acme, run, read):  # noqa: ARG001
    """A no keeps the connection; --yes removes it without a question."""
    run("connection", "remove", "acme", code=1, typed="n\n")
    assert len(read("connection", "list")) == 1
    assert run("connection", "remove", "acme", "--yes").stdout == ""
    assert read("connection", "list") == []


def test_an_unknown_connection_ends_with_4_and_lists_those_there_are(acme, run):  # noqa: ARG001
    """Every command that takes a connection's name says so on stderr alone."""
    for command in UNKNOWN:
        result = run(*command, code=4)
        assert result.stdout == "", command
        assert "no connection 'nobody'" in result.stderr, command
        assert "There are: acme." in result.stderr, command


def test_the_key_file_is_made_for_this_user_alone(acme, tmp_path: Path):  # noqa: ARG001
    """The first secret makes the key, readable by nobody else, and leaves nothing beside it."""
    key = tmp_path / "var" / "secret.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in key.parent.glob("secret.key*")] == ["secret.key"]
