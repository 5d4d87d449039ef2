"""Versions of qbXML and editions of QuickBooks, and the choice of the one to speak."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from qbsync.errors import QbxmlInvalidError

_WRITTEN = re.compile(r"(CA|UK|AU)?([0-9]{1,3})\.([0-9]{1,3})")


class Edition(StrEnum):
    """The QuickBooks Desktop editions, as HostRet's Country names them."""

    US = "US"
    CA = "CA"
    UK = "UK"
    AU = "AU"

    @property
    def words(self) -> str:
        """The edition as a person names it."""
        return {"US": "US", "CA": "Canadian", "UK": "UK", "AU": "Australian"}[self.value]

    @classmethod
    def of_country(cls, country: str) -> Edition:
        """The edition of a HostRet Country; anything unknown is taken as US, which QuickBooks defaults to."""
        return cls(country) if country in cls.__members__ else cls.US


class QbxmlVersion(NamedTuple):
    """A version of qbXML; later ones compare greater."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"

    @classmethod
    def parse(cls, text: str) -> QbxmlVersion:
        """Read "13.0" or "CA3.0", dropping the country; raises ValueError for anything else."""
        return _read(text)[0]


BASELINE = QbxmlVersion(13, 0)
"""What qbsync writes where QuickBooks allows it: every element of the nine workflows exists in it, and 14.0
differs only in 1099 fields of vendors."""

_UNIFIED = QbxmlVersion(6, 0)
"""From here on every edition speaks one qbXML; before it Canadian files called theirs CA2.0 and CA3.0."""


def choose(supported: Iterable[str], ceiling: QbxmlVersion = BASELINE) -> tuple[QbxmlVersion, Edition]:
    """The highest version that both sides speak, and the edition its prefix names (US where there is none).

    `supported` are HostRet's SupportedQBXMLVersion values; those of an unknown form are passed over. Raises
    QbxmlInvalidError where none is left.
    """
    offered = [text.strip() for text in supported]
    known = [_read(text) for text in offered if _WRITTEN.fullmatch(text)]
    usable = [pair for pair in known if pair[0] <= ceiling]
    if not usable:
        raise QbxmlInvalidError(
            f"QuickBooks speaks no qbXML that qbsync can write (it offers {', '.join(offered) or 'none'}).",
            guidance=f"Use a QuickBooks Desktop release that supports qbXML {ceiling} or an earlier version.",
        )
    return max(usable, key=lambda pair: pair[0])


def written(version: QbxmlVersion, edition: Edition) -> str:
    """The version as the qbxml processing instruction names it: "13.0", or "CA3.0" in old Canadian files."""
    prefix = "" if edition is Edition.US or version >= _UNIFIED else edition.value
    return f"{prefix}{version}"


def _read(text: str) -> tuple[QbxmlVersion, Edition]:
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a qbXML version such as 13.0 or CA3.0")
    return QbxmlVersion(int(match[2]), int(match[3])), Edition(match[1] or "US")
