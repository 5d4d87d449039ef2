"""Where a value of one side stands on the other: the rows of the field tables in the documents."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One value: where it comes from, where it goes, and what was decided about it.

    `source` and `decision` are words for people, in Markdown. `paths` are the elements that carry the value,
    below the request or the body that is sent; a path without a value of its own has a `decision` alone.
    """

    source: str
    paths: tuple[str, ...]
    decision: str = ""
