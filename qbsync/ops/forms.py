"""Proof that a form was sent from our own page: a signed token that must agree with a cookie.

The page gives the browser a random value as a cookie and the same value, signed, in each form. Another site
can make the browser send the cookie but can neither read it nor sign it; no process keeps anything.
"""

from __future__ import annotations

import hmac
import re
import secrets

from flask import Response, g, request
from itsdangerous import BadSignature, URLSafeSerializer

COOKIE = "qbsync_form"
FIELD = "token"
_NONCE = re.compile(r"[A-Za-z0-9_-]{32}")


class Signer:
    """Makes and checks the tokens of forms with the installation's key."""

    def __init__(self, secret_key: str) -> None:
        self._serializer = URLSafeSerializer(secret_key, salt="qbsync.ops.forms")

    def __repr__(self) -> str:
        return "Signer()"

    def token(self) -> str:
        """The token for the forms of the page that is being made."""
        if "form_nonce" not in g:
            kept = request.cookies.get(COOKIE, "")
            g.form_nonce = kept if _NONCE.fullmatch(kept) else secrets.token_urlsafe(24)
        signed = self._serializer.dumps(g.form_nonce)
        return signed if isinstance(signed, str) else signed.decode()

    def fits(self) -> bool:
        """Whether the present request carries a token of ours that agrees with its cookie."""
        kept = request.cookies.get(COOKIE, "")
        try:
            signed = self._serializer.loads(request.form.get(FIELD, ""))
        except BadSignature:
            return False
        return isinstance(signed, str) and bool(kept) and hmac.compare_digest(signed.encode(), kept.encode())


def keep_nonce(response: Response) -> Response:
    """Give the browser the cookie that the page's tokens agree with."""
    nonce = g.get("form_nonce")
    if nonce is not None and request.cookies.get(COOKIE) != nonce:
        response.set_cookie(COOKIE, nonce, httponly=True, samesite="Strict", secure=request.is_secure)
    return response
