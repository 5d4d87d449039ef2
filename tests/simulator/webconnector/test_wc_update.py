from __future__ import annotations

import pytest
from lxml import etree

from qbsync.simulator.webconnector import Misbehaviour, Outcome, QbwcError, WebConnector

GREETING = ["serverVersion", "clientVersion", "authenticate"]
OWNER = "{57F3B9B1-86F1-4FCC-B1EE-566DE1813D20}"
FILE = "{90A44FB5-33D9-4815-AC85-BC87A7E7D1EB}"


def test_an_update_runs_in_the_documented_order(server, connector, company, request_xml):
    """From serverVersion to closeConnection, with one round trip a request until 100."""
    server.answers["sendRequestXML"] = [request_xml("B"), request_xml("C")]
    server.answers["receiveResponseXML"] = ["50", "100"]
    connector.add()
    result = connector.update("secret")
    trip = ["sendRequestXML", "receiveResponseXML"]
    assert server.operations() == [*GREETING, *trip, *trip, "closeConnection"]
    assert result.outcome is Outcome.DONE
    assert (result.ticket, result.closing, result.server_version) == ("T1", "see you", "canned 1.0")
    assert result.round_trips == 2
    assert [exchange.percent for exchange in result.exchanges] == [50, 100]
    assert [vendor.name for vendor in company.vendors()] == ["ACME", "B", "C"]
    assert server.arguments("authenticate") == [{"strUserName": "vortex", "strPassword": "secret"}]


def test_the_first_send_carries_what_the_company_file_says(server, connector, company, request_xml):
    """Its strHCPResponse holds FileID and the lock of this PC the first time, and is empty afterwards."""
    server.answers["sendRequestXML"] = [request_xml("B"), request_xml("C")]
    server.answers["receiveResponseXML"] = ["50", "100"]
    connector.add()
    result = connector.update("secret")
    first, second = server.arguments("sendRequestXML")
    hcp = etree.fromstring(first["strHCPResponse"].encode())[0]
    private = {ret.findtext("DataExtName"): ret.findtext("DataExtValue") for ret in hcp.iter("DataExtRet")}
    assert [child.get("requestID") for child in hcp] == ["0", "1", "2"]
    assert private["FileID"] == FILE
    assert private["AppLock"].startswith("LOCKED:OFFICE-PC:")
    assert result.hcp == first["strHCPResponse"]
    assert second["strHCPResponse"] == ""
    assert (first["strCompanyFileName"], first["qbXMLCountry"]) == (company.path_shown, "US")
    assert (first["qbXMLMajorVers"], first["qbXMLMinorVers"]) == ("13", "0")
    assert company.extensions(OWNER)["AppLock"].startswith("UNLOCKED:OFFICE-PC:")


def test_the_wire_is_that_of_the_dotnet_client(server, connector, request_xml):
    """Document style: qualified children, empty elements for empty texts, and .NET's headers."""
    server.answers["sendRequestXML"] = [request_xml()]
    connector.update("pass & word")
    assert server.raw[0] == (
        b'<?xml version="1.0" encoding="utf-8"?>'
        b'<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" '
        b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
        b'<soap:Body><serverVersion xmlns="http://developer.intuit.com/" /></soap:Body></soap:Envelope>'
    )
    assert b"<strPassword>pass &amp; word</strPassword>" in server.raw[2]
    assert b"<hresult /><message />" in server.raw[4]
    assert server.headers["SOAPAction"] == '"http://developer.intuit.com/closeConnection"'
    assert server.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert "MS Web Services Client Protocol" in server.headers["User-Agent"]
    assert server.headers["Accept-Encoding"] == "identity"
    assert not {"Transfer-Encoding", "Cookie"} & server.headers.keys()


def test_rpc_style_is_encoded_and_its_return_is_read(server, qwc, company, request_xml):
    """Style RPC sends unqualified children with types, and takes a `return` of any namespace."""
    server.rpc = True
    server.answers["sendRequestXML"] = [request_xml()]
    connector = WebConnector(company, qwc(Style="RPC"))
    assert connector.update("secret").outcome is Outcome.DONE
    connector.close()
    assert b'<q1:authenticate xmlns:q1="http://developer.intuit.com/">' in server.raw[2]
    assert b'<strUserName xsi:type="xsd:string">vortex</strUserName>' in server.raw[2]
    assert b'<qbXMLMajorVers xsi:type="xsd:int">13</qbXMLMajorVers>' in server.raw[3]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("none", (Outcome.NO_WORK, "")),
        ("nvu", (Outcome.INVALID_USER, "QBWC1040")),
        ("busy", (Outcome.BUSY, "")),
    ],
)
def test_authenticate_may_end_it(server, connector, company, word, expected):
    """none, nvu and busy: closeConnection follows at once, and QuickBooks is not touched."""
    before = company.snapshot()
    server.answers["authenticate"] = [["T9", word]]
    result = connector.update("secret")
    assert server.operations() == [*GREETING, "closeConnection"]
    assert (result.outcome, result.code, result.closing) == (*expected, "see you")
    assert server.arguments("closeConnection") == [{"ticket": "T9"}]
    assert company.snapshot() == before


