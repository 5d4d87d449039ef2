from __future__ import annotations

import pytest

from qbsync.qwc import Severity, check

ERROR, WARNING = Severity.ERROR, Severity.WARNING
GOOD = """<?xml version="1.0"?>
<QBWCXML>
  <AppName>App</AppName>
  <AppID></AppID>
  <AppURL>https://books.example.com/qbwc</AppURL>
  <AppDescription>Does things</AppDescription>
  <AppSupport>https://books.example.com/support</AppSupport>
  <UserName>u</UserName>
  <OwnerID>{6c1e1f0a-9d0b-4f57-8f5e-2b7c33a1d4e8}</OwnerID>
  <FileID>{e2f4a7b8-51c3-4d96-a0de-7f19c86b5a42}</FileID>
  <QBType>QBFS</QBType>
  <Scheduler><RunEveryNMinutes>5</RunEveryNMinutes></Scheduler>
</QBWCXML>
"""

MISTAKES = [
    ("<AppName>App</AppName>", "", "AppName", ERROR, "QBWC1039"),
    ("<AppID></AppID>", "", "AppID", ERROR, "QBWC1039"),
    ("<UserName>u</UserName>", "<UserName> </UserName>", "UserName", ERROR, "QBWC1039"),
    ("<QBType>QBFS</QBType>", "<QBType>QBO</QBType>", "QBType", ERROR, "QBWC1039"),
    ("<QBType>QBFS</QBType>", "<QBType>QBPOS</QBType>", "QBType", WARNING, ""),
    ("</QBWCXML>", "<UserName>v</UserName></QBWCXML>", "UserName", ERROR, "QBWC1039"),
    ("https://books.example.com/qbwc", "http://books.example.com/qbwc", "AppURL", ERROR, "QBWC1010"),
    ("https://books.example.com/support", "http://books.example.com/s", "AppSupport", ERROR, "QBWC1010"),
    ("https://books.example.com/support", "https://books.example.com./s", "AppSupport", ERROR, "QBWC1000"),
    ("https://books.example.com/support", "nonsense", "AppSupport", ERROR, ""),
    ("Does things", "x" * 81, "AppDescription", WARNING, ""),
    (
        "{6c1e1f0a-9d0b-4f57-8f5e-2b7c33a1d4e8}",
        "6c1e1f0a-9d0b-4f57-8f5e-2b7c33a1d4e8",
        "OwnerID",
        ERROR,
        "QBWC1039",
    ),
    (
        "{e2f4a7b8-51c3-4d96-a0de-7f19c86b5a42}",
        "{90A44FB5-33D9-4815-AC85-BC86A7E7D1EB}",
        "FileID",
        WARNING,
        "QBWC1039",
    ),
    (
        "{e2f4a7b8-51c3-4d96-a0de-7f19c86b5a42}",
        "{6C1E1F0A-9D0B-4F57-8F5E-2B7C33A1D4E8}",
        "FileID",
        WARNING,
        "QBWC1039",
    ),
    ("</QBWCXML>", "<AuthFlags>0x1F</AuthFlags></QBWCXML>", "AuthFlags", ERROR, "QBWC1034"),
    ("</QBWCXML>", "<AuthFlags>all</AuthFlags></QBWCXML>", "AuthFlags", ERROR, "QBWC1034"),
    ("</QBWCXML>", "<IsReadOnly>true</IsReadOnly></QBWCXML>", "IsReadOnly", WARNING, ""),
    ("</QBWCXML>", "<Notify>yes</Notify></QBWCXML>", "Notify", ERROR, "QBWC1039"),
    ("</QBWCXML>", "<Style>RPC</Style></QBWCXML>", "Style", WARNING, ""),
    ("</QBWCXML>", "<Style>Rest</Style></QBWCXML>", "Style", ERROR, "QBWC1039"),
    (
        "</QBWCXML>",
        "<UnattendedModePref>no</UnattendedModePref></QBWCXML>",
        "UnattendedModePref",
        ERROR,
        "QBWC1039",
    ),
    ("</QBWCXML>", "<Password>x</Password></QBWCXML>", "Password", ERROR, ""),
    ("</QBWCXML>", "<CertURL>https://10.0.0.1/</CertURL></QBWCXML>", "CertURL", ERROR, "QBWC1001"),
    (">5<", ">often<", "Scheduler", ERROR, "QBWC1039"),
    (">5<", ">0<", "Scheduler", ERROR, "QBWC1039"),
    ("<RunEveryNMinutes>5</RunEveryNMinutes>", "", "Scheduler", ERROR, "QBWC1039"),
    (
        "</Scheduler>",
        "<RunEveryNSeconds>5</RunEveryNSeconds></Scheduler>",
        "Scheduler",
        WARNING,
        "",
    ),
]


