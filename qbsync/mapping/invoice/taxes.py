"""What an invoice's taxes say of its retainage: whether QuickBooks has to tax that too.

QuickBooks reckons the tax of a bill itself, from its lines and their codes; Procore says only what it came
to. Whether Procore taxed the work before or after retainage is not documented, so its own figure decides, for
each tax code: where it is the rate of the work, the retainage goes untaxed; where it is the rate of the work
less what is held (and with what is released), that part of the retainage carries the code. Anything else
QuickBooks would reckon otherwise than Procore, and the invoice is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from qbsync.model.money import to_cents
from qbsync.model.records import Invoice, InvoiceLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxed:
    """What is taxed under one code of Procore's: the work, what is released of it less what is held, the tax.

    `rate` is the percentage, 0 where Procore does not say it.
    """

    code: str
    rate: Decimal
    amount: Decimal
    retainage: Decimal
    tax: Decimal

    @property
    def of_work(self) -> Decimal:
        """The tax of the work before retainage."""
        return to_cents(self.amount * self.rate / 100)

    @property
    def of_work_and_retainage(self) -> Decimal:
        """The tax of the work with its retainage."""
        return to_cents((self.amount + self.retainage) * self.rate / 100)

    @property
    def taxes_retainage(self) -> bool:
        """Whether the retainage carries the code."""
        return bool(self.rate) and self.tax != self.of_work and self.tax == self.of_work_and_retainage

    @property
    def is_sound(self) -> bool:
        """Whether QuickBooks will reckon the same tax; where no rate is known nothing is said against it."""
        return not self.rate or self.tax in (self.of_work, self.of_work_and_retainage)


def code_of(item: InvoiceLine) -> str | None:
    """The tax code of an item that is taxed, empty where Procore does not name it; None of an untaxed one."""
    return item.tax_code if item.tax else None


def total(record: Invoice) -> Decimal:
    """All tax."""
    return to_cents(sum((item.tax for item in record.lines), Decimal(0)))


def by_code(record: Invoice) -> list[Taxed]:
    """The taxed items, summed by tax code, in the order of the codes."""
    codes = sorted({item.tax_code for item in record.lines if item.tax})
    return [
        _taxed(code, [item for item in record.lines if item.tax and item.tax_code == code]) for code in codes
    ]


def retainage_parts(record: Invoice) -> list[tuple[str | None, Decimal]]:
    """The retainage in the parts that are its lines, each with its tax code; None: untaxed, and first."""
    taxed = [(one.code, one.retainage) for one in by_code(record) if one.taxes_retainage]
    whole = to_cents(sum((item.released - item.retained for item in record.lines), Decimal(0)))
    rest = whole - sum((amount for _, amount in taxed), Decimal(0))
    parts: list[tuple[str | None, Decimal]] = [(None, rest), *taxed]
    return [(code, amount) for code, amount in parts if amount]


def _taxed(code: str, items: Sequence[InvoiceLine]) -> Taxed:
    return Taxed(
        code=code,
        rate=items[0].tax_rate,
        amount=to_cents(sum((item.amount for item in items), Decimal(0))),
        retainage=to_cents(sum((item.released - item.retained for item in items), Decimal(0))),
        tax=to_cents(sum((item.tax for item in items), Decimal(0))),
    )
