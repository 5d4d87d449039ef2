"""Reads a request message as strictly as QuickBooks does: any fault of form refuses the whole set."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from lxml import etree

from qbsync.simulator.quickbooks import forms, texts
from qbsync.simulator.quickbooks.hresults import HResult, RequestProcessorError, parse_error

Fields: TypeAlias = dict[str, Any]
"""The content of an aggregate: tag to text, to Fields, or to a list of either where the form repeats."""

_DECLARATION = re.compile(r"\A<\?xml\s[^>]*\?>")
_VERSION = re.compile(r'version\s*=\s*"((?:CA|UK|AU)?\d+\.\d+)"')
_SET_ATTRIBUTES = {"onError", "newMessageSetID", "oldMessageSetID", "responseData"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLong:
    """A text that is longer than its field; QuickBooks refuses that request alone (status 3070)."""

    field: str
    text: str
    longest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One request of a message, its form already checked."""

    name: str
    attributes: dict[str, str]
    fields: Fields
    too_long: TooLong | None = None

    @property
    def request_id(self) -> str:
        """The requestID attribute, or an empty text."""
        return self.attributes.get("requestID", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message set as QuickBooks has understood it."""

    on_error: str
    new_set_id: str | None
    old_set_id: str | None
    with_data: bool
    commands: tuple[Command, ...] = ()


_LINES = ("LineAdd", "LineMod", "DebitLine", "CreditLine")
"""How elements end that are lines: there may be any number, though it is their choice that repeats."""


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Walks one request beside its form."""

    version: forms.Version
    too_long: TooLong | None = field(default=None)

    def aggregate(self, node: etree._Element, form: forms.Element) -> Fields:
        children = [child for child in node if isinstance(child.tag, str)]
        if not children and not form.tag.endswith("Rq"):
            raise parse_error(f"<{form.tag}> is empty")
        if _stray(node):
            raise parse_error(f"text stands between the elements of <{form.tag}>")
        sequence = "".join(str(child.tag) + " " for child in children)
        if not form.order.fullmatch(sequence):
            raise parse_error(f"the elements of <{form.tag}> do not fit its order: {sequence.strip()}")
        fields: Fields = {}
        for child in children:
            self._add(fields, child, form.children[str(child.tag)])
        return fields

    def _add(self, fields: Fields, child: etree._Element, form: forms.Element) -> None:
        if form.since > self.version:
            raise parse_error(f"<{form.tag}> is not in this version of qbXML")
        if set(child.attrib) - form.attributes:
            raise parse_error(f"<{form.tag}> has an unknown attribute")
        value = self._text(child, form) if form.type else self.aggregate(child, form)
        if form.repeats or form.tag in fields or form.tag.endswith(_LINES):
            fields.setdefault(form.tag, []).append(value)
        else:
            fields[form.tag] = value

    def _text(self, node: etree._Element, form: forms.Element) -> str:
        if any(isinstance(child.tag, str) for child in node):
            raise parse_error(f"<{form.tag}> holds elements where text belongs")
        text = _loose_text(node)
        if not texts.is_cp1252(text):
            raise parse_error(f"<{form.tag}> holds a character outside Windows-1252")
        if not texts.fits(form.type, text):
            raise parse_error(f"<{form.tag}> is no {form.type}: {text[:40]!r}")
        if form.values and text not in form.values:
            raise parse_error(f"<{form.tag}> may not be {text[:40]!r}")
        if form.smallest is not None and int(text) < form.smallest:
            raise parse_error(f"<{form.tag}> is below {form.smallest}")
        if form.longest is not None and len(text) > form.longest and self.too_long is None:
            self.too_long = TooLong(field=form.tag, text=text, longest=form.longest)
        return text


def read_message(text: str, *, edition: str, supported: Collection[str]) -> Message:
    """The message in `text`; raises RequestProcessorError for any fault of form, or an unknown version.

    `supported` are the versions of HostRet, such as "13.0" or "CA3.0".
    """
    root = parse(text)
    version = _version(root, supported)
    message_set = _message_set(root)
    if message_set.get("onError") not in {"continueOnError", "stopOnError"}:
        # rollbackOnError stands in the schema and is refused all the same (reference 3.1)
        raise parse_error("onError is missing, or neither continueOnError nor stopOnError")
    if message_set.get("responseData", "includeAll") not in {"includeAll", "includeNone"}:
        raise parse_error("responseData is neither includeAll nor includeNone")
    shapes = forms.load(edition)
    nodes = [node for node in message_set if isinstance(node.tag, str)]
    new_id, old_id = message_set.get("newMessageSetID"), message_set.get("oldMessageSetID")
    if not nodes and new_id is None and old_id is None:
        raise parse_error("the message set holds no request")
    return Message(
        on_error=message_set.get("onError", ""),
        new_set_id=new_id,
        old_set_id=old_id,
        with_data=message_set.get("responseData") != "includeNone",
        commands=tuple(_command(node, shapes, version) for node in nodes),
    )


def parse(text: str) -> etree._Element:
    """The root of a document without DTD or entities; raises RequestProcessorError (0x80040400)."""
    # QuickBooks is handed characters, not bytes: whatever encoding the prolog names is past
    body = _DECLARATION.sub("", text, count=1)
    if body.startswith("\ufeff"):
        raise parse_error("a byte order mark stands before the document")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        root = etree.fromstring(body.encode("utf-8", "surrogatepass"), parser)
    except (etree.XMLSyntaxError, ValueError) as fault:
        raise parse_error(f"not well-formed: {fault}") from fault
    if root.getroottree().docinfo.doctype:
        raise parse_error("a DOCTYPE is not accepted")
    return root


def _version(root: etree._Element, supported: Collection[str]) -> forms.Version:
    instructions = [
        node.text or ""
        for node in root.itersiblings(preceding=True)
        if isinstance(node, etree._ProcessingInstruction) and node.target == "qbxml"  # noqa: SLF001
    ]
    found = _VERSION.search(instructions[0]) if instructions else None
    if found is None:
        raise parse_error("no <?qbxml version=...?> stands before the document")
    if found.group(1) not in supported:
        raise RequestProcessorError(HResult.VERSION_UNSUPPORTED, detail=f"qbXML {found.group(1)}")
    return forms.parse_version(re.sub(r"^[A-Z]+", "", found.group(1)))


def _message_set(root: etree._Element) -> etree._Element:
    children = [child for child in root if isinstance(child.tag, str)]
    if root.tag != "QBXML" or root.attrib or _stray(root) or len(children) != 1:
        raise parse_error("the document is not one QBXML element with one message set")
    message_set = children[0]
    if message_set.tag != "QBXMLMsgsRq" or _stray(message_set):
        raise parse_error("QBXML holds no QBXMLMsgsRq, or text stands between the requests")
    if set(message_set.attrib) - _SET_ATTRIBUTES:
        raise parse_error("QBXMLMsgsRq has an unknown attribute")
    return message_set


def _command(node: etree._Element, shapes: dict[str, forms.Element], version: forms.Version) -> Command:
    name = str(node.tag)
    form = shapes.get(name)
    if form is None or not name.endswith("Rq") or form.since > version:
        raise parse_error(f"there is no request <{name}>")
    attributes = {str(key): str(value) for key, value in node.attrib.items()}
    _check_attributes(attributes, form)
    reader = _Reader(version=version)
    fields = reader.aggregate(node, form)
    return Command(name=name, attributes=attributes, fields=fields, too_long=reader.too_long)


def _check_attributes(attributes: dict[str, str], form: forms.Element) -> None:
    allowed = {
        "metaData": {"NoMetaData", "MetaDataOnly", "MetaDataAndResponseData"},
        "iterator": {"Start", "Continue", "Stop"},
    }
    for name, value in attributes.items():
        if name not in form.attributes or value not in allowed.get(name, {value}):
            raise parse_error(f"<{form.tag}> does not take {name}={value[:40]!r}")
        if not texts.is_cp1252(value):
            raise parse_error(f"{name} of <{form.tag}> holds a character outside Windows-1252")


def _loose_text(node: etree._Element) -> str:
    if not len(node):
        return node.text or ""
    return "".join([node.text or ""] + [child.tail or "" for child in node])


def _stray(node: etree._Element) -> str:
    return _loose_text(node).strip()
