"""Amounts go at face value, so everything has to be in the company file's own currency."""

from __future__ import annotations

from qbsync.model.context import Context
from qbsync.model.money import CURRENCY_NAMES, is_foreign
from qbsync.model.names import ListKind
from qbsync.model.records import RecordKey
from qbsync.qbxml.preflight import Preflight


def check_currency(currency: str, context: Context, preflight: Preflight) -> None:
    """Note a record that is in another currency (ISO) than the company file."""
    home = context.home_currency
    if not is_foreign(currency, home):
        return
    own = f"the company file's own, {home}," if home else "the company file's own"
    preflight.problem(
        "currency",
        f"It is in {currency}; only {own} can be sent, for an amount goes as it is.",
        "Enter it in QuickBooks by hand, at the rate of the day; or correct the currency in Procore.",
    )


def check_vendor(vendor: RecordKey | None, context: Context, preflight: Preflight) -> None:
    """Note a linked vendor that QuickBooks keeps in another currency than the company file's own."""
    _check_party(vendor, ListKind.VENDOR, context, preflight)


def check_job(project: RecordKey, context: Context, preflight: Preflight) -> None:
    """Note a linked job that QuickBooks keeps in another currency than the company file's own."""
    _check_party(project, ListKind.CUSTOMER, context, preflight)


def _check_party(party: RecordKey | None, of: ListKind, context: Context, preflight: Preflight) -> None:
    link = None if party is None else context.links.get(party)
    if party is None or link is None or not context.many_currencies:
        return
    known = context.names.of_id(of, link.quickbooks_id)
    if known is None or not known.currency:
        return
    home = context.home_currency
    if CURRENCY_NAMES.get(known.currency.casefold(), known.currency) == home:
        return
    word = "vendor" if of is ListKind.VENDOR else "job"
    preflight.problem(
        party.kind.value,
        f"QuickBooks keeps the {word} {known.full_name!r} in {known.currency}; the company file's own "
        f"currency is {home}, and only that can be sent.",
        f"Link it to a {word} in {home}, for QuickBooks wants one for each currency; or enter it in "
        "QuickBooks by hand.",
    )
