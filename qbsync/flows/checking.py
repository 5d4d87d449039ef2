"""What a check is: one thing about a connection that was looked at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at; `fix` says who does what where it is not well."""

    name: str
    ok: bool
    message: str
    fix: str = ""
