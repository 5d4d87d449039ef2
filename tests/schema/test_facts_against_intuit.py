from __future__ import annotations

import random
import string
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib import resources
from typing import ClassVar
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from qbsync.qbxml.build import message
from qbsync.qbxml.check import check
from qbsync.qbxml.facts import Choice, FieldType, load
from qbsync.qbxml.limits import length_of
from qbsync.qbxml.requests import Request
from qbsync.qbxml.versions import BASELINE, Edition, QbxmlVersion

pytestmark = pytest.mark.intuit

FACTS = load()
SEEDS = st.integers(0, 2**32 - 1)
VERSIONS = [QbxmlVersion(*v) for v in ((1, 0), (2, 0), (3, 0), (4, 0), (6, 0), (8, 0), (10, 0), (12, 0))]
CHARACTERS = string.ascii_letters + string.digits + " -.,'&<>\"/\n\téüßÆ€™–“”…\xa0"  # noqa: RUF001  (cp1252)
BAD = {
    FieldType.BOOL: ("maybe", "True"),
    FieldType.INT: ("1.5", "", "one"),
    FieldType.FLOAT: ("1e5", "1,2"),
    FieldType.AMT: ("1.5", "1.005", "12345678901234", "$1", "1e2"),
    FieldType.PRICE: ("1.123456", "12345678901", "1."),
    FieldType.QUAN: ("1.123456", "12345678901", ".5"),
    FieldType.PERCENT: ("1.123456", "5%"),
    FieldType.DATE: ("01/02/2026", "2026-1-2", "2026-01-01T00:00"),
    FieldType.DATETIME: ("2026-01-01T10:00:00Z", "2026-01-01T10:00:00.5", "2026-01-01 10:00"),
    FieldType.TIMEINTERVAL: ("8h", "P1D"),
    FieldType.GUID: ("{1}", "12345678-1234-1234-1234-123456789abc", ""),
    FieldType.ENUM: ("Nonsense", ""),
}
"""Values that both sides refuse, by type."""

LATER = {"SerialNumber", "LotNumber", "ReportModifiedDateRangeFilter", "ReportModifiedDateRangeMacro"}
"""Elements whose choice carries a first version in Intuit's file, which the validator does not read."""


LISTED_BEFORE_OR = {
    "AccountTypeFilter",
    "AssignToObject",
    "DateMacro",
    "EntityTypeFilter",
    "ItemTypeFilter",
    "OtherDataExtType",
    "ReportDateMacro",
    "ReportModifiedDateRangeMacro",
}
"""Elements whose values stand before the OR in front of them: the validator loses those values."""


def agree(ours, theirs):
    """Whether both refuse or both accept, or we alone refuse for what the validator does not read."""

    def blind(problem):
        tag = problem.path.split("/")[-1].split("[")[0]
        return (tag in LATER and "needs qbXML" in problem.reason) or (
            tag in LISTED_BEFORE_OR and "is not one of the values" in problem.reason
        )

    return bool(ours) == bool(theirs) or (bool(ours) and all(map(blind, ours)))


def quick(examples):
    """Hypothesis settings that are the same in every run."""
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


def rate(rnd, _):
    """A price, quantity or percentage."""
    return Decimal(rnd.randint(-(10**12), 10**12)).scaleb(-rnd.randint(3, 5))


def moment(rnd, _):
    """A point in time, with an offset or local."""
    made = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=rnd.randint(0, 10**9))
    return made if rnd.random() < 0.5 else made.replace(tzinfo=None)


