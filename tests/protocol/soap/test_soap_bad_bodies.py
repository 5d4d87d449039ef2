from __future__ import annotations

import io
import logging

import pytest

from qbsync.errors import ConversationError

NS = "http://developer.intuit.com/"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
PASSWORD = "correct-horse-battery"


def _authenticate(wrap, **extra):
    children = f"<strUserName>u</strUserName><strPassword>{PASSWORD}</strPassword>"
    return wrap(f'<authenticate xmlns="{NS}">{children}</authenticate>', **extra)


DOCTYPE = b'<!DOCTYPE soap:Envelope [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
BOMB = (
    b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9))
    + b"]>"
)


def _open(start: bytes) -> bytes:
    envelope = f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Body><getLastError xmlns="{NS}"><ticket>'.encode()
    return start + envelope + b"A&x;B</ticket></getLastError></soap:Body></soap:Envelope>"


def _body(inner: str) -> bytes:
    return f'<soap:Envelope xmlns:soap="{SOAP}">{inner}</soap:Envelope>'.encode()


def _ticket(ticket: str, *others: str) -> bytes:
    operation = f'<getLastError xmlns="{NS}">{ticket}</getLastError>'
    return _body(f"<soap:Body>{operation}{''.join(others)}</soap:Body>")


BAD = {
    "empty": b"",
    "blank": b"   \n",
    "text": b"hello",
    "html": b"<html><body>Sign in</body></html>",
    "json": b'{"a": 1}',
    "nul": b"\x00" * 100,
    "doctype": _open(DOCTYPE),
    "doctype alone": _open(b"<!DOCTYPE soap:Envelope>").replace(b"&x;", b""),
    "bomb": _open(BOMB).replace(b"&x;", b"&j;"),
    "undeclared entity": _open(b""),
    "control character": _open(b"").replace(b"&x;", b"&#1;"),
    "no body": _body(""),
    "header only": _body("<soap:Header/>"),
    "empty body": _body("<soap:Body/>"),
    "comment in body": _body("<soap:Body><!--x--></soap:Body>"),
    "unknown operation": _body(f'<soap:Body><fly xmlns="{NS}"/></soap:Body>'),
    "other namespace": _body('<soap:Body><getLastError xmlns="urn:x"/></soap:Body>'),
    "a fault": _body("<soap:Body><soap:Fault/></soap:Body>"),
    "bad int": _body(
        f'<soap:Body><sendRequestXML xmlns="{NS}"><qbXMLMajorVers>thirteen</qbXMLMajorVers>'
        "</sendRequestXML></soap:Body>"
    ),
    "href circle": _ticket('<ticket href="#a"/>', '<b id="a"><c href="#a"/></b>'),
    "href chain": _ticket('<ticket href="#a"/>', '<b id="a" href="#c"/>', '<c id="c" href="#a"/>'),
    "href to itself": _ticket('<ticket id="a" href="#a"><b/></ticket>'),
    "href nowhere": _ticket('<ticket href="#a"/>'),
    "deep": b"<a>" * 5000 + b"</a>" * 5000,
    "wrong utf-8": _open(b"").replace(b"&x;", b"\xff\xfe\xe9"),
}


@pytest.mark.parametrize("name", BAD)
def test_malformed_body_gets_a_clean_fault(post, recorder, caplog, name):
    """A body that is no request gets a Client fault; nothing reaches the Conversation or the log."""
    code, words = post(BAD[name]).fault()
    assert code.partition(".")[0] == "Client"
    assert words
    assert "thirteen" not in words
    assert recorder.calls == []
    assert caplog.records == []


def test_truncated_body(post, recorder, wrap, caplog):
    """A request cut anywhere is refused, never taken for a whole one, and its password is not logged."""
    whole = _authenticate(wrap)
    with caplog.at_level(logging.DEBUG):
        for cut in range(1, len(whole), 17):
            assert post(whole[:cut]).fault()[0] == "Client"
    assert recorder.calls == []
    assert PASSWORD not in caplog.text


