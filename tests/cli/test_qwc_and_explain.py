from __future__ import annotations

import pytest
from lxml import etree


def test_a_file_for_localhost_is_written_with_a_warning(acme, run):  # noqa: ARG001
    """Stdout is the file and nothing else; the warning stands on stderr."""
    result = run("qwc", "acme")
    root = etree.fromstring(result.stdout_bytes)
    assert root.tag == "QBWCXML"
    assert root.findtext("UserName") == "qbsync-acme"
    assert root.findtext("AppURL") == "http://localhost:8700/qbwc"
    assert "warning" in result.stderr
    assert "localhost" in result.stderr


def test_a_file_for_https_is_written_without_a_word(acme, run, monkeypatch, tmp_path):  # noqa: ARG001
    """-o writes the same bytes to a file, says where and whose, and leaves stdout empty."""
    monkeypatch.setenv("QBSYNC_PUBLIC_URL", "https://books.example.com")
    printed = run("qwc", "acme")
    assert printed.stderr == ""
    written = run("qwc", "acme", "-o", str(tmp_path / "acme.qwc"))
    assert (tmp_path / "acme.qwc").read_bytes() == printed.stdout_bytes
    assert written.stdout == ""
    assert "qbsync-acme" in written.stderr
    again = run("qwc", "acme")
    assert again.stdout_bytes == printed.stdout_bytes


def test_the_interval_is_the_connections(acme, run):  # noqa: ARG001
    """qbwc_minutes stands in the file as RunEveryNMinutes."""
    run("connection", "set", "acme", "qbwc_minutes=7")
    root = etree.fromstring(run("qwc", "acme").stdout_bytes)
    assert root.findtext("Scheduler/RunEveryNMinutes") == "7"


@pytest.mark.parametrize(
    "address",
    [
        "http://books.example.com",
        "http://192.168.1.5:8700",
        "https://192.168.1.5",
        "https://[::1]",
        "ftp://books.example.com",
        "books.example.com",
    ],
)
def test_an_address_that_the_web_connector_refuses_is_refused(acme, run, monkeypatch, tmp_path, address):  # noqa: ARG001
    """Http elsewhere than localhost, and any IP number: exit 2, the address named, no file."""
    monkeypatch.setenv("QBSYNC_PUBLIC_URL", address)
    path = tmp_path / "acme.qwc"
    result = run("qwc", "acme", "-o", str(path), code=2)
    assert result.stdout == ""
    assert address in result.stderr
    assert not path.exists()


def test_a_file_that_cannot_be_written_is_said_in_words(acme, run, tmp_path):  # noqa: ARG001
    """A folder that is not there ends with 2 and names the path."""
    path = tmp_path / "nowhere" / "acme.qwc"
    assert str(path) in run("qwc", "acme", "-o", str(path), code=2).stderr


def test_check_passes_a_sound_file_and_explains_a_wrong_one(acme, run, monkeypatch, tmp_path):  # noqa: ARG001
    """Remarks are data on stdout; exit 3 where the Web Connector would refuse the file, else 0."""
    monkeypatch.setenv("QBSYNC_PUBLIC_URL", "https://books.example.com")
    path = tmp_path / "acme.qwc"
    run("qwc", "acme", "-o", str(path))
    sound = run("qwc", "check", str(path))
    assert sound.stdout == ""
    assert "can take this file" in sound.stderr
    path.write_bytes(path.read_bytes().replace(b"https://books", b"http://books"))
    wrong = run("qwc", "check", str(path), code=3)
    assert "error: AppURL" in wrong.stdout
    path.write_text("<QBWCXML><AppName>a & b</AppName>")
    assert "This is not XML" in run("qwc", "check", str(path), code=3).stdout
    assert "cannot be read" in run("qwc", "check", str(tmp_path / "none.qwc"), code=2).stderr


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("3100", "3100"),
        ("0x80040400", "0x80040400"),
        ("-2147220480", "0x80040400"),
        ("QBWC1012", "QBWC1012"),
        ("qbwc1012", "QBWC1012"),
        ("procore-403", "procore-403"),
    ],
)
def test_explain_knows_every_sort_of_code(run, read, asked, code):
    """Offline and without a database: title, what happened, who acts and the steps."""
    arguments = ("explain", "--", asked) if asked.startswith("-") else ("explain", asked)
    plain = run(*arguments)
    assert plain.stdout.startswith(f"{code}: ")
    assert "Who acts: " in plain.stdout
    assert "  1. " in plain.stdout
    assert plain.stderr == ""
    if not asked.startswith("-"):
        advice = read(*arguments)
        assert set(advice) == {"code", "title", "happened", "actor", "steps"}
        assert advice["code"] == code
        assert advice["steps"]


def test_explain_says_that_a_code_is_unknown(run):
    """Exit 4 with examples of what it takes."""
    result = run("explain", "nonsense", code=4)
    assert result.stdout == ""
    assert "procore-403" in result.stderr
