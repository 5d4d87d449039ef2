from __future__ import annotations

import pytest
from lxml import etree

QUERY = "<VendorQueryRq {}>{}</VendorQueryRq>"
PO_QUERY = "<PurchaseOrderQueryRq>{}</PurchaseOrderQueryRq>"


@pytest.fixture
def vendors(company):
    """Seven vendors beside ACME, V1 to V7."""
    return [company.human.add_vendor(f"V{number}") for number in range(1, 8)]


@pytest.fixture
def session(company, wrapped):
    """Sends requests within one QuickBooks session."""
    ticket = company.begin_session("qbsync")
    return lambda body: etree.fromstring(company.process_in_session(ticket, wrapped(body)).encode())[0][0]


def names(answer):
    """The names in an answer, in order."""
    return [ret.findtext("Name") for ret in answer]


@pytest.mark.usefixtures("vendors")
def test_an_iterator_reads_page_by_page(session):
    """Start and Continue give each vendor once; the remaining count goes to 0, and then the iterator ends."""
    page = session(QUERY.format('iterator="Start"', "<MaxReturned>3</MaxReturned>"))
    iterator_id, seen, left = page.get("iteratorID"), names(page), [page.get("iteratorRemainingCount")]
    more = QUERY.format(f'iterator="Continue" iteratorID="{iterator_id}"', "<MaxReturned>3</MaxReturned>")
    while left[-1] != "0":
        page = session(more)
        seen += names(page)
        left.append(page.get("iteratorRemainingCount"))
    assert left == ["5", "2", "0"]
    assert seen == ["ACME", "V1", "V2", "V3", "V4", "V5", "V6", "V7"]
    assert session(more).get("statusCode") == "3391"


@pytest.mark.usefixtures("vendors")
def test_3391_is_an_iterator_of_another_session(session, ask):
    """An iterator is valid within its QuickBooks session alone."""
    page = session(QUERY.format('iterator="Start"', "<MaxReturned>3</MaxReturned>"))
    attributes = f'iterator="Continue" iteratorID="{page.get("iteratorID")}"'
    assert ask(QUERY.format(attributes, "<MaxReturned>3</MaxReturned>"))[0].get("statusCode") == "3391"


@pytest.mark.usefixtures("vendors")
def test_a_stopped_iterator_is_over(session):
    """Stop abandons an iterator."""
    page = session(QUERY.format('iterator="Start"', "<MaxReturned>3</MaxReturned>"))
    iterator_id = page.get("iteratorID")
    stop, more = (f'iterator="{verb}" iteratorID="{iterator_id}"' for verb in ("Stop", "Continue"))
    assert session(QUERY.format(stop, "")).get("statusCode") == "0"
    again = session(QUERY.format(more, "<MaxReturned>3</MaxReturned>"))
    assert again.get("statusCode") == "3391"


@pytest.mark.usefixtures("vendors")
def test_metadata_counts(ask):
    """MetaDataOnly counts without data, MetaDataAndResponseData does both, and by default nothing counts."""
    only = ask(QUERY.format('metaData="MetaDataOnly"', ""))[0]
    both = ask(QUERY.format('metaData="MetaDataAndResponseData"', ""))[0]
    plain = ask(QUERY.format("", ""))[0]
    assert [(answer.get("retCount"), len(answer)) for answer in (only, both, plain)] == [
        ("8", 0), ("8", 8), (None, 8),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("<MaxReturned>2</MaxReturned>", ["ACME", "V1"]),
        ("", ["ACME", "V1", "V2", "V3", "V4", "V5", "V6"]),
        ("<ActiveStatus>InactiveOnly</ActiveStatus>", ["V7"]),
        ("<ActiveStatus>All</ActiveStatus>", ["ACME", "V1", "V2", "V3", "V4", "V5", "V6", "V7"]),
        (
            "<NameFilter><MatchCriterion>StartsWith</MatchCriterion><Name>ac</Name></NameFilter>",
            ["ACME"],
        ),
        ("<NameFilter><MatchCriterion>EndsWith</MatchCriterion><Name>3</Name></NameFilter>", ["V3"]),
        ("<NameRangeFilter><FromName>V5</FromName></NameRangeFilter>", ["V5", "V6"]),
        ("<NameRangeFilter><FromName>B</FromName><ToName>V2</ToName></NameRangeFilter>", ["V1", "V2"]),
    ],
)
def test_filters_of_lists(ask, company, vendors, filters, expected):
    """Activity, names and MaxReturned choose which vendors come, in the order of their names."""
    company.human.make_inactive("Vendor", vendors[-1])
    assert names(ask(QUERY.format("", filters))[0]) == expected


def test_modified_filters_are_inclusive_and_compare_local_time(ask, company, clock):
    """From and To include their second, a bare day its whole length, and the offset is ignored."""
    clock.tick(86400)
    company.human.add_vendor("Late")
    for bounds, expected in (
        ("<FromModifiedDate>2026-03-03T09:30:00</FromModifiedDate>", ["Late"]),
        ("<FromModifiedDate>2026-03-03T09:30:01</FromModifiedDate>", []),
        ("<FromModifiedDate>2026-03-03T09:30:00+05:00</FromModifiedDate>", ["Late"]),
        ("<ToModifiedDate>2026-03-02</ToModifiedDate>", ["ACME"]),
        (
            "<FromModifiedDate>2026-03-03</FromModifiedDate><ToModifiedDate>2026-03-03</ToModifiedDate>",
            ["Late"],
        ),
    ):
        assert names(ask(QUERY.format("", bounds))[0]) == expected