class Maker:
    """Makes random bodies that the facts of one edition and version allow."""

    def __init__(self, seed, edition=Edition.US):
        self.random = random.Random(seed)
        self.edition = edition
        self.share = self.random.choice((0.05, 0.3, 0.6))

    def request(self, name):
        """A whole request with attributes."""
        element = FACTS.find(name)
        attributes = {}
        names = {a.name: a for a in element.attributes}
        if "metaData" in names and self.random.random() < self.share:
            attributes["metaData"] = self.random.choice(names["metaData"].enum)
        if "iterator" in names and self.random.random() < self.share:
            attributes["iterator"] = self.random.choice(names["iterator"].enum)
            if attributes["iterator"] != "Start":
                attributes["iteratorID"] = "{eb05f701-e727-472f-8ade-6753c4f67a46}"
        return Request(name=name, body=self.body(element.content), attributes=attributes)

    def body(self, content):
        """Children of a group; one at least where the group may have any."""
        for share in (self.share, 1.0):
            made = self.sequence(content, share)
            if made:
                return made
        return {}

    def sequence(self, content, share):
        """Required particles, and each optional one with a probability."""
        made = {}
        for particle in content.particles:
            if not (self.possible(particle) and (not particle.optional or self.random.random() < share)):
                continue
            if isinstance(particle, Choice):
                options = [o for o in particle.options if all(map(self.possible_or_optional, o.particles))]
                some = self.random.sample(options, self.random.randint(1, len(options)))
                for option in some if particle.repeats else some[:1]:
                    made |= self.sequence(option, max(share, 0.5))
            else:
                made[particle.tag] = self.values(particle)
        return {tag: value for tag, value in made.items() if value not in ({}, [])}

    def possible(self, particle):
        """Whether the edition has it at all."""
        if isinstance(particle, Choice):
            return any(all(map(self.possible_or_optional, o.particles)) for o in particle.options)
        return particle.available(BASELINE, self.edition)

    def possible_or_optional(self, particle):
        """Whether a branch with it can be written."""
        return particle.optional or self.possible(particle)

    def values(self, element):
        """One value, or several where it repeats."""
        if element.repeats and self.random.random() < 0.5:
            return [self.value(element) for _ in range(self.random.randint(1, 3))]
        return self.value(element)

    def value(self, element):
        """A value of the element's type."""
        if element.content is not None:
            return self.body(element.content) if element.content.particles else ""
        made = self.typed(element)
        return made if self.random.random() < 0.7 else spelled(made)

    def typed(self, element):
        """A Python value for a leaf."""
        make = self.MAKERS.get(element.type)
        return self.text(element) if make is None else make(self.random, element)

    def text(self, element):
        """A text or an id, now and then as long as it may be."""
        most = length_of(element, self.edition) or 60
        longest = most < 300 and self.random.random() < 0.2
        length = most if longest else self.random.randint(0, min(most, 40))
        return "".join(self.random.choices(CHARACTERS, k=length))

    MAKERS: ClassVar = {
        FieldType.ENUM: lambda rnd, element: rnd.choice(element.enum),
        FieldType.BOOL: lambda rnd, _: rnd.random() < 0.5,
        FieldType.INT: lambda rnd, element: rnd.randint(
            int(element.minimum or 0), int(element.maximum or 10**6)
        ),
        FieldType.AMT: lambda rnd, _: Decimal(rnd.randint(-(10**15) + 1, 10**15 - 1)).scaleb(-2),
        FieldType.PRICE: rate,
        FieldType.QUAN: rate,
        FieldType.PERCENT: rate,
        FieldType.FLOAT: lambda rnd, _: Decimal(rnd.randint(1, 10**6)).scaleb(-rnd.randint(0, 6)),
        FieldType.GUID: lambda rnd, _: f"{{{uuid.UUID(int=rnd.getrandbits(128))}}}",
        FieldType.TIMEINTERVAL: lambda rnd, _: f"PT{rnd.randint(0, 99)}H{rnd.randint(0, 59)}M",
        FieldType.DATE: lambda rnd, _: date(2000, 1, 1) + timedelta(days=rnd.randint(0, 12000)),
        FieldType.DATETIME: moment,
    }


def spelled(value):
    """A value as text, by another way than build's."""
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case datetime():
            return value.isoformat(timespec="seconds")
        case _:
            return str(value)


def raw(request, version=BASELINE):
    """The message as a document in Intuit's order, whether it fits or not; what is unknown goes last."""
    attributes = "".join(f" {k}={quoteattr(v)}" for k, v in request.attributes.items())
    inner = raw_children(request.body, FACTS.find(request.name).content)
    end = request.name[-2:]
    on_error = ' onError="stopOnError"' if end == "Rq" else ""
    return (
        f'<?xml version="1.0"?><?qbxml version="{version}"?><QBXML><QBXMLMsgs{end}{on_error}>'
        f"<{request.name}{attributes}>{inner}</{request.name}></QBXMLMsgs{end}></QBXML>"
    )


