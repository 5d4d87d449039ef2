from __future__ import annotations

import pytest
from lxml import etree

from qbsync.errors import ConfigError
from qbsync.qwc import Severity, check, write

OWNER = "6c1e1f0a-9d0b-4f57-8f5e-2b7c33a1d4e8"
FILE = "{E2F4A7B8-51C3-4D96-A0DE-7F19C86B5A42}"


def _write(**changes):
    values = {
        "name": "acme",
        "user": "acme-qb",
        "public_url": "https://books.example.com",
        "owner_id": OWNER,
        "file_id": FILE,
        "minutes": 15,
    }
    return write(**(values | changes))


def test_every_element_has_its_value():
    """The file holds all elements of section 2 with the values of this connection, once each."""
    root = etree.fromstring(_write())
    assert {child.tag: child.text for child in root if not len(child)} == {
        "AppName": "qbsync acme",
        "AppID": None,
        "AppURL": "https://books.example.com/qbwc",
        "AppDescription": "Carries approved Procore records into QuickBooks and brings payments back.",
        "AppSupport": "https://books.example.com/support/acme",
        "AppDisplayName": "qbsync acme",
        "AppUniqueName": "qbsync acme",
        "UserName": "acme-qb",
        "OwnerID": f"{{{OWNER}}}",
        "FileID": FILE,
        "QBType": "QBFS",
        "AuthFlags": "0xF",
        "IsReadOnly": "false",
        "Notify": "false",
        "PersonalDataPref": "pdpNotNeeded",
        "UnattendedModePref": "umpOptional",
        "Style": "Document",
    }
    assert root.findtext("Scheduler/RunEveryNMinutes") == "15"
    assert root.tag == "QBWCXML"
    assert len(root.findtext("AppDescription")) <= 80


def test_bytes_are_plain_utf8_and_stable():
    """No byte order mark, the declaration first, and the same values give the same bytes."""
    data = _write(name="Zo\u00eb")
    assert data.startswith(b'<?xml version="1.0" encoding="utf-8"?>\n')
    assert data == _write(name="Zo\u00eb")
    assert etree.fromstring(data).findtext("AppName") == "qbsync Zo\u00eb"


def test_awkward_names_are_escaped():
    """A name with markup and blanks stays itself in AppName and becomes a safe path in AppSupport."""
    root = etree.fromstring(_write(name="A & B <i>/x", user='u"&'))
    assert root.findtext("AppName") == "qbsync A & B <i>/x"
    assert root.findtext("AppSupport") == "https://books.example.com/support/A%20%26%20B%20%3Ci%3E%2Fx"
    assert root.findtext("UserName") == 'u"&'
    assert check(_write(name="A & B <i>/x")) == []


@pytest.mark.parametrize(
    "url", ["https://books.example.com/", " https://books.example.com ", "https://h.example:8443/p/"]
)
def test_addresses_are_tidied(url):
    """Blanks around and a slash at the end do not get into the addresses."""
    root = etree.fromstring(_write(public_url=url))
    assert root.findtext("AppURL") == url.strip().rstrip("/") + "/qbwc"


@pytest.mark.parametrize("url", ["http://localhost:8080", "https://localhost"])
def test_localhost_is_written_with_a_warning(url):
    """The host localhost is allowed, over http too, and check warns of it once an address."""
    remarks = check(_write(public_url=url))
    assert {(remark.severity, remark.code) for remark in remarks} == {(Severity.WARNING, "QBWC1035")}
    assert [remark.element for remark in remarks] == ["AppURL", "AppSupport"]


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://books.example.com", "QBWC1010"),
        ("http://machine:8080", "QBWC1010"),
        ("http://localhost.example.com", "QBWC1010"),
        ("https://192.168.1.10", "QBWC1001"),
        ("http://127.0.0.1:8080", "QBWC1001"),
        ("https://[::1]:8443", "QBWC1001"),
        ("https://2130706433", "QBWC1001"),
        ("https://0x7f.0.0.1", "QBWC1001"),
    ],
)
def test_addresses_the_web_connector_refuses(url, code):
    """Plain http elsewhere than on localhost, and IP numbers however written, are refused by their code."""
    with pytest.raises(ConfigError) as caught:
        _write(public_url=url)
    assert code in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "books.example.com",
        "ftp://x",
        "https://",
        "https://a b",
        "https://x?y=1",
        "https://x#y",
        "https://x:a",
    ],
)
def test_things_that_are_no_address(url):
    """What is no address at all is refused in words that show how one looks."""
    with pytest.raises(ConfigError) as caught:
        _write(public_url=url)
    assert "https://" in caught.value.guidance


def test_a_password_in_the_address_is_not_repeated():
    """An address with a user and password is refused without showing them."""
    with pytest.raises(ConfigError) as caught:
        _write(public_url="https://me:hunter2@books.example.com")
    assert "hunter2" not in caught.value.for_people()


@pytest.mark.parametrize(
    "changes",
    [
        {"owner_id": "not-a-guid"},
        {"file_id": "{e2f4a7b8}"},
        {"file_id": "{e2f4a7b8-51c3-4d96-a0de-7f19c86b5a42"},
        {"name": " "},
        {"name": "a\x01b"},
        {"user": ""},
        {"minutes": 0},
    ],
)
def test_values_that_are_none(changes):
    """An id that is no GUID, an empty name and an interval of nothing are refused."""
    with pytest.raises(ConfigError):
        _write(**changes)
