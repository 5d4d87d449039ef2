"""Who may see the pages until there is a login: people at this very machine, and nobody through a proxy.

Behind a proxy on the same host everyone comes from loopback, so a forwarding header refuses the request; a
name of another site that resolves to 127.0.0.1 (DNS rebinding) is told by its Host. The server in front must
pass those headers on: waitress drops them unless `clear_untrusted_proxy_headers` is False.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from flask import Response, abort, request

from qbsync.ops.site import site

OPEN = "open"
"""The blueprint whose pages answer everyone."""
BY_BEARER = "webhooks"
"""The blueprint whose callers are programs that show a bearer, from anywhere and through any proxy."""
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})

_FORWARDING = frozenset(
    {
        "HTTP_FORWARDED",
        "HTTP_VIA",
        "HTTP_X_REAL_IP",
        "HTTP_X_CLIENT_IP",
        "HTTP_CLIENT_IP",
        "HTTP_TRUE_CLIENT_IP",
        "HTTP_X_CLUSTER_CLIENT_IP",
        "HTTP_X_ORIGINAL_HOST",
        "HTTP_X_ORIGINAL_URL",
        "HTTP_X_REWRITE_URL",
    }
)
_FORWARDING_FAMILIES = ("HTTP_X_FORWARDED", "HTTP_X_PROXY", "HTTP_X_ENVOY", "HTTP_CF_", "HTTP_FLY_")
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # same-origin, not no-referrer: under that a browser sends `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def check_request() -> None:
    """Refuse whoever is not at this machine, and forms that did not come from our own page."""
    if request.blueprint == BY_BEARER:
        return
    if request.method in _SAFE and (request.blueprint == OPEN or request.endpoint == "static"):
        return
    reason = _stranger()
    if reason:
        abort(403, reason)
    if request.method not in _SAFE:
        _check_form()


def _stranger() -> str:
    """Why the request is not to be answered; empty where it is."""
    if not _is_loopback(request.environ.get("REMOTE_ADDR", "")):
        return "Until qbsync has a login, its pages answer only on the computer that it runs on."
    if _was_forwarded():
        return (
            "This request came through a proxy. Until qbsync has a login, its pages answer only on the "
            "computer that it runs on, and not through a proxy there."
        )
    if _host_name() not in site().trusted_hosts:
        return (
            "Until qbsync has a login, its pages answer only under a name of the computer itself: open them "
            "as http://localhost with the port."
        )
    return ""


def _is_loopback(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_loopback)


def _was_forwarded() -> bool:
    return any(name in _FORWARDING or name.startswith(_FORWARDING_FAMILIES) for name in request.environ)


def _host_name() -> str:
    """The name of the Host header without its port; empty where there is none, or none that can be read."""
    found = _HOST.fullmatch(_host())
    return found[1] if found else ""


def _host() -> str:
    host: str = request.environ.get("HTTP_HOST", "")
    return host.lower()


def _check_form() -> None:
    for header in ("Origin", "Referer"):
        sent = request.headers.get(header)
        if sent is not None and not _is_here(sent):
            abort(403, "This form was sent from another site, so nothing was done.")
    if not site().signer.fits():
        abort(
            403,
            "This form does not carry the mark of a page of qbsync, so nothing was done. Go back, reload the "
            "page and send it again; the browser must accept cookies of this page.",
        )


def _is_here(url: str) -> bool:
    try:
        parts = urlsplit(url.lower())
    except ValueError:
        return False
    return parts.scheme == request.scheme and parts.netloc == _host()


def put_headers(response: Response) -> Response:
    """Tell the browser to run nothing, to show the page in no frame and to keep no copy."""
    response.headers.update(_HEADERS)
    return response
