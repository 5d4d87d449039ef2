"""An ERP request as Procore shows it: its name, its data, and the request details that it opens.

The envelope has traps (reference, section 4.4): a detail's id stands beside request_data, in it, in each of
its elements, or nowhere; request_data may be a list; ids are numbers or text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from qbsync.errors import ProcorePayloadError

_DETAIL: Final = "request_detail_id"
_LISTS: Final = ("cost_codes", "cost_type_assignments", "requisitions")
"""Whose elements may carry a detail each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpRequest:
    """One event of the ERP tool.

    `data` is request_data as it came, an object or a list. `detail` is the detail of the whole request, empty
    where the elements have their own, or where it is not named.
    """

    id: str
    name: str
    data: Any
    detail: str = ""

    @property
    def number(self) -> int:
        """Its place among the company's requests: ids grow."""
        return int(self.id) if self.id.isdecimal() else 0

    @property
    def fields(self) -> Mapping[str, Any]:
        """request_data where it is an object, else nothing."""
        return self.data if isinstance(self.data, dict) else {}

    @property
    def elements(self) -> tuple[Mapping[str, Any], ...]:
        """request_data where it is a list, else it alone."""
        elements = self.data if isinstance(self.data, list) else [self.data]
        return tuple(one for one in elements if isinstance(one, dict))

    def members(self, name: str) -> Sequence[Any]:
        """A list in request_data, as it came; empty where there is none."""
        found = self.fields.get(name)
        return found if isinstance(found, list) else ()

    @property
    def details(self) -> tuple[str, ...]:
        """Every detail that the request names, each once, the whole request's first."""
        found = [self.detail, *(detail_in(one) for one in self._parts())]
        return tuple(dict.fromkeys(one for one in found if one))

    def _parts(self) -> Iterator[Mapping[str, Any]]:
        yield from self.elements if isinstance(self.data, list) else ()
        for name in _LISTS:
            yield from (one for one in self.fields.get(name) or () if isinstance(one, dict))


def parse(raw: object) -> ErpRequest:
    """Read an ERP request; raises ProcorePayloadError for what is none."""
    if not isinstance(raw, dict) or not _text(raw.get("id")):
        raise ProcorePayloadError(
            "Procore sent something else than an ERP request.",
            guidance="If erp_paths names another endpoint for `request`, check it; else report this.",
        )
    data = raw.get("request_data")
    within = data if isinstance(data, dict) else {}
    return ErpRequest(
        id=_text(raw["id"]),
        name=str(raw.get("request_name") or ""),
        data=data if isinstance(data, dict | list) else {},
        detail=detail_in(raw) or detail_in(within),
    )


def detail_in(part: object) -> str:
    """The request detail that a part of a request names, empty where it names none."""
    return _text(part.get(_DETAIL)) if isinstance(part, dict) else ""


def _text(value: object) -> str:
    return str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
