"""Tells whether QuickBooks' record already holds what a request would write, to decide a Mod in doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from qbsync.qbxml.parse import Ret
from qbsync.qbxml.requests import Body, Request, Scalar

_NOT_COMPARED = frozenset({"ListID", "TxnID", "EditSequence", "ExternalGUID"})
"""Which record and which edit: the EditSequence is a Unix second and proves nothing (exactly once, 6)."""


def agrees_with(request: Request, ret: Ret) -> bool:
    """Whether each field of an Add or Mod reads the same in the Ret; repeated lines are not compared.

    Line breaks, the ends of texts, the case of full names and the zeros of numbers do not matter.
    """
    inner = next(iter(request.body.values()))
    if not isinstance(inner, Mapping):
        return False
    return _agrees({name: value for name, value in inner.items() if name not in _NOT_COMPARED}, ret, "")


def _agrees(wanted: Body, ret: Ret, above: str) -> bool:
    for name, value in wanted.items():
        path = above + name.removesuffix("Mod")
        match value:
            case Mapping():
                same = _agrees(value, ret, f"{path}/")
            case str() | int() | Decimal() | date():
                same = _same(value, ret.text(path), is_name=name == "FullName")
            case Sequence():
                same = True
        if not same:
            return False
    return True


def _same(wanted: Scalar, held: str, *, is_name: bool) -> bool:
    match wanted:
        case bool():
            return held == ("true" if wanted else "false")
        case int() | Decimal():
            return _number(held) == wanted
        case date():
            return held == wanted.isoformat()
        case str():
            return _plain(held, is_name=is_name) == _plain(wanted, is_name=is_name)


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _plain(text: str, *, is_name: bool) -> str:
    plain = "\n".join(text.splitlines()).strip()
    return plain.casefold() if is_name else plain
