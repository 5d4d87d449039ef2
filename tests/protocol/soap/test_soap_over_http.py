from __future__ import annotations

import http.client
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import zeep
from zeep.transports import Transport

NS = "http://developer.intuit.com/"


@pytest.fixture
def client(intuit_wsdl, server):
    """An independent SOAP client made from Intuit's WSDL file, pointed at our server."""
    transport = Transport(timeout=60, operation_timeout=60)
    settings = zeep.Settings(strict=False, xml_huge_tree=True)
    made = zeep.Client(str(intuit_wsdl), transport=transport, settings=settings)
    yield made.create_service(f"{{{NS}}}QBWebConnectorSvcSoap", server)
    transport.session.close()


@pytest.mark.intuit
def test_zeep_runs_every_operation_of_intuits_wsdl(client, recorder):
    """A client that knows only Intuit's file runs a whole session."""
    recorder.answers["authenticate"] = ["t1", "", "", "60"]
    recorder.answers["receive_response_xml"] = 42
    assert client.serverVersion() == "qbsync 1"
    assert not client.clientVersion("2.3.0.215")
    assert [s or "" for s in client.authenticate("u", "p")] == ["t1", "", "", "60"]
    assert client.sendRequestXML("t1", "<hcp/>", "C:\\a b.qbw", "US", 13, 0) == "<QBXML/>"
    assert client.receiveResponseXML("t1", "<a>\u00e9</a>", "", "") == 42
    assert client.connectionError("t1", "0x80040408", "no") == "done"
    assert client.getLastError("t1") == "nothing"
    assert client.closeConnection("t1") == "OK"
    assert recorder.calls == [
        ("server_version",),
        ("client_version", "2.3.0.215"),
        ("authenticate", "u", "p"),
        ("send_request_xml", "t1", "<hcp/>", "C:\\a b.qbw", "US", 13, 0),
        ("receive_response_xml", "t1", "<a>\u00e9</a>", "", ""),
        ("connection_error", "t1", "0x80040408", "no"),
        ("get_last_error", "t1"),
        ("close_connection", "t1"),
    ]


@pytest.mark.intuit
def test_thirty_megabytes_both_ways(client, recorder):
    """A request and an answer of 30 MB, most of it markup to be escaped, arrive whole."""
    big = "<Ret>Zo\u00eb &amp; co</Ret>\n" * (30 * 1024 * 1024 // 23)
    recorder.answers["send_request_xml"] = big
    assert client.sendRequestXML("t", "", "", "US", 13, 0) == big
    assert client.receiveResponseXML("t", big, "", "") == 100
    assert recorder.calls[-1][2] == big


@pytest.mark.intuit
def test_zeep_sees_our_fault(client, recorder):
    """A failing Conversation reaches an independent client as a SOAP fault of the Server."""
    recorder.answers["close_connection"] = RuntimeError("secret detail")
    with pytest.raises(zeep.exceptions.Fault) as caught:
        client.closeConnection("t")
    assert caught.value.code.endswith("Server")
    assert caught.value.message == "Internal Error"


def _connection(server):
    parts = urlsplit(server)
    return http.client.HTTPConnection(parts.hostname, parts.port, timeout=30), parts.path


def test_expect_continue_chunked_and_keep_alive(server, recorder, wrap):
    """One kept connection carries a GET, a request with Expect as .NET sends it, and a chunked one."""
    connection, path = _connection(server)
    body = wrap(f'<getLastError xmlns="{NS}"><ticket>t</ticket></getLastError>')
    kind = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{NS}getLastError"'}
    for method, sent, headers in (
        ("GET", None, {}),
        ("HEAD", None, {}),
        ("POST", body, kind | {"Expect": "100-continue"}),
        ("POST", iter([body[:50], body[50:]]), kind | {"Transfer-Encoding": "chunked"}),
        ("POST", b"", kind),
        ("POST", body, kind),
    ):
        connection.request(method, path, sent, headers, encode_chunked="Transfer-Encoding" in headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == (500 if sent == b"" else 200)
        assert answer.getheader("Location") is None
        assert answer.getheader("Content-Encoding") is None
    connection.close()
    assert recorder.calls == [("get_last_error", "t")] * 3


def test_eight_threads_get_their_own_answers(server, recorder, wrap):
    """Simultaneous calls do not mix up their arguments."""
    recorder.answers["close_connection"] = lambda ticket: f"bye {ticket}"

    def talk(number):
        connection, path = _connection(server)
        wrong = 0
        for turn in range(20):
            ticket = f"t{number}-{turn}"
            body = wrap(f'<closeConnection xmlns="{NS}"><ticket>{ticket}</ticket></closeConnection>')
            connection.request("POST", path, body, {"Content-Type": "text/xml; charset=utf-8"})
            wrong += f">bye {ticket}<".encode() not in connection.getresponse().read()
        connection.close()
        return wrong

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(talk, range(8))) == 0
    assert len(recorder.calls) == 160
