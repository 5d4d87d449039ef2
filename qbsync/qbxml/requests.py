"""A qbXML request as a value: its name, its fields and its attributes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

Scalar: TypeAlias = str | int | bool | Decimal | date | datetime
"""What a field may be given as; the schema's type decides how it is written."""

Body: TypeAlias = Mapping[str, "Scalar | Body | Sequence[Scalar | Body]"]
"""Element name to value; a sequence repeats the element. Order does not matter: build puts Intuit's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as a mapping makes it, before it has a requestID.

    `name` is the request's ("VendorAddRq"); `body` holds its children ({"VendorAdd": {"Name": ...}});
    `attributes` are metaData, iterator and iteratorID, which queries take.
    """

    name: str
    body: Body
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_write(self) -> bool:
        """Whether QuickBooks changes something for it; queries and reports are reads."""
        return not self.name.endswith("QueryRq")
