from __future__ import annotations

import pytest

NS = "http://developer.intuit.com/"
T = f"{{{NS}}}"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

RPC = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:tns="http://developer.intuit.com/" '
    f'xmlns:xsi="{XSI}" xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
    '<soap:Body soap:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">%s</soap:Body></soap:Envelope>'
)

OPERATIONS = [
    ("serverVersion", "", ("server_version",), "qbsync 1"),
    ("clientVersion", "<strVersion>2.3.0.215</strVersion>", ("client_version", "2.3.0.215"), ""),
    (
        "sendRequestXML",
        (
            "<ticket>t</ticket><strHCPResponse>&lt;QBXML/&gt;</strHCPResponse>"
            "<strCompanyFileName>C:\\a.qbw</strCompanyFileName><qbXMLCountry>US</qbXMLCountry>"
            "<qbXMLMajorVers>16</qbXMLMajorVers><qbXMLMinorVers>0</qbXMLMinorVers>"
        ),
        ("send_request_xml", "t", "<QBXML/>", "C:\\a.qbw", "US", 16, 0),
        "<QBXML/>",
    ),
    (
        "receiveResponseXML",
        "<ticket>t</ticket><response>&lt;a/&gt;</response><hresult /><message />",
        ("receive_response_xml", "t", "<a/>", "", ""),
        "100",
    ),
    (
        "connectionError",
        "<ticket>t</ticket><hresult>0x80040408</hresult><message>m</message>",
        ("connection_error", "t", "0x80040408", "m"),
        "done",
    ),
    ("getLastError", "<ticket>t</ticket>", ("get_last_error", "t"), "nothing"),
    ("closeConnection", "<ticket>t</ticket>", ("close_connection", "t"), "OK"),
    (
        "getInteractiveURL",
        "<wcTicket>t</wcTicket><sessionID>s</sessionID>",
        ("get_interactive_url", "t", "s"),
        "https://x",
    ),
    ("interactiveDone", "<wcTicket>t</wcTicket>", ("interactive_done", "t"), "Done"),
    (
        "interactiveRejected",
        "<wcTicket>t</wcTicket><reason>r</reason>",
        ("interactive_rejected", "t", "r"),
        "no",
    ),
    ("getServerVersion", "<ticket>t</ticket>", ("get_server_version", "t"), "qbsync 1"),
]


def _result(answer, name):
    assert answer.status == 200, answer.body
    response = answer.xml[-1][0]
    assert response.tag == f"{T}{name}Response"
    return response.find(f"{T}{name}Result")


@pytest.mark.parametrize("case", OPERATIONS, ids=[case[0] for case in OPERATIONS])
def test_document_style(post, recorder, wrap, case):
    """An operation as the Web Connector's usual document style sends it arrives and is answered."""
    name, children, called, text = case
    answer = post(wrap(f'<{name} xmlns="{NS}">{children}</{name}>'), HTTP_SOAPACTION=f'"{NS}{name}"')
    assert (_result(answer, name).text or "") == text
    assert recorder.calls == [called]


@pytest.mark.parametrize("case", OPERATIONS, ids=[case[0] for case in OPERATIONS])
def test_rpc_style(post, recorder, case):
    """The same operation in rpc/encoded style, with unqualified and typed arguments, arrives all the same."""
    name, children, called, text = case
    for typed in ("qbXMLMajorVers", "qbXMLMinorVers"):
        children = children.replace(f"<{typed}>", f'<{typed} xsi:type="xsd:int">')
    for plain in ("ticket", "wcTicket", "response", "strVersion", "strHCPResponse", "message", "reason"):
        children = children.replace(f"<{plain}>", f'<{plain} xsi:type="xsd:string">')
    answer = post((RPC % f'<q1:{name} xmlns:q1="{NS}">{children}</q1:{name}>').encode())
    assert (_result(answer, name).text or "") == text
    assert recorder.calls == [called]


def test_rpc_value_by_href(post, recorder):
    """An rpc/encoded argument whose text stands elsewhere in the body is followed there."""
    body = f'<q1:getLastError xmlns:q1="{NS}"><ticket href="#id1" /></q1:getLastError>'
    answer = post((RPC % f'{body}<xsd:string id="id1" xsi:type="xsd:string">t7</xsd:string>').encode())
    assert answer.status == 200
    assert recorder.calls == [("get_last_error", "t7")]


def test_authenticate_gives_the_exact_list(post, recorder, wrap):
    """The array has as many strings as the Conversation gave, an empty one as an empty element."""
    for strings in (["t", ""], ["t", "none"], ["t", "busy", "60"], ["t", "", "", "600"]):
        recorder.answers["authenticate"] = strings
        body = "<strUserName>u</strUserName><strPassword>p</strPassword>"
        result = _result(post(wrap(f'<authenticate xmlns="{NS}">{body}</authenticate>')), "authenticate")
        assert [child.tag for child in result] == [f"{T}string"] * len(strings)
        assert [child.text or "" for child in result] == strings
        assert all(f"{{{XSI}}}nil" not in child.attrib for child in result)


