"""Exit codes of the installation itself: database, settings, Procore's moods, and real processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from qbsync import __version__
from qbsync.model.records import RecordKey, RecordKind, Vendor
from qbsync.settings import Settings
from qbsync.store import connections, writebacks
from qbsync.store.secrets import new_key
from qbsync.store.writebacks import Owed

ROOT = Path(__file__).parents[2]
NEEDING = (
    ("connection", "list"),
    ("connection", "show", "acme"),
    ("jobs", "list"),
    ("jobs", "accept", "1"),
    ("links", "list"),
    ("sessions", "list"),
    ("writebacks", "list"),
    ("status",),
    ("pull",),
    ("push",),
    ("qwc", "acme"),
    ("serve", "--port", "0"),
    ("worker",),
)


def test_a_database_that_is_behind_ends_with_5_until_it_is_upgraded(run):
    """Check says so and what helps; upgrade may be run again and again."""
    result = run("db", "check", code=5)
    assert "qbsync db upgrade" in result.stderr
    assert result.stdout == ""
    for _ in range(2):
        assert "revision" in run("db", "upgrade").stderr
    run("db", "check")


def test_a_wrong_folder_is_named_and_gets_no_database(run, tmp_path):
    """Nothing is made where no qbsync was set up: the command says where it looked."""
    result = run("jobs", "list", code=5)
    assert f"There is no qbsync database at {tmp_path / 'var' / 'qbsync.sqlite3'}" in result.stderr
    assert not (tmp_path / "var").exists()


def test_the_database_is_for_its_owners_eyes_alone(run, tmp_path):
    """The file that `db upgrade` makes, and what SQLite lays beside it, nobody else may read."""
    run("db", "upgrade")
    for path in (tmp_path / "var").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_version_in_the_environment_is_none_of_our_business(acme, run, monkeypatch):  # noqa: ARG001
    """QBSYNC_VERSION, which deployments set for their own ends, changes no command."""
    monkeypatch.setenv("QBSYNC_VERSION", "1")
    assert "acme" in run("connection", "list").stdout


def test_a_port_in_use_ends_with_2_and_is_named(acme):  # noqa: ARG001
    """Serving where something listens already is said in words."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = _process("serve", "--port", str(port))
    assert refused.returncode == 2
    assert f"port {port}".encode() in refused.stderr


def test_files_that_are_not_there_end_with_2_and_are_named(run, tmp_path):
    """The simulators' commands say which file they were to read."""
    assert "no.xml cannot be read" in run("simulate", "quickbooks", "no.xml", code=2).stderr
    (tmp_path / "password").write_text("x")
    wanted = ("simulate", "webconnector", "no.qwc", "--password-file", "password")
    assert "no.qwc cannot be read" in run(*wanted, code=2).stderr


def test_every_command_that_needs_the_database_ends_with_5_before_the_upgrade(run):
    """Nothing is half done on an old database: exit 5, words on stderr, no data on stdout."""
    for command in NEEDING:
        result = run(*command, code=5)
        assert "qbsync db upgrade" in result.stderr, command
        assert result.stdout == "", command