def test_a_postponement_wins(server, connector):
    """A third string postpones the update, whatever the second says; the fourth limits the schedule."""
    server.answers["authenticate"] = [["T1", "busy", "60", "120"]]
    result = connector.update("secret")
    assert (result.outcome, result.postpone_seconds) == (Outcome.POSTPONED, 60)
    assert result.minimum_run_every_seconds == 120


def test_too_short_an_array_is_qbwc1012(server, connector):
    """Fewer than two strings end the update."""
    server.answers["authenticate"] = [["T1"]]
    assert connector.update("secret").code == "QBWC1012"


@pytest.mark.parametrize(
    ("answer", "outcome", "code"),
    [
        ("E:too old", Outcome.CLIENT_REFUSED, "QBWC1037"),
        ("O:9.9", Outcome.CLIENT_REFUSED, "QBWC1037"),
        ("maybe", Outcome.FAILED, "QBWC1046"),
    ],
)
def test_client_version_may_refuse(server, connector, answer, outcome, code):
    """E: and O: end the update before authenticate; another text is an error of its own."""
    server.answers["clientVersion"] = [answer]
    result = connector.update("secret")
    assert (result.outcome, result.code) == (outcome, code)
    assert "authenticate" not in server.operations()


def test_a_company_file_that_cannot_be_opened(server, connector, company):
    """Then connectionError gets the HRESULT; a path it answers is tried; "done" ends it."""
    server.answers["authenticate"] = [["T1", r"C:\moved.QBW"]]
    server.answers["connectionError"] = [r"C:\other.QBW", "DONE"]
    result = connector.update("secret")
    errors = server.arguments("connectionError")
    assert [error["hresult"] for error in errors] == ["0x8004040A", "0x8004040A"]
    assert result.outcome is Outcome.NOT_CONNECTED
    assert server.operations()[-1] == "closeConnection"
    assert company.extensions(OWNER) == {}


def test_an_empty_answer_to_connection_error_means_the_open_file(server, connector, company, request_xml):
    """An empty text from connectionError lets the open file be used."""
    company.faults.fail_session("0x80040414")
    server.answers["connectionError"] = [""]
    server.answers["sendRequestXML"] = [request_xml()]
    assert connector.update("secret").outcome is Outcome.DONE


def test_a_service_that_never_gives_in_is_given_up(server, connector, company):
    """A connectionError that names paths for ever is asked five times."""
    company.running = False
    server.answers["connectionError"] = [""]
    assert connector.update("secret").outcome is Outcome.NOT_CONNECTED
    assert server.operations().count("connectionError") == 5


def test_an_empty_request_asks_for_the_error(server, connector):
    """An empty text from sendRequestXML leads to getLastError and the end."""
    server.answers["sendRequestXML"] = [""]
    result = connector.update("secret")
    assert server.operations() == [*GREETING, "sendRequestXML", "getLastError", "closeConnection"]
    assert (result.outcome, result.error) == (Outcome.ERROR, "it went wrong")


@pytest.mark.parametrize("nothing", ["", "NoOp", None])
def test_noop_pauses_and_asks_again(server, connector, pauses, request_xml, nothing):
    """NoOp from getLastError waits five seconds and polls again, in the same session."""
    server.answers["sendRequestXML"] = [nothing, nothing, request_xml()]
    server.answers["getLastError"] = ["NoOp"]
    assert connector.update("secret").outcome is Outcome.DONE
    assert pauses == [5.0, 5.0]
    assert [bool(sent["strHCPResponse"]) for sent in server.arguments("sendRequestXML")] == [
        True,
        False,
        False,
    ]


def test_interactive_mode_is_not_agreed_to(server, connector):
    """Interactive mode ends the update: nobody is there."""
    server.answers["sendRequestXML"] = ["NoOp"]
    server.answers["getLastError"] = ["Interactive mode"]
    assert connector.update("secret").outcome is Outcome.INTERACTIVE


def test_a_negative_percent_asks_for_the_error(server, connector, request_xml):
    """-1 from receiveResponseXML: getLastError, then closeConnection."""
    server.answers["sendRequestXML"] = [request_xml()]
    server.answers["receiveResponseXML"] = ["-1"]
    result = connector.update("secret")
    assert server.operations()[-3:] == ["receiveResponseXML", "getLastError", "closeConnection"]
    assert (result.outcome, result.error) == (Outcome.ERROR, "it went wrong")


