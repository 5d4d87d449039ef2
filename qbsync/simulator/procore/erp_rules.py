"""The connector's metadata as the tool reads them: what is switched on, and which fields it checks (4.10)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

from qbsync.simulator.procore.erp_rows import Kind

ENTITY_OF: Final[Mapping[Kind, str]] = {
    Kind.VENDOR: "vendors",
    Kind.JOB: "jobs",
    Kind.STANDARD_COST_CODE: "standard_cost_codes",
    Kind.BUDGET: "budgets",
    Kind.COMMITMENT: "commitments",
    Kind.CHANGE_ORDER: "commitment_change_orders",
    Kind.REQUISITION: "requisitions",
    Kind.PAYMENT: "contract_payments",
}
ENTITY_OF_STAGED: Final[Mapping[str, str]] = {
    "vendor": "vendors",
    "project": "jobs",
    "sub_job": "sub_jobs",
    "work_order_contract": "commitments",
    "purchase_order_contract": "commitments",
    "commitment_change_order": "commitment_change_orders",
    "prime_contract": "prime_contracts",
}
Node = Mapping[str, object]
_USUAL: Final = "%{field} is not valid."


class Metadata:
    """The settings that the connector posted; an entity that they do not name has no tab."""

    def __init__(self, posted: Node | None) -> None:
        settings = _node(posted, "settings")
        self._entities = _node(settings, "entities")

    def has_tab(self, entity: str) -> bool:
        """Whether the entity is named and switched on."""
        return _on(_node(self._entities, entity))

    def is_on(self, entity: str, *path: str, default: bool = False) -> bool:
        """Whether a config is on: `{"enabled": true}` or plainly true; `default` where it is not named."""
        found: object = _node(self._entities, entity).get("configs")
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        if isinstance(found, Mapping):
            found = found.get("enabled")
        return found if isinstance(found, bool) else default

    def custom_fields(self, entity: str) -> list[str]:
        """The keys of the fields that the approver is asked for."""
        return [str(row["key"]) for row in self._asked(entity)]

    def required_fields(self, entity: str) -> list[str]:
        """Those of them that may not stay empty."""
        return [str(row["key"]) for row in self._asked(entity) if _on(_node(_validations(row), "present"))]

    def problems(self, entity: str, values: Node) -> list[str]:
        """What the rules for an export say of a record's values; a value that is not there is not judged."""
        return [
            words
            for event in ("save", "export")
            for name, rule in self._rules(entity, event)
            if name in values
            for words in _failures(name, values[name], rule)
        ]

    def _asked(self, entity: str) -> list[Node]:
        export = _node(_node(_node(self._entities, entity), "configs"), "export")
        found = export.get("custom_fields")
        rows = found if isinstance(found, list) else []
        return [row for row in rows if isinstance(row, Mapping) and "key" in row]

    def _rules(self, entity: str, event: str) -> Iterator[tuple[str, Node]]:
        fields = _node(_node(_node(_node(self._entities, entity), "rules"), event), "fields")
        for name in fields:
            rule = _node(fields, name)
            if rule.get("enabled", True):
                yield name, _node(rule, "validation")


def _node(parent: Node | None, name: str) -> Node:
    found = (parent or {}).get(name)
    return found if isinstance(found, Mapping) else {}


def _on(node: Node) -> bool:
    return node.get("enabled") is True


def _validations(field: Node) -> Node:
    rules = _node(field, "rules")
    return _node(rules, "validation") or rules


def _failures(name: str, value: object, rule: Node) -> Iterator[str]:
    for check, passes in _CHECKS.items():
        asked = _node(rule, check)
        if not _on(asked):
            continue
        length = asked.get("length")
        size = length if isinstance(length, int) else 0
        if not passes("" if value is None else str(value), size):
            words = str(asked.get("message") or _USUAL)
            yield words.replace("%{length}", str(size)).replace("%{field}", name)


def _amount(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _positive(text: str, _: int) -> bool:
    amount = _amount(text)
    return amount is not None and amount > 0


_CHECKS: Final[Mapping[str, Callable[[str, int], bool]]] = {
    "present": lambda text, _: bool(text.strip()),
    "numeric": lambda text, _: _amount(text) is not None,
    "positive": _positive,
    "max_length": lambda text, length: len(text) <= length,
    "max_line_length": lambda text, length: all(len(line) <= length for line in text.splitlines()),
    "max_length_units": lambda text, length: len(text.partition(".")[0].lstrip("-")) <= length,
    "max_length_decimal": lambda text, length: len(text.partition(".")[2]) <= length,
}
"""`format` and `disallow_division` are not checked: how they are written is not in the reference."""
