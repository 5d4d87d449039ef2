"""What the Web Connector's support link shows to everyone: how the last session went, and never a record."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from qbsync.flows import insights, vitals
from qbsync.ops.guard import LOOPBACK_NAMES
from qbsync.ops.site import site
from qbsync.ops.twins import as_json, as_page, wants_json


def add_to(pages: Blueprint) -> None:
    """Put the support page among those that answer everyone."""
    pages.add_url_rule("/support/<connection>", "support", support)
    pages.add_url_rule("/support/<connection>.json", "support_twin", support)


def support(connection: str) -> Response:
    """How a connection fares, in figures and advice, for whoever follows the Web Connector's link."""
    with site().database.read() as tx:
        found = vitals.support(tx, connection)
        minutes = insights.connection(tx, connection, site().clock())["options"]["qbwc_minutes"]
    if wants_json():
        return as_json(found)
    fares = {"last_contact_at": found["last_contact_at"], "options": {"qbwc_minutes": minutes}}
    return as_page("support.html", found=found, fares=fares, address=_address())


def _address() -> str:
    """Where the pages answer: on the machine itself, under the port that this request came to."""
    public = urlsplit(site().public_url)
    if {f"{public.hostname}", f"[{public.hostname}]"} & LOOPBACK_NAMES:
        return f"{site().public_url.rstrip('/')}/"
    return f"http://localhost:{request.environ.get('SERVER_PORT', '80')}/"