def raw_children(body, content):
    """The children of a group; groups in which nothing stands are left out, as build does."""
    known = content.by_tag if content else {}
    order = {tag: number for number, tag in enumerate(known)}
    parts = []
    for tag in sorted(body, key=lambda t: order.get(t, len(order))):
        values = body[tag] if isinstance(body[tag], list) else [body[tag]]
        for value in values:
            if isinstance(value, dict):
                below = raw_children(value, known[tag].content if tag in known else None)
                parts.append(f"<{tag}>{below}</{tag}>" if below else "")
            else:
                parts.append(f"<{tag}>{escape(spelled(value))}</{tag}>")
    return "".join(parts)


def places(body, content):
    """Every field of a body with the group it stands in: (group, tag, element, content)."""
    for tag, value in body.items():
        element = content.by_tag[tag]
        yield body, tag, element, content
        if element.content is not None:
            for one in value if isinstance(value, list) else [value]:
                yield from places(one, element.content)


def spoil(maker, request):
    """Change one thing of a request, mostly so that it no longer fits."""
    found = list(places(request.body, FACTS.find(request.name).content))
    if not found:
        request.body["Nonsense"] = "x"
        return
    group, tag, element, content = maker.random.choice(found)
    change = maker.random.choice(changes(maker, element))
    if change == "drop":
        del group[tag]
    elif change == "more":
        other = maker.random.choice(list(content.elements()))
        group.setdefault(other.tag, maker.value(other))
    elif change == "unknown":
        group["Nonsense"] = "x"
    else:
        group[tag] = spoiled(maker, element, change)


def changes(maker, element):
    """What can be changed at an element."""
    limited = element.type in (FieldType.STR, FieldType.ID) and length_of(element, maker.edition)
    return [
        *("drop", "unknown", "twice", "more", "shape"),
        *(["long"] if limited else []),
        *(["bad"] * 2 if element.type in BAD else []),
    ]


def spoiled(maker, element, change):
    """Another value for an element."""
    match change:
        case "twice":
            return [maker.value(element), maker.value(element)]
        case "shape":
            return "text" if element.content else {"Nonsense": "x"}
        case "long":
            return "x" * (length_of(element, maker.edition) + 1)
        case _:
            return maker.random.choice(BAD[element.type])


def test_the_facts_are_what_intuits_file_says(derive_facts, intuit):
    """Deriving the facts again gives the bytes that travel in the package."""
    packaged = resources.files("qbsync.qbxml").joinpath("facts.json").read_bytes()
    assert derive_facts.derive(intuit).encode() == packaged


@pytest.mark.parametrize("name", FACTS.requests())
@quick(20)
@given(seed=SEEDS, edition=st.sampled_from(Edition))
def test_what_we_write_intuit_accepts(witness, name, seed, edition):
    """Random bodies by our facts pass check, are built, and have no violation by Intuit's file."""
    request = Maker(seed, edition).request(name)
    assert check(request, edition=edition) == []
    assert witness[edition].validate(message([("1", request)], edition=edition)) == []


@pytest.mark.parametrize("name", [name for name in FACTS.messages if name.endswith("Rs")])
@quick(10)
@given(seed=SEEDS, edition=st.sampled_from(Edition))
def test_the_facts_of_answers_are_intuits(witness, name, seed, edition):
    """Random answers by our facts, which parse and the simulator rely on, have no violation either."""
    body = Maker(seed, edition).body(FACTS.find(name).content)
    assert witness[edition].validate(raw(Request(name=name, body=body))) == []


@pytest.mark.parametrize("name", FACTS.requests())
@quick(60)
@given(seed=SEEDS)
def test_we_refuse_exactly_what_intuit_refuses(witness, name, seed):
    """With one thing changed, our check and Intuit's file agree whether the request still fits."""
    maker = Maker(seed)
    request = maker.request(name)
    spoil(maker, request)
    ours, theirs = check(request), witness["US"].validate(raw(request))
    assert agree(ours, theirs), (ours, theirs)


