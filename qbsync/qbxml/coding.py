"""What lines carry besides their item: a sales tax code in Canadian files, a class in place of the cost type.

A Canadian, UK or Australian file wants a tax code on every line (reference, section 3.8), a US file knows
none on purchases. The codes are the connection's own map, the option `tax_codes`.
"""

from __future__ import annotations

from decimal import Decimal

from qbsync.model.context import Context
from qbsync.model.names import ListKind
from qbsync.model.taxes import UNTAXED, read_tax_codes
from qbsync.qbxml.preflight import Preflight
from qbsync.qbxml.requests import Body
from qbsync.qbxml.versions import Edition

CLASS_TRACKING = "AccountingPreferences/IsUsingClassTracking"
"""The preference "Use class tracking for transactions"."""
_AMOUNTS_INCLUDE_TAX = "SalesTaxPreferences/IsUsingAmountsIncludeTax"
_SET = 'qbsync connection set NAME tax_codes="GST=G, none=E", with your own codes'


def takes_tax(context: Context) -> bool:
    """Whether the lines of the company file carry sales tax codes."""
    return context.edition not in ("", Edition.US.value)


def net_of_tax(context: Context) -> dict[str, bool]:
    """Says that amounts are without their tax, in a file where they may include it."""
    if takes_tax(context) and context.preferences.get(_AMOUNTS_INCLUDE_TAX) == "true":
        return {"IsTaxIncluded": False}
    return {}


def tax_reference(
    field: str, tax_code: str | None, context: Context, preflight: Preflight, *, tax: Decimal | None = None
) -> Body:
    """The SalesTaxCodeRef of a line with that code of Procore's; None: the line is not taxed.

    `tax` is the amount that Procore has for it, where it has one. A taxed line that cannot be mapped is a
    problem, and so is any line of a Canadian file while the map does not say which code the untaxed have.
    """
    codes = read_tax_codes(context.options.tax_codes)
    if not takes_tax(context):
        if tax_code is not None and (context.edition or not codes):
            _refuse(field, tax, context, preflight)
        return {}
    wanted = codes.get(UNTAXED if tax_code is None else tax_code.casefold())
    if wanted is None:
        _unmapped(field, tax_code, preflight)
        return {}
    if not wanted:
        return {}
    return preflight.listed(
        context.names, ListKind.SALES_TAX_CODE, wanted, field="tax_codes", guidance=f"Name another: {_SET}."
    )


def class_reference(field: str, cost_type: str, context: Context, preflight: Preflight) -> Body:
    """The ClassRef of a line of that cost type, where the connection makes classes of them; else nothing."""
    if context.options.cost_types != "class":
        return {}
    if context.preferences.get(CLASS_TRACKING) == "false":
        preflight.problem(
            "cost_types",
            "Class tracking is switched off in QuickBooks, and this connection makes classes of cost types.",
            "In QuickBooks, as Admin: Edit, Preferences, Accounting, Company Preferences; tick Use class "
            "tracking for transactions, and run the Web Connector once. Or: qbsync connection set NAME "
            "cost_types=none.",
        )
    if not cost_type:
        preflight.warn(field, "It has no cost type in Procore, so it goes without a class.")
        return {}
    return preflight.listed(
        context.names,
        ListKind.CLASS,
        preflight.name(field, cost_type),
        field=field,
        guidance=f"Add a class of the cost type's name to QuickBooks' class list (Lists, Class List): "
        f"{cost_type}. Then run the Web Connector once.",
    )


def _refuse(field: str, tax: Decimal | None, context: Context, preflight: Preflight) -> None:
    said = "It is taxed" if tax is None else f"It has {tax} of tax"
    why = (
        "a US company file takes no tax on its lines"
        if read_tax_codes(context.options.tax_codes)
        else "no tax codes are set up for this company file"
    )
    preflight.problem(
        field,
        f"{said}, and {why}.",
        f"Remove the tax in Procore, or enter the {preflight.kind.words} in QuickBooks by hand. A Canadian "
        f"company file takes it: {_SET}.",
    )


def _unmapped(field: str, tax_code: str | None, preflight: Preflight) -> None:
    if tax_code is None:
        preflight.problem(
            "tax_codes",
            "QuickBooks wants a sales tax code on each line, and the connection names none for lines without "
            "tax.",
            f"{_SET}; none= with nothing behind it, where the company file has no sales tax.",
        )
        return
    named = f"Its tax code {tax_code!r} is" if tax_code else "Its tax code, which Procore does not name, is"
    preflight.problem(
        field,
        f"{named} not in the connection's map of tax codes.",
        f"Add it to the others: {_SET}; `qbsync connection show` has those that are set. Or remove the tax "
        "in Procore.",
    )