def test_a_percent_that_is_no_int_is_qbwc1042(server, connector, request_xml):
    """A decimal percent breaks the Web Connector."""
    server.answers["sendRequestXML"] = [request_xml()]
    server.answers["receiveResponseXML"] = ["99.5"]
    assert connector.update("secret").code == "QBWC1042"


def test_an_hresult_is_delivered_without_a_response(server, connector, request_xml):
    """A message QuickBooks cannot parse is reported by hresult; the session goes on with the next."""
    server.answers["sendRequestXML"] = ["<QBXML>", request_xml()]
    server.answers["receiveResponseXML"] = ["0", "100"]
    result = connector.update("secret")
    first, second = server.arguments("receiveResponseXML")
    assert (first["response"], first["hresult"]) == ("", "0x80040400")
    assert first["message"] == "QuickBooks found an error when parsing the provided XML text stream."
    assert (second["hresult"], second["message"]) == ("", "")
    assert 'statusCode="0"' in second["response"]
    assert result.exchanges[0].hresult == "0x80040400"


def test_injected_faults_meet_the_service_alone(server, connector, company, request_xml):
    """A fault of the company file spares the Web Connector's own requests."""
    company.faults.fail_after("0x80040402")
    server.answers["sendRequestXML"] = [request_xml()]
    connector.add()
    connector.update("secret")
    assert server.arguments("receiveResponseXML")[0]["hresult"] == "0x80040402"
    assert len(company.vendors()) == 2


@pytest.mark.parametrize(
    ("step", "vendors"),
    [("authenticate", 1), ("sendRequestXML", 1), ("process", 2), ("receiveResponseXML", 2)],
)
def test_it_dies_where_it_is_told(server, connector, request_xml, step, vendors):
    """stop_after ends everything there without another call; QuickBooks has executed or not."""
    server.answers["sendRequestXML"] = [request_xml()]
    result = connector.update("secret", stop_after=step)
    assert result.outcome is Outcome.DIED
    assert server.operations()[-1] == ("sendRequestXML" if step == "process" else step)
    assert len(connector.company.vendors()) == vendors


def test_it_dies_in_a_later_round_trip(server, connector, company, request_xml):
    """`at` counts the sendRequestXML calls."""
    server.answers["sendRequestXML"] = [request_xml("B"), request_xml("C"), request_xml("D")]
    server.answers["receiveResponseXML"] = ["10"]
    result = connector.update("secret", stop_after="sendRequestXML", at=2)
    assert [vendor.name for vendor in company.vendors()] == ["ACME", "B"]
    assert result.exchanges[-1].request == request_xml("C")
    assert result.exchanges[-1].percent is None


@pytest.mark.parametrize(
    ("misbehaviour", "delivered"),
    [
        (Misbehaviour.DELIVER_GARBAGE, "<html><body>502 Bad Gateway</body></html>"),
        (Misbehaviour.DELIVER_NOTHING, ""),
    ],
)
def test_an_answer_is_spoiled_after_it_was_executed(server, connector, request_xml, misbehaviour, delivered):
    """Garbage or nothing is delivered without an hresult, although QuickBooks has executed."""
    server.answers["sendRequestXML"] = [request_xml()]
    connector.update("secret", misbehave=misbehaviour)
    assert server.arguments("receiveResponseXML") == [
        {"ticket": "T1", "response": delivered, "hresult": "", "message": ""}
    ]
    assert len(connector.company.vendors()) == 2


def test_an_answer_is_truncated(server, connector, request_xml):
    """Half of what QuickBooks answered is delivered."""
    server.answers["sendRequestXML"] = [request_xml()]
    exchange = connector.update("secret", misbehave=Misbehaviour.DELIVER_TRUNCATED).exchanges[0]
    assert exchange.response
    assert exchange.executed.startswith(exchange.response)
    assert len(exchange.response) < len(exchange.executed)


def test_an_answer_comes_twice(server, connector, company, request_xml):
    """The same response is delivered twice, executed once."""
    server.answers["sendRequestXML"] = [request_xml()]
    connector.update("secret", misbehave=Misbehaviour.DELIVER_TWICE)
    first, second = server.arguments("receiveResponseXML")
    assert first == second
    assert len(company.vendors()) == 2


def test_a_request_is_asked_for_twice(server, connector, company, request_xml):
    """With sendRequestXML twice in a row: the first request is lost, the second executed."""
    server.answers["sendRequestXML"] = [request_xml("B"), request_xml("C")]
    connector.update("secret", misbehave=Misbehaviour.SEND_TWICE)
    assert [vendor.name for vendor in company.vendors()] == ["ACME", "C"]
    assert len(server.arguments("receiveResponseXML")) == 1


