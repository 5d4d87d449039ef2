"""Who acts in the simulated Procore: the service account by the API, a person by hand."""

from __future__ import annotations

from typing import Final

from flask import has_request_context

ACCOUNT_ID: Final = 160_586
"""The service account."""
PERSON_ID: Final = 160_012
"""Somebody in the office."""


def who_acts() -> int:
    """Who makes the present change: what comes by a request is the account's, all else a person's."""
    return ACCOUNT_ID if has_request_context() else PERSON_ID
