"""Holds the simulator's forms and answers against Intuit's own annotated sample."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import sys
from pathlib import Path

import pytest

from qbsync.simulator.quickbooks import CompanyFile, RequestProcessorError, forms, registry

pytestmark = pytest.mark.intuit

EDITIONS = {"US": "QBD", "CA": "QBCA", "UK": "QBUK", "AU": "QBAU"}
TYPES = {
    "str": "STRTYPE", "id": "IDTYPE", "bool": "BOOLTYPE", "amount": "AMTTYPE", "price": "PRICETYPE",
    "quantity": "QUANTYPE", "percent": "PERCENTTYPE", "int": "INTTYPE", "float": "FLOATTYPE",
    "date": "DATETYPE", "datetime": "DATETIMETYPE", "guid": "GUIDTYPE", "enum": "ENUMTYPE",
    "interval": "TIMEINTERVALTYPE",
}  # fmt: skip
# Intuit's comment reads "may have the following value" where there is one, which the checker does not know
SINGLE_VALUES = {"OtherDataExtType", "DateMacro"}


@pytest.fixture(scope="module")
def intuit():
    """The independent checker, loaded by its path, and the file it reads."""
    folder = os.environ.get("QBSYNC_INTUIT_SCHEMA")
    if not folder:
        pytest.skip("QBSYNC_INTUIT_SCHEMA names no folder with Intuit's files")
    checker = Path(folder).parent / "bin" / "check-qbxml"
    loader = importlib.machinery.SourceFileLoader("check_qbxml", str(checker))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_qbxml", loader))
    sys.modules["check_qbxml"] = module
    loader.exec_module(module)
    return module, Path(folder) / "qbxmlops130.xml"


def differences(ours, theirs, checker, edition, path=""):
    """Where a form of ours and one of Intuit's differ, as lines."""
    path = f"{path}/{ours.tag}"
    flags = theirs.flags
    pairs = {
        "tag": (ours.tag, theirs.tag),
        "type": (TYPES.get(ours.type), theirs.type),
        "repeats": (ours.repeats, flags.rep),
        "optional": (ours.optional, flags.opt),
        "since": (ours.since, forms.parse_version(str(flags.version))),
        "longest": (ours.longest, flags.maxlen),
        "attributes": (ours.attributes, frozenset(theirs.attrs)),
    }
    if ours.tag not in SINGLE_VALUES:
        pairs["values"] = (ours.values, theirs.enum or frozenset())
    yield from (f"{path} {name}: {a} != {b}" for name, (a, b) in pairs.items() if a != b)
    yield from sequence_differences(ours.content, theirs.content, checker, edition, path)


def sequence_differences(ours, theirs, checker, edition, path):
    """Compare two sequences of elements and choices, leaving out what the edition does not have."""
    kept = [] if theirs is None else [item for item in theirs.items if in_edition(item, checker, edition)]
    if len(ours) != len(kept):
        yield f"{path}: {len(ours)} children, not {len(kept)}"
        return
    for our, their in zip(ours, kept, strict=True):
        if isinstance(our, forms.Element) and isinstance(their, checker.Element):
            yield from differences(our, their, checker, edition, path)
        elif isinstance(our, forms.Choice) and isinstance(their, checker.Choice):
            if (our.optional, our.repeats) != (their.opt, their.rep):
                yield f"{path}: a choice differs"
            options = [option for option in their.options if any_in(option, checker, edition)]
            for branch, option in zip(our.branches, options, strict=True):
                yield from sequence_differences(branch, option, checker, edition, path)
        else:
            yield f"{path}: a choice against an element"


def in_edition(item, checker, edition):
    """Whether an edition has an element; a choice it has if it has any branch."""
    return not isinstance(item, checker.Element) or edition not in item.flags.not_in


def any_in(option, checker, edition):
    """Whether an edition has anything of a branch."""
    return any(in_edition(item, checker, edition) for item in option.items)


@pytest.mark.parametrize(("edition", "name"), EDITIONS.items())
def test_every_request_has_intuits_form(intuit, edition, name):
    """Order, optionality, repetition, types, lengths, values and versions of each request are Intuit's."""
    checker, file = intuit
    schema = checker.load(str(file), name)
    requests = {tag: form for tag, form in forms.load(edition).items() if tag.endswith("Rq")}
    found = [
        line for tag, form in requests.items() for line in differences(form, schema.roots[tag], checker, name)
    ]
    assert found == []
    assert len(requests) > 40


def test_every_request_with_a_form_is_done():
    """No form without a handler, no handler without a form."""
    assert {tag for tag in forms.load("US") if tag.endswith("Rq")} == registry.handled()


