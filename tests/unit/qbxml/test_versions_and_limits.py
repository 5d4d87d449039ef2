from __future__ import annotations

import pytest

from qbsync.errors import QbxmlInvalidError
from qbsync.qbxml.facts import Choice, load
from qbsync.qbxml.limits import max_length
from qbsync.qbxml.requests import Request
from qbsync.qbxml.versions import BASELINE, Edition, QbxmlVersion, choose, written


def test_parse_drops_the_country():
    """A version reads back what it writes, and an old Canadian one loses its prefix only."""
    assert QbxmlVersion.parse("CA3.0") == QbxmlVersion(3, 0)
    assert str(QbxmlVersion.parse("13.0")) == "13.0"


@pytest.mark.parametrize("text", ["", "13", "13.x", "FR3.0", "v13.0", "\u0661\u0663.\u0660"])
def test_parse_refuses_what_is_no_version(text):
    """Anything but number.number, with CA, UK or AU before it, is refused by name."""
    with pytest.raises(ValueError, match="not a qbXML version"):
        QbxmlVersion.parse(text)


def test_choose_takes_the_highest_common_version():
    """Versions are compared as numbers, up to the ceiling, whatever their order."""
    assert choose(["1.0", "9.0", "16.0", "12.0", "2.1"]) == (QbxmlVersion(12, 0), Edition.US)
    assert choose(["14.0", "13.0"]) == (BASELINE, Edition.US)
    assert choose(["14.0", "13.0"], ceiling=QbxmlVersion(14, 0)) == (QbxmlVersion(14, 0), Edition.US)


def test_choose_names_the_edition_of_old_canadian_files():
    """A file that offers CA3.0 is spoken to as Canadian, and the message says CA3.0."""
    version, edition = choose(["CA2.0", "CA3.0", "nonsense"])
    assert (version, edition) == (QbxmlVersion(3, 0), Edition.CA)
    assert written(version, edition) == "CA3.0"
    assert written(BASELINE, Edition.CA) == "13.0"


def test_choose_says_what_quickbooks_offers_where_nothing_fits():
    """Without a common version a person is told what QuickBooks offers."""
    with pytest.raises(QbxmlInvalidError, match=r"it offers 16\.0"):
        choose(["16.0"])
    with pytest.raises(QbxmlInvalidError, match="none"):
        choose([])


@pytest.mark.parametrize(
    ("request_name", "path", "edition", "length"),
    [
        ("VendorAddRq", "VendorAdd/Name", Edition.US, 41),
        ("ItemServiceAddRq", "ItemServiceAdd/Name", Edition.US, 31),
        ("PurchaseOrderAddRq", "PurchaseOrderAdd/RefNumber", Edition.US, 11),
        ("BillAddRq", "BillAdd/RefNumber", Edition.UK, 20),
        ("PurchaseOrderAddRq", "PurchaseOrderAdd/VendorMsg", Edition.US, 99),
        ("CustomerAddRq", "CustomerAdd/ResaleNumber", Edition.US, 15),
        ("CustomerAddRq", "CustomerAdd/ResaleNumber", Edition.CA, 21),
        ("PurchaseOrderModRq", "PurchaseOrderMod/PurchaseOrderLineMod/TxnLineID", Edition.US, 36),
        ("BillAddRq", "BillAdd/TxnDate", Edition.US, None),
    ],
)
def test_lengths_are_those_of_the_reference(request_name, path, edition, length):
    """Limits that the reference's appendix A names come out of the facts, by edition where they differ."""
    assert max_length(request_name, path, edition=edition) == length


@pytest.mark.parametrize("path", ["VendorAdd/Nam", "VendorAdd/Name/More", ""])
def test_an_unknown_field_has_no_limit_to_ask_for(path):
    """A misspelt path fails instead of answering that there is no limit."""
    with pytest.raises(KeyError):
        max_length("VendorAddRq", path)


def test_the_facts_pair_each_request_with_its_answer():
    """Every request of the facts has its Rs, and writes are told from reads."""
    facts = load()
    names = facts.requests()
    assert len(names) == 78
    assert all(facts.find(name.removesuffix("Rq") + "Rs") for name in names)
    reads = {name for name in names if not Request(name=name, body={}).is_write}
    assert {"VendorQueryRq", "JobReportQueryRq", "HostQueryRq"} <= reads
    assert not {"VendorAddRq", "TxnVoidRq", "ListDelRq", "DataExtModRq"} & reads


def tags_of(content):
    """Every tag of a group, as often as it stands there."""
    for particle in content.particles:
        if isinstance(particle, Choice):
            for option in particle.options:
                yield from tags_of(option)
        else:
            yield particle.tag


def groups(element):
    """Every group of fields below an element."""
    if element.content is not None:
        yield element.content
        for child in element.content.elements():
            yield from groups(child)


def test_a_tag_stands_once_in_its_group():
    """No group holds one tag in two places, which the layout by name relies on."""
    facts = load()
    for name in facts.messages:
        for content in groups(facts.find(name)):
            tags = list(tags_of(content))
            assert len(tags) == len(set(tags)), name