@pytest.mark.parametrize("name", FACTS.requests())
@quick(8)
@given(seed=SEEDS, version=st.sampled_from(VERSIONS))
def test_older_versions_lack_the_same_fields(witness, name, seed, version):
    """In a message of an older version both refuse the fields that came later."""
    request = Maker(seed).request(name)
    ours, theirs = check(request, version=version), witness["US"].validate(raw(request, version))
    assert agree(ours, theirs), (ours, theirs)


@pytest.mark.parametrize("name", FACTS.requests())
@quick(8)
@given(seed=SEEDS, made=st.sampled_from(Edition), read=st.sampled_from(Edition))
def test_editions_lack_the_same_fields(witness, name, seed, made, read):
    """What one edition takes, another refuses by our facts just where Intuit's file does."""
    request = Maker(seed, made).request(name)
    ours, theirs = check(request, edition=read), witness[read].validate(raw(request))
    assert agree(ours, theirs), (ours, theirs)


def add_vendor(**fields):
    """A vendor to add."""
    return Request(name="VendorAddRq", body={"VendorAdd": {"Name": "A", **fields}})


def query(attributes=None, **fields):
    """A query for vendors."""
    return Request(name="VendorQueryRq", body=fields, attributes=attributes or {})


COMPANY_FIELD = {"OwnerID": "0", "DataExtName": "n", "OtherDataExtType": "Nonsense", "DataExtValue": "v"}
SERIAL = {"ItemRef": {"ListID": "1-1"}, "SerialNumber": "1"}
STRICTER = {
    "characters that Windows-1252 lacks": add_vendor(Name="Ω"),
    "control characters": add_vendor(Name="a\x85b"),
    "a number below its bounds": query(MaxReturned="0"),
    "a day that does not exist": add_vendor(OpenBalanceDate="2026-02-30"),
    "a time after January 2038": query(FromModifiedDate="2039-01-01"),
    "a time before 1970": query(FromModifiedDate="1969-01-01"),
    "times with single digits": query(FromModifiedDate="2026-1-1"),
    "numbers for true and false": add_vendor(IsActive="1"),
    "an exchange rate that ends in a point": Request(
        name="BillAddRq", body={"BillAdd": {"VendorRef": {"ListID": "1-1"}, "ExchangeRate": "1."}}
    ),
    "an attribute's value": query({"metaData": "Nonsense"}),
    "an iterator without its id": query({"iterator": "Continue"}),
    "an id without its iterator": query({"iteratorID": "{1}"}),
    "values listed before an OR": Request(name="DataExtAddRq", body={"DataExtAdd": COMPANY_FIELD}),
}
"""Rules of ours beyond what the validator reads from Intuit's file."""


@pytest.mark.parametrize("rule", STRICTER)
def test_where_we_are_stricter_by_design(witness, rule):
    """Each rule of this list is ours: we refuse what the validator lets through."""
    request = STRICTER[rule]
    assert witness["US"].validate(raw(request)) == []
    assert len(check(request)) == 1


def test_a_choice_keeps_its_first_version(witness):
    """A version that Intuit states for a whole choice holds for its branches."""
    bill = {"VendorRef": {"ListID": "1-1"}, "ItemLineAdd": SERIAL}
    request = Request(name="BillAddRq", body={"BillAdd": bill})
    assert check(request) == []
    old = QbxmlVersion(10, 0)
    assert witness["US"].validate(raw(request, old)) == []
    assert ["needs qbXML 11.0" in p.reason for p in check(request, version=old)] == [True]


def test_the_order_of_what_we_write_is_intuits(witness):
    """The validator does look at the order: the same elements the other way round are refused."""
    written = message([("1", add_vendor(CompanyName="c"))]).decode()
    assert witness["US"].validate(written) == []
    name, company = "<Name>A</Name>\n", "<CompanyName>c</CompanyName>\n"
    assert witness["US"].validate(written.replace(name + company, company + name)) != []