def test_ret_elements_can_be_chosen(ask):
    """IncludeRetElement limits the top elements; what it names wrongly is ignored."""
    body = "<FullName>ACME</FullName><IncludeRetElement>Name</IncludeRetElement>"
    answer = ask(QUERY.format("", body + "<IncludeRetElement>Nonsense</IncludeRetElement>"))[0]
    assert [child.tag for child in answer[0]] == ["Name"]


def test_accounts_are_found_by_type(ask):
    """AccountQuery filters by AccountType."""
    answer = ask("<AccountQueryRq><AccountType>Income</AccountType></AccountQueryRq>")[0]
    assert names(answer) == ["Construction Income"]


def test_entities_and_items_are_asked_together(ask, company):
    """EntityQuery and ItemQuery answer with the Ret of each kind."""
    company.human.add_employee("Jo", "Smith")
    company.human.add_other_charge_item("Freight", account="Job Costs")
    entities = ask("<EntityQueryRq />")[0]
    items = ask("<ItemQueryRq />")[0]
    assert {ret.tag for ret in entities} == {"CustomerRet", "VendorRet", "EmployeeRet"}
    assert [ret.tag for ret in items] == ["ItemServiceRet", "ItemOtherChargeRet"]
    assert ask("<ItemQueryRq><FullName>Freight</FullName></ItemQueryRq>")[0][0].tag == "ItemOtherChargeRet"


def test_a_filter_that_is_not_simulated_is_refused(ask):
    """What the simulator cannot filter by answers 1030, not everything."""
    body = "<TotalBalanceFilter><Operator>Equal</Operator><Amount>0.00</Amount></TotalBalanceFilter>"
    assert ask(QUERY.format("", body))[0].get("statusCode") == "1030"


@pytest.fixture
def orders(company, clock):
    """Three purchase orders of two vendors, a day apart."""
    company.human.add_vendor("Baker")
    made = []
    for vendor, number in (("ACME", "PO-1"), ("Baker", "po-1"), ("ACME", "PO-3")):
        made.append(company.human.add_purchase_order(vendor, [("01", "Work", 5)], ref_number=number))
        clock.tick(86400)
    return made


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("", [0, 1, 2]),
        ("<RefNumber>PO-1</RefNumber>", [0, 1]),
        ("<RefNumberCaseSensitive>PO-1</RefNumberCaseSensitive>", [0]),
        ("<RefNumber>PO-9</RefNumber>", []),
        ("<EntityFilter><FullName>acme</FullName></EntityFilter>", [0, 2]),
        (
            "<RefNumberFilter><MatchCriterion>EndsWith</MatchCriterion><RefNumber>3</RefNumber></RefNumberFilter>",
            [2],
        ),
        (
            "<RefNumberRangeFilter><FromRefNumber>PO-2</FromRefNumber></RefNumberRangeFilter>",
            [2],
        ),
        (
            (
                "<ModifiedDateRangeFilter><FromModifiedDate>2026-03-03</FromModifiedDate>"
                "<ToModifiedDate>2026-03-03</ToModifiedDate></ModifiedDateRangeFilter>"
            ),
            [1],
        ),
        ("<TxnDateRangeFilter><ToTxnDate>2026-03-03</ToTxnDate></TxnDateRangeFilter>", [0, 1]),
        ("<TxnDateRangeFilter><DateMacro>Today</DateMacro></TxnDateRangeFilter>", []),
    ],
)
def test_filters_of_transactions(ask, orders, filters, expected):
    """Numbers, vendor and dates choose which purchase orders come."""
    answer = ask(PO_QUERY.format(filters))[0]
    assert [ret.findtext("TxnID") for ret in answer] == [orders[at] for at in expected]
    assert answer.get("statusCode") == ("0" if expected else "1")


def test_lines_come_only_when_asked_for(ask, orders):
    """IncludeLineItems brings the lines; without it a TxnID query has none."""
    bare = ask(PO_QUERY.format(f"<TxnID>{orders[0]}</TxnID>"))[0][0]
    full = ask(PO_QUERY.format(f"<TxnID>{orders[0]}</TxnID><IncludeLineItems>true</IncludeLineItems>"))[0][0]
    assert bare.find("PurchaseOrderLineRet") is None
    assert full.findtext("PurchaseOrderLineRet/Amount") == "5.00"


@pytest.mark.parametrize(
    ("list_id", "expected"), [("ListIDWithChildren", ["Vortex", "Vortex:Plaza"]), ("ListID", ["Vortex"])]
)
def test_children_come_with_their_parent(ask, company, list_id, expected):
    """An id filter with children takes the jobs along: here by the class of each customer."""
    for name in ("North", "North:East"):
        parent, _, own = name.rpartition(":")
        company.human.add_class(own, parent=parent)
    for customer, name in zip(company.customers(), ("North", "North:East"), strict=True):
        company.human.edit("Customer", customer.list_id, ClassRef={"FullName": name})
    north = company.elements("Class")[0].list_id
    body = f"<ClassFilter><{list_id}>{north}</{list_id}></ClassFilter>"
    answer = ask(f"<CustomerQueryRq>{body}</CustomerQueryRq>")[0]
    assert [ret.findtext("FullName") for ret in answer] == expected