def test_empty_and_null_arguments_arrive_as_empty_text(post, recorder, wrap):
    """Whether an argument is left out, empty or nil, the Conversation sees "" or 0."""
    empty = "<ticket /><strHCPResponse></strHCPResponse>"
    nil = f'<ticket xmlns:i="{XSI}" i:nil="true"/>'
    for children in ("", empty, nil):
        assert post(wrap(f'<sendRequestXML xmlns="{NS}">{children}</sendRequestXML>')).status == 200
    assert recorder.calls == [("send_request_xml", "", "", "", "", 0, 0)] * 3


def test_empty_and_null_results_stay_apart(post, recorder, wrap):
    """An empty answer is an empty element, an answer of None leaves the element out."""
    body = wrap(f'<sendRequestXML xmlns="{NS}"><ticket>t</ticket></sendRequestXML>')
    recorder.answers["send_request_xml"] = ""
    empty = _result(post(body), "sendRequestXML")
    assert empty is not None
    assert not empty.text
    assert not empty.attrib
    recorder.answers["send_request_xml"] = lambda *_: None
    assert _result(post(body), "sendRequestXML") is None


def test_tolerates_what_a_dotnet_service_tolerates(post, recorder, wrap):
    """Arguments in another order, unknown ones, and an operation without a namespace are accepted."""
    odd = "<message>m</message><other>1</other><hresult>h</hresult><response>r</response><ticket>t</ticket>"
    assert post(wrap(f'<receiveResponseXML xmlns="{NS}">{odd}</receiveResponseXML>')).status == 200
    assert post(wrap("<getLastError><ticket>t</ticket></getLastError>")).status == 200
    assert recorder.calls == [("receive_response_xml", "t", "r", "h", "m"), ("get_last_error", "t")]


def test_dispatch_is_by_the_first_child_of_body(post, recorder, wrap):
    """SOAPAction may name another operation or none: the body decides; a comment before it is no child."""
    body = wrap(f'<!-- x --><getLastError xmlns="{NS}"><ticket>t</ticket></getLastError>')
    for action in ("", '""', f"{NS}closeConnection"):
        assert post(body, HTTP_SOAPACTION=action).status == 200
    assert recorder.calls == [("get_last_error", "t")] * 3


def test_text_comes_through_whole(post, recorder, wrap):
    """Markup, quotes, blanks at the ends, astral characters and a comment inside survive both ways."""
    text = "  <a b='\"'>&amp; ]]> \U0001f3d7 \u2028 Zo\u00eb</a>\n "
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    recorder.answers["send_request_xml"] = lambda _ticket, hcp, *_rest: hcp
    body = f"<ticket>a<!-- x -->b</ticket><strHCPResponse>{escaped}</strHCPResponse>"
    answer = post(wrap(f'<sendRequestXML xmlns="{NS}">{body}</sendRequestXML>'))
    assert _result(answer, "sendRequestXML").text == text
    assert recorder.calls[0][1] == "ab"


@pytest.mark.parametrize("charset", ["utf-16", "iso-8859-1", "utf-8-sig"])
def test_other_encodings(post, recorder, wrap, charset):
    """A body in another encoding, stated by header or byte order mark, is read as what it is."""
    text = wrap(f'<getLastError xmlns="{NS}"><ticket>Zo\u00eb</ticket></getLastError>', declaration="")
    named = "utf-8" if charset == "utf-8-sig" else charset
    assert post(text.decode().encode(charset), content_type=f"text/xml; charset={named}").status == 200
    assert recorder.calls == [("get_last_error", "Zo\u00eb")]


def test_no_charset_header_means_the_declaration(post, recorder, wrap):
    """Without a charset in the header the declaration decides; no Content-Type at all is accepted."""
    body = wrap(
        f'<getLastError xmlns="{NS}"><ticket>Zo\u00eb</ticket></getLastError>',
        declaration='<?xml version="1.0" encoding="iso-8859-1"?>',
    )
    latin = body.decode().encode("iso-8859-1")
    assert post(latin, content_type="text/xml").status == 200
    assert post(latin, content_type=None).status == 200
    assert recorder.calls == [("get_last_error", "Zo\u00eb")] * 2


def test_answers_are_plain_xml(post, wrap):
    """An answer is text/xml in UTF-8 that begins with its declaration: no mark, nothing compressed."""
    answer = post(wrap(f'<serverVersion xmlns="{NS}" />'), HTTP_ACCEPT_ENCODING="gzip, deflate")
    assert answer.body.startswith(b"<?xml")
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert answer.headers["Content-Length"] == str(len(answer.body))
    assert set(answer.headers) == {"Content-Type", "Content-Length"}


def test_get_and_head_answer_in_words(raw):
    """The certificate check's GET, and HEAD, get 200 and words for a person (QBWC1048 otherwise)."""
    page = raw(method="GET")
    assert page.status == 200
    assert page.headers["Content-Type"].startswith("text/plain")
    assert b"Web Connector" in page.body
    head = raw(method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers == page.headers
    assert raw(method="HEAD", query="wsdl").headers["Content-Type"].startswith("text/xml")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_other_methods_are_refused(raw, recorder, method):
    """Any other method is answered 405 with what is allowed."""
    answer = raw(method=method)
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, HEAD, POST"
    assert recorder.calls == []
