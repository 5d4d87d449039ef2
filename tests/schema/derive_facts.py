"""Derives qbsync/qbxml/facts.json from Intuit's annotated sample of qbXML 13.0.

    python tests/schema/derive_facts.py FOLDER > qbsync/qbxml/facts.json

FOLDER holds qbxmlops130.xml, which is Intuit's and stays out of the project. One line of that file is one
element or one comment: a comment behind an element describes it, a comment on a line of its own opens, splits
or closes a choice, or lists values or attributes. Anything this reading does not know stops it.

The notation of facts.json stands in its own "about".
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ABOUT = [
    "messages: request or response name -> index into particles.",
    "particles: an element {tag, ...} or a choice {choice: [index into contents, ...], ...}.",
    "contents: the children of an aggregate or of a branch of a choice, in order: indexes into particles.",
    "enums: lists of allowed values. attributes: lists of {name, type, required?, enum?}.",
    "element: type (a leaf) or content (an aggregate, index into contents); opt: may be absent;",
    "  rep: may repeat; len: most characters, for all editions or by edition; enum: index into enums;",
    "  since: first qbXML version (1.0 where absent); not_in: editions that lack it;",
    "  min, max: bounds of a number; attrs: index into attributes.",
    "  What exists in QuickBooks Online only is left out.",
    "choice: exactly one branch; opt: or none; rep: any mix, any number, in any order.",
]
EDITIONS = {"QBD": "US", "QBCA": "CA", "QBUK": "UK", "QBAU": "AU"}
_WRITTEN = (
    "HostQuery CompanyQuery CompanyActivityQuery PreferencesQuery CustomerAdd CustomerMod CustomerQuery "
    "VendorAdd VendorMod VendorQuery EntityQuery EmployeeAdd EmployeeQuery OtherNameAdd OtherNameQuery "
    "ItemServiceAdd ItemServiceMod ItemServiceQuery ItemOtherChargeAdd ItemOtherChargeQuery "
    "ItemInventoryAdd ItemQuery AccountAdd AccountQuery ClassAdd ClassQuery JobTypeQuery VendorTypeAdd "
    "VendorTypeQuery StandardTermsAdd StandardTermsQuery DateDrivenTermsQuery TermsQuery "
    "SalesTaxCodeQuery EstimateAdd EstimateMod EstimateQuery PurchaseOrderAdd PurchaseOrderMod "
    "PurchaseOrderQuery BillAdd BillMod BillQuery VendorCreditAdd VendorCreditMod VendorCreditQuery "
    "BillPaymentCheckAdd BillPaymentCheckMod BillPaymentCheckQuery BillPaymentCreditCardAdd "
    "BillPaymentCreditCardQuery BillToPayQuery CheckAdd CheckMod CheckQuery CreditCardChargeAdd "
    "CreditCardChargeQuery CreditCardCreditAdd CreditCardCreditQuery JournalEntryAdd JournalEntryQuery "
    "TransactionQuery JobReportQuery CustomDetailReportQuery GeneralDetailReportQuery "
    "GeneralSummaryReportQuery ListDeletedQuery TxnDeletedQuery ListDel TxnDel TxnVoid DataExtAdd "
    "DataExtMod DataExtDel DataExtDefAdd DataExtDefMod DataExtDefDel DataExtDefQuery "
)
NAMES = _WRITTEN.split()

LINE = re.compile(r"\s*(?:<(/?)(\w+)([^>]*?)(/?)>(?:(\w+)</\2>)?)?\s*(?:<!--(.*)-->)?\s*")
ATTRIBUTE = re.compile(r'(\w+)\s*=\s*"(\w+)"')
VALUES = re.compile(r"(\w+) may have one of the following values: (.*)")
ATTRIBUTE_FACT = re.compile(
    r"'(\w+)' is (optional|required)(?: and (?:may|must) have one of the following values: (.*))?"
)
ONLY_ATTRIBUTE = re.compile(r"\w+ contains 1 (optional|required) attribute: '(\w+)'")
LENGTH = re.compile(r"max length = (\d+)(?: for ([A-Z|]+))?")


def words(text: str) -> list[str]:
    """The values of a list, without the notes in brackets."""
    return [value for part in text.split(",") if (value := re.sub(r"\[.*?\]|\(.*?\)", "", part).strip())]


@dataclass
class Flags:
    """What a comment says about an element or a choice."""

    facts: dict[str, Any] = field(default_factory=dict)
    lengths: dict[str, int] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)

    @property
    def elsewhere(self) -> bool:
        """Whether no desktop edition has it."""
        return self.absent >= set(EDITIONS.values())

    def under(self, outer: Flags) -> None:
        """Take over what the surrounding choice says of all its branches."""
        self.absent |= outer.absent
        versions = [f.facts["since"] for f in (self, outer) if "since" in f.facts]
        if versions:
            self.facts["since"] = max(versions, key=lambda v: tuple(map(int, v.split("."))))

    def written(self) -> dict[str, Any]:
        """The facts as facts.json holds them."""
        out = dict(self.facts)
        present = [e for e in EDITIONS.values() if e not in self.absent]
        lengths = {e: self.lengths[e] for e in present if e in self.lengths}
        if lengths:
            same = len(lengths) == len(present) and len(set(lengths.values())) == 1
            out["len"] = next(iter(lengths.values())) if same else lengths
        if self.absent:
            out["not_in"] = [e for e in EDITIONS.values() if e in self.absent]
        return out


def read_flags(text: str) -> Flags:
    """Read a comment such as "opt, max length = 41 for QBD|QBCA, not in QBOE, v12.0"."""
    flags = Flags()
    for word in (part.strip() for part in text.split(", ")):
        if match := LENGTH.fullmatch(word):
            for name in match[2].split("|") if match[2] else EDITIONS:
                if name in EDITIONS:
                    flags.lengths[EDITIONS[name]] = int(match[1])
        elif word.startswith("not in "):
            flags.absent |= {EDITIONS[name] for name in word[7:].split("|") if name in EDITIONS}
        else:
            flags.facts.update(read_word(word))
    return flags


def read_word(word: str) -> dict[str, Any]:
    """Read one of the simple words; raises ValueError for an unknown one."""
    simple: dict[str, dict[str, Any]] = {
        "": {},
        "opt": {"opt": True},
        "may rep": {"rep": True},
        "rep (1 or more)": {"rep": True},
        "may be macro value": {},
    }
    if word in simple:
        return simple[word]
    if match := re.fullmatch(r"v(\d+\.\d+)", word):
        return {"since": match[1]}
    if match := re.fullmatch(r"(min|max) value = ([\d.]+)", word):
        return {match[1]: match[2]}
    raise ValueError(f"unknown word in a comment: {word!r}")


def read_choice(comment: str) -> Flags:
    """Read the comment that opens a choice."""
    before, _, after = comment.partition("BEGIN OR:")
    flags = read_flags(before.strip().rstrip(","))
    if "optionally" in after or "0 or more" in after:
        flags.facts["opt"] = True
    if "or more" in after:
        flags.facts["rep"] = True
    return flags


class Table:
    """Equal values once each, in the order of their first use."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self._index: dict[str, int] = {}

    def put(self, value: Any) -> int:
        """The index of a value, which is added if it is new."""
        key = json.dumps(value, sort_keys=True)
        if key not in self._index:
            self._index[key] = len(self.rows)
            self.rows.append(value)
        return self._index[key]


