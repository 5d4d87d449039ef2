"""The made-up company's commitments: amount and unit lines, odd cents, zero and credit lines."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from qbsync.simulator import world_words as words
from qbsync.simulator.procore.rows import ContractKind

_CENT: Final = Decimal("0.01")
_THREE_DIGITS: Final = 999
_BY_HAND: Final = 5
_STATUSES: Final = {
    ContractKind.SUBCONTRACT: ("Approved", "Approved", "Complete"),
    ContractKind.PURCHASE_ORDER: ("Approved", "Partially Received", "Received", "Closed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSpec:
    """A standard cost code; `division` is None for a division itself."""

    division: str | None
    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSpec:
    """A line; `amount` is None where Procore computes it from quantity and unit cost."""

    code: tuple[str, str]
    description: str
    amount: Decimal | None
    quantity: Decimal = Decimal(0)
    unit_cost: Decimal = Decimal(0)
    unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentSpec:
    """A commitment; `vendor` and `project` are places in the world's own tuples."""

    kind: ContractKind
    project: int
    vendor: int
    number: str
    title: str
    description: str | None
    status: str
    signed: date
    by_unit: bool
    lines: tuple[LineSpec, ...]


def make_commitments(
    chance: random.Random, count: int, codes: Sequence[CodeSpec], sizes: tuple[int, int]
) -> Iterator[CommitmentSpec]:
    """Subcontracts and purchase orders in turn; `sizes` are the numbers of projects and vendors."""
    leaves = [(code.division, code.code) for code in codes if code.division is not None]
    projects, vendors = sizes
    for place in range(count):
        kind = ContractKind.PURCHASE_ORDER if place % 2 else ContractKind.SUBCONTRACT
        statuses = _STATUSES[kind]
        by_unit = place % 4 in (1, 2)
        size = 60 if place == count // 2 else 1 + chance.randrange(8)
        yield CommitmentSpec(
            kind=kind,
            project=place % projects,
            vendor=(place * 7) % vendors,
            number=_number(kind, place),
            title=words.TITLES[place % len(words.TITLES)],
            description=words.DESCRIPTIONS[place % len(words.DESCRIPTIONS)],
            status=statuses[place // 2 % len(statuses)],
            signed=date(2026, 2, 1) + timedelta(days=place),
            by_unit=by_unit,
            lines=tuple(_line(chance, at, leaves, by_unit=by_unit) for at in range(size)),
        )


def _number(kind: ContractKind, place: int) -> str:
    stem = "SC" if kind is ContractKind.SUBCONTRACT else "PO"
    count = place + 1
    longest = f"{stem}-2026-{count:03d}" if count <= _THREE_DIGITS else f"{stem}{count:09d}"
    forms = (f"{stem}-{count:03d}", longest, f"{stem}/{count}&A", f"{stem} {count}")
    return forms[place // 2 % len(forms)]


def _line(chance: random.Random, place: int, leaves: Sequence[tuple[str, str]], *, by_unit: bool) -> LineSpec:
    code = chance.choice(leaves)
    description = chance.choice(words.LINES)
    if not by_unit:
        return LineSpec(code=code, description=description, amount=_amount(chance, place))
    quantity, unit_cost = _priced(chance, place)
    # One line in six has its amount typed in by hand although it names a quantity and a price.
    by_hand = place % 6 == _BY_HAND
    product = (quantity * unit_cost).quantize(_CENT, rounding=ROUND_HALF_UP)
    return LineSpec(
        code=code,
        description=description,
        amount=product + Decimal("0.07") if by_hand else None,
        quantity=quantity,
        unit_cost=unit_cost,
        unit=chance.choice(words.UNITS),
    )


def _amount(chance: random.Random, place: int) -> Decimal:
    cents = Decimal(chance.randrange(100_00, 9_999_99)) / 100
    match place % 5:
        case 0:
            return Decimal(chance.randrange(50_000, 2_000_000)) + Decimal("0.01") * chance.randrange(100)
        case 2:
            return Decimal(0)
        case 3:
            return -cents
        case _:
            return cents


def _priced(chance: random.Random, place: int) -> tuple[Decimal, Decimal]:
    match place % 4:
        case 0:
            return Decimal(chance.randrange(1_000, 9_000)), Decimal(chance.randrange(1_000, 9_999)) / 100
        case 1:
            # Five decimals: the product is not in whole cents.
            return Decimal(3 + 4 * chance.randrange(500)), Decimal(chance.randrange(10**5, 10**7) | 1) / 10**5
        case 2:
            return Decimal(chance.randrange(1, 4_000)) / 8, Decimal(chance.randrange(100, 90_000)) / 100
        case _:
            return -Decimal(chance.randrange(1, 20)), Decimal(chance.randrange(100, 9_000)) / 100