def test_a_good_file_has_no_remarks():
    """A sound file, in any order of elements and with optional ones left out, gets no remark."""
    assert check(GOOD.encode()) == []
    full = (
        "<AuthFlags>0x0</AuthFlags><Style>Document</Style><Notify>false</Notify><IsReadOnly>false</IsReadOnly>"
        "<PersonalDataPref>pdpOptional</PersonalDataPref><UnattendedModePref>umpRequired</UnattendedModePref>"
        "<CertURL>https://other.example.com/</CertURL></QBWCXML>"
    )
    assert check(GOOD.replace("</QBWCXML>", full).encode("utf-8-sig")) == []


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: f"{case[2]}-{case[1][:20]}")
def test_each_mistake_is_named_once(case):
    """A file with one mistake gets exactly one remark, on that element, with the code that would be shown."""
    right, wrong, element, severity, code = case
    assert right in GOOD
    (remark,) = check(GOOD.replace(right, wrong, 1).encode())
    assert (remark.element, remark.severity, remark.code) == (element, severity, code)
    assert remark.message.endswith(".") or remark.code.startswith("QBWC10")
    assert element in remark.for_people()


def test_both_addresses_by_number():
    """IP numbers are refused with 1001 in AppURL and 1002 in AppSupport."""
    remarks = check(GOOD.replace("books.example.com", "10.0.0.1").encode())
    assert [(remark.element, remark.code) for remark in remarks] == [
        ("AppURL", "QBWC1001"),
        ("AppSupport", "QBWC1002"),
    ]


def test_support_on_intuits_site():
    """AppSupport may not be a page of Intuit's."""
    wrong = GOOD.replace("https://books.example.com/support", "https://quickbooks.intuit.com/")
    remarks = check(wrong.encode())
    assert any("Intuit" in remark.message for remark in remarks)


def test_a_misspelt_element_is_guessed():
    """PersonalDataPrep, which a public server writes, is named with the word that was meant."""
    wrong = GOOD.replace("</QBWCXML>", "<PersonalDataPrep>pdpNotNeeded</PersonalDataPrep></QBWCXML>")
    (remark,) = check(wrong.encode())
    assert remark.severity is WARNING
    assert "PersonalDataPref was probably meant" in remark.message


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not xml",
        GOOD.replace("things", "this & that").encode(),
        GOOD.encode()[:200],
        b"<QBWCXML xmlns='urn:x'/>",
        b"<html/>",
        b'<!DOCTYPE QBWCXML [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b"\xff\xfe\x00",
    ],
)
def test_what_is_no_qwc_file(data):
    """Anything that is not XML, or XML of another kind, gets one error that says so."""
    (remark,) = check(data)
    assert (remark.element, remark.severity) == ("QBWCXML", ERROR)


def test_an_unescaped_ampersand_is_explained():
    """The commonest mistake is named: an & that should be &amp;."""
    (remark,) = check(GOOD.replace("things", "this & that").encode())
    assert "&amp;" in remark.message
    assert "line 6" in remark.message