class Reader:
    """Reads the sample line by line into shared tables."""

    def __init__(self, text: str) -> None:
        self.particles, self.contents, self.enums, self.attributes = Table(), Table(), Table(), Table()
        self._lines = iter(text.splitlines())
        self._values: list[str] = []
        self._attribute_facts: dict[str, tuple[bool, list[str]]] = {}

    def messages(self, tag: str) -> dict[str, int]:
        """The wanted requests or responses between <tag> and </tag>, by name."""
        wanted = {name + tag[-2:] for name in NAMES}
        for line in self._lines:
            match = LINE.fullmatch(line)
            if match and match[2] == tag and not match[1]:
                break
        found = {}
        for line in self._lines:
            match = LINE.fullmatch(line)
            if match is None or (match[1] and match[2] == tag):
                break
            if not match[2]:
                self._note(match[6].strip())
            elif match[2] in wanted:
                found[match[2]] = self.particles.put(self._element(match, Flags()))
            else:
                self._skip(match)
        return found

    def _skip(self, opened: re.Match[str]) -> None:
        self._attribute_facts = {}
        self._values = []
        if opened[4] or opened[5]:
            return
        end = f"</{opened[2]}>"
        next(line for line in self._lines if line.strip() == end)

    def _note(self, comment: str) -> None:
        if match := VALUES.fullmatch(comment):
            self._values = words(match[2])
        elif match := ONLY_ATTRIBUTE.fullmatch(comment):
            self._attribute_facts = {match[2]: (match[1] == "required", [])}
        elif match := ATTRIBUTE_FACT.fullmatch(comment):
            self._attribute_facts[match[1]] = (match[2] == "required", words(match[3] or ""))
        elif re.fullmatch(r"\w+ contains \d+ attributes", comment):
            self._attribute_facts = {}
        else:
            raise ValueError(f"unknown comment: {comment!r}")

    def _branch(self, outer: Flags, end: str) -> tuple[list[int], str]:
        """The particles up to </end>, OR or END OR, and which of these ended them."""
        branch: list[int] = []
        for line in self._lines:
            match = LINE.fullmatch(line)
            if match is None:
                raise ValueError(f"unknown line: {line!r}")
            comment = (match[6] or "").strip()
            if match[1] and match[2] != end:
                raise ValueError(f"</{match[2]}> where </{end}> was awaited")
            if match[1] or (not match[2] and comment in ("OR", "END OR")):
                return branch, comment or end
            if match[2] or "BEGIN OR:" in comment:
                particle = self._element(match, outer) if match[2] else self._choice(comment, outer)
                if particle is not None:
                    branch.append(self.particles.put(particle))
            else:
                self._note(comment)
        raise ValueError("the file ends too early")

    def _choice(self, comment: str, outer: Flags) -> dict[str, Any] | None:
        flags = read_choice(comment)
        flags.under(outer)
        options, ended = [], "OR"
        while ended == "OR":
            branch, ended = self._branch(flags, "")
            if branch:
                options.append(self.contents.put(branch))
        shape = {key: flags.facts[key] for key in ("opt", "rep") if key in flags.facts}
        return {"choice": options, **shape} if options else None

    def _element(self, match: re.Match[str], outer: Flags) -> dict[str, Any] | None:
        flags = read_flags((match[6] or "").strip())
        flags.under(outer)
        out: dict[str, Any] = {"tag": match[2], **self._attributes(match[3])}
        values, self._values = self._values, []
        if match[5]:
            out["type"] = match[5].removesuffix("TYPE")
            if match[5] == "ENUMTYPE" and values:
                out["enum"] = self.enums.put(values)
        elif match[4]:
            out["content"] = self.contents.put([])
        else:
            content, _ = self._branch(Flags(), match[2])
            out["content"] = self.contents.put(content)
        return None if flags.elsewhere else {**out, **flags.written()}

    def _attributes(self, text: str) -> dict[str, int]:
        facts, self._attribute_facts = self._attribute_facts, {}
        rows = []
        for name, kind in ATTRIBUTE.findall(text):
            required, values = facts.get(name, (False, []))
            row: dict[str, Any] = {"name": name, "type": kind.removesuffix("TYPE")}
            if required:
                row["required"] = True
            if values:
                row["enum"] = self.enums.put(values)
            rows.append(row)
        return {"attrs": self.attributes.put(rows)} if rows else {}


def derive(folder: Path) -> str:
    """The text of facts.json, the same for the same sample."""
    reader = Reader((folder / "qbxmlops130.xml").read_text(encoding="utf-8"))
    messages = {**reader.messages("QBXMLMsgsRq"), **reader.messages("QBXMLMsgsRs")}
    missing = {name + end for name in NAMES for end in ("Rq", "Rs")} - set(messages)
    if missing:
        raise ValueError(f"not in the sample: {sorted(missing)}")
    parts: dict[str, Any] = {
        "about": ABOUT,
        "messages": messages,
        "particles": reader.particles.rows,
        "contents": reader.contents.rows,
        "enums": reader.enums.rows,
        "attributes": reader.attributes.rows,
    }
    return "{\n" + ",\n".join(f'"{key}": {rows(value)}' for key, value in parts.items()) + "\n}\n"


def rows(value: Any) -> str:
    """JSON with one entry of the outer list or object a line."""
    if isinstance(value, list):
        return "[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in value) + "\n]"
    return "{\n" + ",\n".join(f'"{k}":{json.dumps(v)}' for k, v in value.items()) + "\n}"


if __name__ == "__main__":
    sys.stdout.write(derive(Path(sys.argv[1])))
