"""What jobs cost in QuickBooks, and the direct costs in Procore that it becomes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal

TOTALS = "costs"
"""Begins the mark of a direct cost that sums up a whole job."""
INVOICE, DIRECT_COST = "invoice", "direct cost"
"""What a project costs in Procore comes from."""
CREDITS = frozenset({"VendorCredit", "CreditCardCredit"})
"""The kinds of transaction whose lines take costs back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """A line of a transaction that is on a job; `amount` is a cost, negative where one is taken back.

    `job_id`, `payee_id`, `item_id` and `account_id` are ListIDs, empty where it names none; `place` is the
    item's or else the account's full name; `day` is YYYY-MM-DD.
    """

    txn_id: str
    line_id: str
    kind: str
    number: str
    day: str
    payee_id: str
    payee: str
    job_id: str
    item_id: str
    place: str
    description: str
    amount: Decimal
    account_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcoreCost:
    """What an approved invoice or a direct cost comes to in Procore, on one cost code.

    `source` is INVOICE or DIRECT_COST, `procore_id` its id; `cost_code_id` is the project's own, empty where
    it has none, and `code` how Procore writes it there. `ours` tells a direct cost that qbsync made.
    `whole_items` are the ids of an invoice's items behind it, where they bill change orders as a whole.
    """

    source: str
    procore_id: str
    description: str
    cost_code_id: str
    code: str
    amount: Decimal
    number: str = ""
    day: str = ""
    ours: bool = False
    whole_items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectCostLine:
    """A line of a direct cost; `cost_code_id` is the project's own in Procore."""

    mark: str
    cost_code_id: str
    amount: Decimal
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectCost:
    """A direct cost as Procore is to have it; `mark` becomes its origin id."""

    mark: str
    type: str
    day: str
    description: str
    number: str = ""
    vendor_id: str = ""
    lines: tuple[DirectCostLine, ...] = ()

    @property
    def fingerprint(self) -> str:
        """A hash over everything that Procore is told of it."""
        canonical = json.dumps(asdict(self), sort_keys=True, default=str)
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where lines go in one project: its cost codes by the items' ListIDs, and vendors by theirs.

    `uncoded` is the cost code for lines that name no item of one; empty where they stay out.
    """

    cost_codes: Mapping[str, str]
    vendors: Mapping[str, str]
    uncoded: str = ""

    def of(self, line: CostLine) -> str:
        """The project's cost code for a line, empty where it has none."""
        return self.cost_codes.get(line.item_id, "") or self.uncoded


def direct_costs(
    lines: Sequence[CostLine], places: Places, *, by_transaction: bool
) -> tuple[DirectCost, ...]:
    """The direct costs of one project: one a transaction, or one with a sum for each cost code."""
    placed = [line for line in lines if places.of(line)]
    if not placed:
        return ()
    if not by_transaction:
        return tuple(_totals(placed, places))
    by_txn: dict[str, list[CostLine]] = {}
    for line in placed:
        by_txn.setdefault(line.txn_id, []).append(line)
    return tuple(_transaction(members, places) for _, members in sorted(by_txn.items()))


def fingerprint(costs: Iterable[DirectCost]) -> str:
    """A hash over all of a project's direct costs."""
    joined = "\n".join(f"{cost.mark} {cost.fingerprint}" for cost in costs)
    return hashlib.sha256(joined.encode()).hexdigest()[:16]


def _totals(lines: Sequence[CostLine], places: Places) -> Iterable[DirectCost]:
    job_id = lines[0].job_id
    sums: dict[str, Decimal] = {}
    names: dict[str, str] = {}
    for line in sorted(lines, key=lambda line: (line.place, line.txn_id, line.line_id)):
        code = places.of(line)
        sums[code] = sums.get(code, Decimal(0)) + line.amount
        names.setdefault(code, line.place)
    kept = tuple(
        DirectCostLine(
            mark=f"{TOTALS}|{job_id}|{code}", cost_code_id=code, amount=amount, description=names[code]
        )
        for code, amount in sums.items()
        if amount
    )
    if kept:
        yield DirectCost(
            mark=f"{TOTALS}|{job_id}",
            type="expense",
            day=max(line.day for line in lines),
            description="Job costs in QuickBooks, summed by cost code",
            lines=kept,
        )


def _transaction(lines: Sequence[CostLine], places: Places) -> DirectCost:
    first = lines[0]
    vendor_id = places.vendors.get(first.payee_id, "")
    words = f"{_WORDS.get(first.kind, first.kind)} {first.number}".strip()
    return DirectCost(
        mark=f"{first.txn_id}|{first.job_id}",
        type="invoice" if vendor_id else "expense",
        day=first.day,
        number=first.number,
        description=f"QuickBooks {words}, {first.payee}" if first.payee else f"QuickBooks {words}",
        vendor_id=vendor_id,
        lines=tuple(
            DirectCostLine(
                # with the job: a line keeps its id where it is moved to another, whose cost it then is
                mark=f"{line.txn_id}|{line.line_id}|{line.job_id}",
                cost_code_id=places.of(line),
                amount=line.amount,
                description=line.description or line.place,
            )
            for line in sorted(lines, key=lambda line: line.line_id)
        ),
    )


_WORDS = {
    "Bill": "bill",
    "VendorCredit": "vendor credit",
    "Check": "check",
    "CreditCardCharge": "credit card charge",
    "CreditCardCredit": "credit card credit",
    "JournalEntry": "journal entry",
}
