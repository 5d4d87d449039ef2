from __future__ import annotations

import gc
import tracemalloc

import pytest

from qbsync.errors import QbxmlUnreadableError, Recovery
from qbsync.qbxml.parse import Head, Ret, Status, read

ANSWER = """<?xml version="1.0" ?>
<QBXML>
<QBXMLMsgsRs newMessageSetID="N1" messageSetStatusCode="0">
<VendorAddRs requestID="7" statusCode="0" statusSeverity="Info" statusMessage="Status OK">
<VendorRet><ListID>80000001-1</ListID><Name>Caf\u00e9 &amp; Co</Name>
<VendorAddress><Addr1>1 Main</Addr1><Addr2></Addr2></VendorAddress>
<DataExtRet><DataExtName>a</DataExtName></DataExtRet><DataExtRet><DataExtName>b</DataExtName></DataExtRet>
</VendorRet>
</VendorAddRs>
<VendorQueryRs requestID="8" statusCode="1" statusSeverity="Info" statusMessage="none" retCount="0"
 iteratorRemainingCount="12" iteratorID="{1}"/>
<BillAddRs requestID="9" statusCode="3120" statusSeverity="Error" statusMessage="no such object">
<ErrorRecovery><ListID>1</ListID></ErrorRecovery></BillAddRs>
</QBXMLMsgsRs>
</QBXML>
"""


def wrap(rest, attributes=""):
    """A whole answer around what it holds."""
    return f"<QBXML><QBXMLMsgsRs{attributes}>{rest}</QBXMLMsgsRs></QBXML>"


def test_an_answer_is_a_stream_of_head_status_and_rets():
    """The head comes first, each status before its Rets, in the answer's order, ErrorRecovery among them."""
    head, added, vendor, queried, billed, recovery = read(ANSWER)
    assert head == Head(new_message_set_id="N1", message_set_status=0)
    assert added == Status(name="VendorAddRs", request_id="7", code=0, severity="Info", message="Status OK")
    assert (vendor.tag, vendor.status) == ("VendorRet", added)
    assert (queried.ret_count, queried.iterator_remaining, queried.iterator_id) == (0, 12, "{1}")
    assert (billed.code, billed.severity) == (3120, "Error")
    assert (recovery.tag, recovery.status) == ("ErrorRecovery", billed)


@pytest.mark.parametrize(
    "answer", [ANSWER, ANSWER.encode(), "\ufeff" + ANSWER, b"\xef\xbb\xbf" + ANSWER.encode()]
)
def test_text_and_bytes_read_the_same(answer):
    """Both forms, with and without a byte order mark, give the same events."""
    events = list(read(answer))
    assert [type(e).__name__ for e in events] == ["Head", "Status", "Ret", "Status", "Status", "Ret"]
    assert events[2].text("Name") == "Café & Co"


def test_a_declared_encoding_does_not_matter_to_text():
    """Text that still says it is UTF-16 or cp1252 is read as the text it is."""
    for encoding in ("utf-16", "windows-1252"):
        declared = ANSWER.replace('"1.0" ?>', f'"1.0" encoding="{encoding}"?><?qbxml version="13.0"?>')
        assert [e.text("Name") for e in read(declared) if isinstance(e, Ret) and e.has("Name")] == [
            "Café & Co"
        ]
        assert next(iter(read("\n " + declared)))


def test_a_ret_answers_by_path():
    """Empty is told from absent; parts and repeated parts are Rets themselves."""
    vendor = next(e for e in read(ANSWER) if isinstance(e, Ret))
    assert vendor.text("VendorAddress/Addr1") == "1 Main"
    assert vendor.text("VendorAddress/Addr2", "none") == ""
    assert vendor.text("VendorAddress/Addr3", "none") == "none"
    assert vendor.has("VendorAddress/Addr2")
    assert not vendor.has("Phone")
    assert vendor.one("Phone") is None
    assert vendor.one("VendorAddress").text("Addr1") == "1 Main"
    assert [ext.text("DataExtName") for ext in vendor.all("DataExtRet")] == ["a", "b"]
    assert [child.tag for child in vendor.children()][:3] == ["ListID", "Name", "VendorAddress"]
    assert vendor.one("ListID").value == "80000001-1"
    assert vendor.value == ""


def test_attributes_of_report_rows_are_read():
    """ColData carries its value in attributes."""
    report = wrap(
        '<JobReportQueryRs statusCode="0"><ReportRet><ReportData><DataRow rowNumber="1">'
        '<ColData colID="2" value="9.50"/></DataRow></ReportData></ReportRet></JobReportQueryRs>'
    )
    row = next(e for e in read(report) if isinstance(e, Ret)).one("ReportData/DataRow/ColData")
    assert (row.attribute("colID"), row.attribute("value"), row.attribute("dataType", "?")) == (
        "2",
        "9.50",
        "?",
    )


