"""What a change order's lines on a purchase order begin with: "[CCO 2/88211]", a number and Procore's id."""

from __future__ import annotations

from qbsync.model.context import Shown

_BEGINS = "[CCO "


def mark(number: str, procore_id: str) -> str:
    """The mark: the number is for people, the id is there because numbers may recur.

    Brackets of the number's own are made round, for a bracket ends the mark.
    """
    return f"{_BEGINS}{(number.strip() or '?').replace('[', '(').replace(']', ')')}/{procore_id}]"


def id_in(line: Shown) -> str:
    """The change order's id in a line's mark, by which it is told: the number may have been transliterated.

    Empty where the line begins with no mark.
    """
    begins, ends, _ = line.text("Desc").partition("]")
    number, slash, procore_id = begins.rpartition("/")
    return procore_id if ends and slash and number.startswith(_BEGINS) else ""
