"""Sales tax codes of Canadian, UK and Australian files: every line needs one, and its tax comes on top.

A line without a code takes the one of its item or vendor (reference, sections 3.8 and Appendix A); one that
gets none is refused, once the file has sales tax codes at all. How QuickBooks rounds is not documented: here
the tax of each code is rounded once for a whole transaction, halves up.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from functools import partial

from qbsync.simulator.quickbooks import lists, statuses, texts
from qbsync.simulator.quickbooks.kinds import ITEM_KINDS
from qbsync.simulator.quickbooks.message import Fields
from qbsync.simulator.quickbooks.registry import Desk, handles

KIND = "SalesTaxCode"
RATE = "PurchaseRate"
"""Where a stored code keeps its percentage; QuickBooks has it on an item, which is not kept here."""
REFERENCE = "SalesTaxCodeRef"
_PURCHASE = "PurchaseTaxCodeRef"
_NO_LINE_TAX = "US"


def with_code(desk: Desk, line: Fields, vendor_id: str = "", tag: str = _PURCHASE) -> Fields:
    """The line with its tax code: its own, its item's under `tag`, or the vendor's; raises Refusal."""
    if desk.country == _NO_LINE_TAX or REFERENCE in line or not any(desk.state.of_kind(KIND)):
        return line
    list_id = line.get("ItemRef", {}).get("ListID", "")
    item = next((entry for kind in ITEM_KINDS if (entry := desk.state.get(kind, list_id))), None)
    vendor = desk.state.get("Vendor", vendor_id)
    own = {} if item is None else item.fields | item.fields.get("SalesAndPurchase", {})
    found = own.get(tag) or (vendor.fields.get(REFERENCE) if vendor is not None else None)
    if not found:
        raise statuses.missing(REFERENCE)
    return line | {REFERENCE: found}


def tax_on(desk: Desk, lines: Iterable[Fields]) -> Decimal:
    """The tax that comes on top of the lines; nothing in a US file."""
    if desk.country == _NO_LINE_TAX:
        return Decimal(0)
    by_code: dict[str, Decimal] = {}
    for line in lines:
        code = line.get(REFERENCE, {}).get("ListID", "")
        by_code[code] = by_code.get(code, Decimal(0)) + texts.number(line["Amount"])
    return sum((_tax(desk, code, amount) for code, amount in by_code.items()), Decimal(0))


def check_header(asked: Fields) -> None:
    """Refuse amounts that include their tax, which are not simulated."""
    if asked.get("IsTaxIncluded") == "true":
        raise statuses.unsupported("IsTaxIncluded")


def _tax(desk: Desk, code: str, amount: Decimal) -> Decimal:
    entry = desk.state.get(KIND, code)
    rate = texts.number(entry.text(RATE)) if entry is not None and entry.text(RATE) else Decimal(0)
    return (amount * rate / 100).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


handles(f"{KIND}QueryRq")(partial(lists.query, kinds=(KIND,)))