def test_missing_attributes_are_none():
    """QuickBooks leaves out what is not relevant, also on the message itself."""
    head, status = read(wrap('<VendorQueryRs statusCode="0"/>'))
    assert head == Head()
    assert (status.request_id, status.ret_count, status.iterator_id) == ("", None, None)


def test_a_message_set_without_answers_is_a_head_alone():
    """A status check that found nothing answers 600 and no more."""
    assert list(read(wrap("", ' messageSetStatusCode="600"'))) == [Head(message_set_status=600)]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("", "is empty"),
        (b" \n ", "is empty"),
        ("<html><body>Proxy error</body></html>", "begins '<html><body>Proxy error"),
        ("The request is not supported in QBPOS", "begins 'The request"),
        ("<!DOCTYPE QBXML [<!ENTITY x 'y'>]>" + wrap("&x;"), "DOCTYPE"),
        ("<?xml version='1.0'?><!-- a --><!doctype html><QBXML/>", "DOCTYPE"),
        ("<QBXMLMsgsRs/>", "does not begin with <QBXML>"),
        ("<QBXMLEvents/>", "does not begin with <QBXML>"),
        ("<QBXML/>", "holds no QBXMLMsgsRs"),
        ("<QBXML><QBXMLMsgsRq/></QBXML>", "QBXMLMsgsRq"),
        ("<QBXML><QBXMLMsgsRs/><QBXMLMsgsRs/></QBXML>", "one QBXMLMsgsRs"),
        (wrap("", ' messageSetStatusCode="abc"'), "messageSetStatusCode='abc'"),
        (wrap("", ' messageSetStatusCode=""'), "messageSetStatusCode=''"),
        (wrap('<VendorAddRs statusCode="x"/>'), "statusCode='x'"),
        (wrap("<VendorAddRs/>"), "VendorAddRs without a statusCode"),
        (wrap('<VendorRet statusCode="0"/>'), "VendorRet"),
        (wrap("&undefined;"), "damaged"),
        (ANSWER + "trailing", "damaged"),
        (wrap("\ud800"), "half a character"),
        (ANSWER.encode("utf-16"), "does not begin"),
    ],
)
def test_what_is_no_answer_is_unreadable(answer, words):
    """Each is refused in plain words with how it begins, and leads to the same message being sent again."""
    with pytest.raises(QbxmlUnreadableError) as caught:
        list(read(answer))
    assert words in caught.value.message
    assert caught.value.recovery is Recovery.RETRY


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_answer_is_unreadable(share):
    """Wherever an answer is cut, reading it ends in an error, never in a clean end."""
    with pytest.raises(QbxmlUnreadableError, match="cut off"):
        list(read(ANSWER[: int(len(ANSWER.strip()) * share)]))


def test_entities_are_not_expanded():
    """A billion laughs never reach the parser."""
    bomb = '<?xml version="1.0"?>\n<!DOCTYPE QBXML [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>' + wrap(
        "&b;"
    )
    with pytest.raises(QbxmlUnreadableError, match="DOCTYPE"):
        next(read(bomb))


def large(records):
    """One query's answer of that many records."""
    ret = f"<VendorRet><ListID>8</ListID><Notes>{'n' * 400}</Notes></VendorRet>\n"
    return wrap(f'<VendorQueryRs statusCode="0" retCount="{records}">\n' + ret * records + "</VendorQueryRs>")


def test_a_large_answer_is_handed_over_record_by_record():
    """Every record of one huge query comes through, and Rets that are kept stay whole."""
    rets = [e for e in read(large(3000)) if isinstance(e, Ret)]
    assert len(rets) == 3000
    assert {len(r.text("Notes")) for r in rets} == {400}
    assert {r.text("ListID") for r in rets} == {"8"}


def test_handed_over_records_are_let_go():
    """While a large answer is read, the tree never holds more than a few hundred records."""
    most = 0
    for event in read(large(5000)):
        if isinstance(event, Ret):
            most = max(most, len(event._element.getparent()))
    assert 0 < most < 300


def test_python_objects_do_not_pile_up():
    """Reading ten times as many records keeps no more Python memory alive."""

    def peak(records):
        answer = large(records)
        gc.collect()
        tracemalloc.start()
        for _ in read(answer):
            pass
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(100)
    assert peak(20000) < 3 * peak(2000)
