"""The answer of the token endpoint."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from qbsync.procore.payloads.shape import Payload


def _token(value: object) -> str:
    """Only what may stand in a header; the value itself is never quoted."""
    if isinstance(value, str) and value and value.isascii() and value.isprintable() and " " not in value:
        return value
    raise ValueError("not an access token")


class TokenPayload(Payload):
    """An access token and the seconds it lives."""

    access_token: Annotated[str, BeforeValidator(_token)] = Field(repr=False)
    expires_in: int = Field(gt=0, le=30 * 24 * 3600)
