"""Moments as QuickBooks' filters want them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_WESTERNMOST = timedelta(hours=12)
"""No workstation's clock is further behind UTC."""


def changed_since(moment: datetime) -> str:
    """A bound for a ModifiedDate filter that is surely not later than `moment` (aware) anywhere.

    QuickBooks compares local times without an offset, and the workstation's zone is not known (reference,
    section 3.6).
    """
    return (moment.astimezone(UTC) - _WESTERNMOST).strftime("%Y-%m-%dT%H:%M:%S")