def test_an_old_answer_is_delivered_late(server, connector, request_xml):
    """A call of deliver sends any answer with any ticket."""
    server.answers["sendRequestXML"] = [request_xml()]
    exchange = connector.update("secret", stop_after="process").exchanges[0]
    assert connector.deliver("T0", exchange.response) == "100"
    assert server.seen[-1][1]["ticket"] == "T0"


def test_iterators_die_with_the_update(server, connector):
    """An iterator of one update answers 3391 in the next."""
    query = (
        '<?qbxml version="13.0"?><QBXML><QBXMLMsgsRq onError="stopOnError"><VendorQueryRq iterator="{}"{}>'
        "<MaxReturned>1</MaxReturned></VendorQueryRq></QBXMLMsgsRq></QBXML>"
    )
    connector.company.human.add_vendor("Baker")
    server.answers["sendRequestXML"] = [query.format("Start", "")]
    answer = connector.update("secret").exchanges[0].response
    iterator_id = etree.fromstring(answer.encode())[0][0].get("iteratorID")
    server.answers["sendRequestXML"] = [query.format("Continue", f' iteratorID="{iterator_id}"')]
    assert 'statusCode="3391"' in connector.update("secret").exchanges[0].response


@pytest.mark.parametrize(
    ("operation", "code"),
    [("authenticate", "QBWC1012"), ("sendRequestXML", "QBWC1041"), ("receiveResponseXML", "QBWC1042")],
)
def test_a_broken_service_gives_the_code_of_the_method(server, connector, request_xml, operation, code):
    """HTTP 500, and an HTML page, end the update with QBWC's code of the method."""
    server.answers["sendRequestXML"] = [request_xml()]
    server.status[operation] = 503
    result = connector.update("secret")
    assert (result.outcome, result.code) == (Outcome.FAILED, code)


def test_html_instead_of_xml_is_refused(server, connector):
    """text/html is no answer, whatever it holds."""
    server.content_type = "text/html"
    result = connector.update("secret")
    assert result.outcome is Outcome.FAILED
    assert "text/html" in result.error


def test_a_service_that_is_not_there(connector, server):
    """Without a server the update fails and says so."""
    server.close()
    result = connector.update("secret")
    assert (result.outcome, result.calls) == (Outcome.FAILED, ("serverVersion", "closeConnection"))


def test_the_log_tells_what_happened_without_the_password(server, connector, request_xml, tmp_path, qwc):
    """Each call stands in the log and its file; the password in neither."""
    server.answers["sendRequestXML"] = [request_xml()]
    path = tmp_path / "QWCLog.txt"
    logged = WebConnector(connector.company, qwc(), log_file=path)
    logged.update("top secret")
    logged.close()
    text = path.read_text()
    assert "do_authenticate()" in text
    assert "do_closeConnection()" in text
    assert "top secret" not in text
    assert text.splitlines() == logged.log.lines


def test_large_messages_pass(server, connector, company):
    """A request of some megabytes goes out and its answer comes in whole."""
    adds = "".join(
        f"<VendorAddRq><VendorAdd><Name>V{number}</Name><Notes>{'x' * 4000}</Notes></VendorAdd></VendorAddRq>"
        for number in range(600)
    )
    server.answers["sendRequestXML"] = [
        f'<?qbxml version="13.0"?><QBXML><QBXMLMsgsRq onError="continueOnError">{adds}</QBXMLMsgsRq></QBXML>'
    ]
    connector.update("secret")
    assert len(server.arguments("receiveResponseXML")[0]["response"]) > 2_400_000
    assert len(company.vendors()) == 601


def test_adding_twice_is_quiet_and_another_file_id_is_refused(connector, qwc, company):
    """The same .qwc may be added again, as on a second PC; another FileID of the owner is QBWC1039."""
    connector.add()
    connector.add()
    assert company.extensions(OWNER) == {"FileID": FILE}
    other = WebConnector(company, qwc(FileID=FILE.replace("90A4", "91A4")))
    with pytest.raises(QbwcError, match="QBWC1039"):
        other.add()
    other.close()


@pytest.mark.parametrize("status", [401, 405, 500])
def test_adding_asks_the_address_first(server, connector, company, status):
    """A GET of AppURL that is not answered 200 is QBWC1048, and nothing is written."""
    server.get_status = status
    with pytest.raises(QbwcError, match="QBWC1048"):
        connector.add()
    assert company.extensions(OWNER) == {}
    assert server.seen == []


def test_adding_needs_quickbooks(connector, company):
    """Without QuickBooks the application cannot be added."""
    company.running = False
    with pytest.raises(QbwcError, match="QBWC1007"):
        connector.add()