GOOD = {
    "vendor": "<VendorAddRq><VendorAdd><Name>B</Name><VendorAddress><Addr1>1</Addr1><City>R</City>"
    "</VendorAddress><CreditLimit>10.00</CreditLimit></VendorAdd></VendorAddRq>",
    "job": "<CustomerAddRq><CustomerAdd><Name>J</Name><ParentRef><FullName>Vortex</FullName></ParentRef>"
    "<JobStatus>Awarded</JobStatus><JobStartDate>2026-01-31</JobStartDate></CustomerAdd></CustomerAddRq>",
    "item": "<ItemServiceAddRq><ItemServiceAdd><Name>02</Name><SalesAndPurchase><SalesPrice>1.5</SalesPrice>"
    "<IncomeAccountRef><FullName>Construction Income</FullName></IncomeAccountRef><ExpenseAccountRef>"
    "<FullName>Job Costs</FullName></ExpenseAccountRef></SalesAndPurchase>"
    "</ItemServiceAdd></ItemServiceAddRq>",
    "purchase order": "<PurchaseOrderAddRq><PurchaseOrderAdd><VendorRef><FullName>ACME</FullName></VendorRef>"
    "<PurchaseOrderLineAdd><ItemRef><FullName>01</FullName></ItemRef><Quantity>1.12345</Quantity>"
    "<Rate>2</Rate></PurchaseOrderLineAdd></PurchaseOrderAdd></PurchaseOrderAddRq>",
    "queries": '<VendorQueryRq iterator="Start" metaData="MetaDataAndResponseData">'
    "<MaxReturned>1</MaxReturned>"
    "</VendorQueryRq><PurchaseOrderQueryRq><IncludeLineItems>true</IncludeLineItems></PurchaseOrderQueryRq>"
    "<CustomerQueryRq /><ItemQueryRq /><EntityQueryRq /><AccountQueryRq /><TermsQueryRq /><ClassQueryRq />"
    "<VendorTypeQueryRq /><CustomerTypeQueryRq /><JobTypeQueryRq /><EmployeeQueryRq /><OtherNameQueryRq />"
    "<ListDeletedQueryRq><ListDelType>Vendor</ListDelType></ListDeletedQueryRq>",
    "other lists": "<ClassAddRq><ClassAdd><Name>N</Name></ClassAdd></ClassAddRq><AccountAddRq><AccountAdd>"
    "<Name>Bank</Name><AccountType>Bank</AccountType><OpenBalance>5.00</OpenBalance></AccountAdd></AccountAddRq>"
    "<StandardTermsAddRq><StandardTermsAdd><Name>Net 30</Name><StdDueDays>30</StdDueDays></StandardTermsAdd>"
    "</StandardTermsAddRq><EmployeeAddRq><EmployeeAdd><FirstName>Jo</FirstName></EmployeeAdd></EmployeeAddRq>"
    "<OtherNameAddRq><OtherNameAdd><Name>O</Name></OtherNameAdd></OtherNameAddRq>",
    "host": "<HostQueryRq><IncludeListMetaData><IncludeMaxCapacity>true</IncludeMaxCapacity>"
    "</IncludeListMetaData></HostQueryRq><CompanyQueryRq><OwnerID>{AAAAAAAA-0000-0000-0000-000000000001}"
    "</OwnerID></CompanyQueryRq><PreferencesQueryRq />",
}
BAD = {
    "order": "<VendorAddRq><VendorAdd><CompanyName>C</CompanyName><Name>B</Name></VendorAdd></VendorAddRq>",
    "enum": "<CustomerAddRq><CustomerAdd><Name>J</Name><JobStatus>Won</JobStatus></CustomerAdd>"
    "</CustomerAddRq>",
    "decimals": "<VendorAddRq><VendorAdd><Name>B</Name><CreditLimit>1.5</CreditLimit></VendorAdd>"
    "</VendorAddRq>",
    "date": "<CustomerAddRq><CustomerAdd><Name>J</Name><JobStartDate>31.1.2026</JobStartDate></CustomerAdd>"
    "</CustomerAddRq>",
    "missing": "<PurchaseOrderModRq><PurchaseOrderMod><TxnID>1-1</TxnID></PurchaseOrderMod>"
    "</PurchaseOrderModRq>",
    "choice": "<CustomerQueryRq><ListID>1-1</ListID><ActiveStatus>All</ActiveStatus></CustomerQueryRq>",
    "unknown": "<ItemServiceAddRq><ItemServiceAdd><Name>1</Name><Colour>x</Colour></ItemServiceAdd>"
    "</ItemServiceAddRq>",
}


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD.keys())
def test_what_intuit_accepts_is_done_and_answered_in_intuits_form(intuit, company, wrapped, body):
    """Hand-written good messages pass both checkers, and each answer is a QBXMLMsgsRs by Intuit's file."""
    checker, file = intuit
    schema = checker.load(str(file), "QBD")
    message = wrapped(body)
    assert schema.validate(message) == []
    answer = company.process(message)
    assert 'statusSeverity="Error"' not in answer
    assert schema.validate(answer) == []


@pytest.mark.parametrize("body", BAD.values(), ids=BAD.keys())
def test_what_intuit_refuses_is_refused(intuit, wrapped, body):
    """Hand-written bad messages are refused by both."""
    checker, file = intuit
    message = wrapped(body)
    assert checker.load(str(file), "QBD").validate(message)
    with pytest.raises(RequestProcessorError, match="0x80040400"):
        CompanyFile.open().process(message)