def test_a_database_out_of_reach_ends_with_75(run, monkeypatch):
    """A server that does not answer is to be tried later; its password is not printed."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    monkeypatch.setenv("QBSYNC_DATABASE_URL", f"postgresql://qbsync:hush-hush@127.0.0.1:{port}/qbsync")
    result = run("connection", "list", code=75)
    assert "database does not answer" in result.stderr
    assert "hush-hush" not in result.stderr


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://u:hush-hush@h/db", "postgresql://u:hush-hush@h:port/db", ""]
)
def test_an_address_that_is_no_database_ends_with_2(run, monkeypatch, url):
    """The variable is named, its value and the password in it are not."""
    monkeypatch.setenv("QBSYNC_DATABASE_URL", url)
    result = run("connection", "list", code=2)
    assert "QBSYNC_DATABASE_URL" in result.stderr
    assert "hush-hush" not in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("QBSYNC_PORT", "eighty"),
        ("QBSYNC_THREADS", "0"),
        ("QBSYNC_LOG_FORMAT", "xml"),
        ("QBSYNC_PORT", "70000"),
    ],
)
def test_a_wrong_setting_ends_with_2_and_is_named(run, monkeypatch, variable, value):
    """No traceback: the variable and what it takes."""
    monkeypatch.setenv(variable, value)
    result = run("status", code=2)
    assert variable in result.stderr
    assert result.stdout == ""


def test_a_key_that_is_none_and_a_key_that_is_another(acme, run, monkeypatch):  # noqa: ARG001
    """Both end with 2 and say whose key is needed; the key itself is not printed."""
    monkeypatch.setenv("QBSYNC_SECRET_KEY", "hush-hush")
    result = run("pull", "acme", code=2)
    assert "not a Fernet key" in result.stderr
    assert "hush-hush" not in result.stderr
    other = new_key()
    monkeypatch.setenv("QBSYNC_SECRET_KEY", other)
    result = run("pull", "acme", code=2)
    assert "another key" in result.stderr
    assert other not in result.stderr


def test_a_key_file_that_cannot_be_made_ends_with_2(database, add, monkeypatch, tmp_path):  # noqa: ARG001
    """A folder that is a file: the path is named."""
    (tmp_path / "taken").write_text("")
    monkeypatch.setenv("QBSYNC_SECRET_KEY_FILE", str(tmp_path / "taken" / "secret.key"))
    assert "taken" in add("acme", code=2).stderr


def test_processes_that_make_the_key_at_once_agree_on_one(tmp_path):
    """However many begin together on a new installation, each gets the key that stands in the file."""
    together = threading.Barrier(8)

    def key(_):
        settings = Settings(secret_key_file=tmp_path / "new" / "secret.key")
        together.wait(timeout=60)
        return settings.key()

    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(key, range(8)))
    assert keys == {(tmp_path / "new" / "secret.key").read_text().strip()}
    assert stat.S_IMODE((tmp_path / "new" / "secret.key").stat().st_mode) == 0o600


def test_pull_and_push_talk_to_procore(database, add, run, read, server):
    """What Procore has is staged, what it is owed it gets; counts as JSON and in a line."""
    add("acme", "--procore-api", server.url, "--procore-login", server.login_url)
    vendor = server.state.create_vendor("Acme Steel")
    [pulled] = read("pull", "acme")
    assert (pulled["connection"], pulled["staged"], pulled["troubles"]) == ("acme", 2, [])
    assert "0 staged" in run("pull").stdout
    key = RecordKey(kind=RecordKind.VENDOR, procore_id=str(vendor.id))
    with database.write() as tx:
        row = connections.named(tx, "acme")
        owed = Owed(key=key, target="vendor", item_id=str(vendor.id), origin_id="80-1")
        writebacks.owe(tx, row.id, [owed], row.created_at)
    [pushed] = read("push", "acme")
    assert (pushed["done"], pushed["refused"], pushed["postponed"], pushed["error"]) == (1, 0, 0, None)
    assert server.state.vendor(vendor.id).origin_id == "80-1"


def test_procores_refusals_have_their_own_endings(database, add, run, server):
    """A rate limit that is used up ends with 75, a refused secret with 1; both are said on stderr."""
    add("acme", "--procore-api", server.url, "--procore-login", server.login_url)
    server.inject("*", "*", 429, headers={"Retry-After": "3000"}, times=100)
    later = run("pull", code=75)
    assert later.stdout == "acme: failed\n"
    assert later.stderr
    with database.write() as tx:
        row = connections.named(tx, "acme")
        key = RecordKey(kind=RecordKind.VENDOR, procore_id="1")
        owed = Owed(key=key, target="vendor", item_id="1", origin_id="80-1")
        writebacks.owe(tx, row.id, [owed], row.created_at)
    assert "1 postponed" in run("push", code=75).stdout
    server._faults.waiting.clear()
    server.inject("POST", "*/oauth/token", 401, times=100)
    refused = run("pull", code=1)
    assert "acme: " in refused.stderr
    assert "simulated-secret" not in refused.stderr


def test_a_renewed_secret_is_given_and_taken(database, add, run, server, tmp_path):  # noqa: ARG001
    """A refusal names the command; after it Procore lets qbsync in again, and nothing else has changed."""
    add("acme", "--procore-api", server.url, "--procore-login", server.login_url)
    run("pull")
    server.login.renew_secret("renewed")
    assert "qbsync connection credentials" in run("pull", code=1).stderr
    (tmp_path / "renewed").write_text("renewed\n")
    said = run("connection", "credentials", "acme", "--client-secret-file", "renewed")
    assert "renewed" not in said.stdout + said.stderr
    run("pull")


def test_without_connections_there_is_nothing_to_do(database, run, read):  # noqa: ARG001
    """pull, push and status of an empty installation end well with empty lists."""
    for command in ("pull", "push", "status"):
        assert read(command) == []
        assert run(command).stdout == ""


def test_usage_errors_end_with_2_and_help_with_0(run):
    """Unknown commands and options are usage errors; every noun explains itself."""
    assert run("--version").stdout == f"qbsync {__version__}\n"
    assert "connection" in run("--help").stdout
    for noun in ("connection", "db", "jobs", "links", "qwc", "sessions", "simulate", "writebacks"):
        assert noun in run(noun, "--help").stdout
    for wrong in (("nonsense",), ("jobs", "nonsense"), ("jobs", "accept"), ("jobs", "accept", "one")):
        assert run(*wrong, code=2).stdout == ""


def _environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


def _process(*arguments: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "qbsync", *arguments],
        env=_environment(**more),
        capture_output=True,
        timeout=120,
        check=False,
    )


def test_a_real_process_keeps_data_and_words_apart(acme):
    """Exit codes and streams are those of the process, too: JSON alone on stdout, words alone on stderr."""
    acme.see(Vendor(procore_id="1", name="Café & Sons"))
    listed = _process("jobs", "list", "--json", PYTHONIOENCODING="utf-8")
    assert (listed.returncode, listed.stderr) == (0, b"")
    assert json.loads(listed.stdout)[0]["label"] == "Café & Sons"
    missing = _process("jobs", "show", "999")
    assert (missing.returncode, missing.stdout) == (4, b"")
    assert b"no job 999" in missing.stderr


def test_a_worker_ends_well_when_it_is_told_to(acme):  # noqa: ARG001
    """SIGTERM ends `qbsync worker` with 0, once it says that it runs."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "qbsync", "worker"],
        env=_environment(QBSYNC_LOG_FORMAT="json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert "The worker runs." in worker.stderr.readline()
        worker.send_signal(signal.SIGTERM)
        out, _err = worker.communicate(timeout=60)
    finally:
        worker.kill()
        worker.wait()
    assert worker.returncode == 0
    assert out == ""