@pytest.mark.parametrize("charset", ["klingon", "base64", "rot13", "..", "utf-16"])
def test_unknown_or_wrong_charset(post, recorder, wrap, charset):
    """A charset that does not exist, or is not the body's, is a fault."""
    body = _authenticate(wrap, declaration="")
    assert post(body, content_type=f"text/xml; charset={charset}").fault()[0] == "Client"
    assert recorder.calls == []


def test_soap_12_is_a_version_mismatch(post):
    """A SOAP 1.2 envelope is told that this service speaks 1.1."""
    body = b'<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body/></e:Envelope>'
    code, words = post(body).fault()
    assert code == "VersionMismatch"
    assert "1.1" in words


def test_oversize_by_content_length_is_not_read(small, recorder):
    """A length above the limit is refused before a byte is read."""

    class Unreadable(io.BytesIO):
        def read(self, *_args):
            raise AssertionError

    answer = small(b"", length=str(2**40), **{"wsgi.input": Unreadable()})
    code, words = answer.fault()
    assert code == "Client"
    assert "1 MiB" in words
    assert recorder.calls == []


@pytest.mark.parametrize("extra", [{"HTTP_TRANSFER_ENCODING": "chunked"}, {"wsgi.input_terminated": True}])
def test_chunked_bodies(small, recorder, wrap, extra):
    """A body without a length is read to its end, and refused once it passes the limit."""
    body = wrap(f'<getLastError xmlns="{NS}"><ticket>t</ticket></getLastError>')
    assert small(body, length=None, **extra).status == 200
    assert recorder.calls == [("get_last_error", "t")]
    assert small(body + b" " * 1024 * 1024, length=None, **extra).fault()[0] == "Client"
    assert len(recorder.calls) == 1


def test_no_length_and_no_chunks_is_an_empty_body(small):
    """Without a length or chunks nothing may be read, for the stream would not end."""
    assert small(b"ignored", length=None).fault() == ("Client", "The request is empty.")


def test_entity_never_cuts_a_text(post, recorder):
    """The DOCTYPE case names its reason, rather than passing on a shortened text."""
    assert "document type" in post(BAD["doctype"]).fault()[1]
    assert recorder.calls == []


def test_conversation_error_is_logged_once_without_secrets(post, recorder, wrap, caplog):
    """An exception becomes a Server fault without details and one log line without password or body."""
    recorder.answers["authenticate"] = ConversationError(
        f"no room for {PASSWORD!r} near <QBXML>secret</QBXML>\n[parameters: ('{PASSWORD}',)]"
    )
    with caplog.at_level(logging.DEBUG):
        assert post(_authenticate(wrap)).fault() == ("Server", "Internal Error")
    (record,) = caplog.records
    line = record.getMessage()
    assert "authenticate: ConversationError: no room for '[...]' near" in line
    assert record.levelno == logging.ERROR
    assert record.exc_info is None
    for secret in (PASSWORD, "QBXML", "parameters"):
        assert secret not in caplog.text


@pytest.mark.parametrize("bad", ["bad \x01 text", "bad \ud800", "bad \uffff", "bad \x00"])
def test_unwritable_answer_is_a_logged_server_fault(post, recorder, caplog, bad):
    """An answer with a character that XML cannot carry is our fault: logged once, told without details."""
    recorder.answers["get_last_error"] = bad
    assert post(_ticket("<ticket>t</ticket>")).fault() == ("Server", "Internal Error")
    (record,) = caplog.records
    assert "getLastError: ValueError" in record.getMessage()
    assert "bad" not in record.getMessage()


def test_a_failing_stream_is_a_server_fault(raw, caplog):
    """A connection that breaks while the body is read still gets an answer, and a line in the log."""

    class Broken(io.BytesIO):
        def read(self, *_args):
            raise ConnectionResetError("gone")

    assert raw(length="10", **{"wsgi.input": Broken()}).fault() == ("Server", "Internal Error")
    assert len(caplog.records) == 1
