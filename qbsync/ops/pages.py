"""The WSGI application of all pages; the one place of `ops` that knows every other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Flask
from flask.json.provider import DefaultJSONProvider
from werkzeug.routing import IntegerConverter, Map

from qbsync import __version__
from qbsync.model.jobs import JobState
from qbsync.ops import (
    connections,
    costs,
    deciding,
    forms,
    guard,
    health,
    jobs,
    metrics,
    missing,
    offers,
    refusals,
    requests,
    support,
    webhooks,
    words,
)
from qbsync.ops.asking import LARGEST_ID, as_arguments
from qbsync.ops.site import EXTENSION, Site, site
from qbsync.store.engine import Database

_MOST_OF_A_FORM = 1024 * 1024


class IdConverter(IntegerConverter):
    """An id of a row in an address: whole, and no larger than a database keeps."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, min=1, max=LARGEST_ID)


def create_pages(
    database: Database,
    *,
    clock: Callable[[], datetime],
    public_url: str,
    secret_key: str,
    ready: Callable[[], str | None],
    read_costs: Callable[[str], None],
    trusted_hosts: frozenset[str] = guard.LOOPBACK_NAMES,
) -> Flask:
    """The pages over a database.

    `clock` gives aware times; `secret_key` signs forms; `ready` says why the installation is not ready, None
    where it is; `read_costs` reads what the projects of a connection, by its name, cost in Procore;
    `trusted_hosts` are the names, without a port and in small letters, that the Host header may have. The
    server in front must pass forwarding headers on, or a proxy's strangers would be let in.
    """
    app = Flask(__name__)
    app.extensions[EXTENSION] = Site(
        database=database,
        clock=clock,
        ready=ready,
        read_costs=read_costs,
        public_url=public_url,
        trusted_hosts=trusted_hosts,
        signer=forms.Signer(secret_key),
    )
    _configure(app)
    app.before_request(guard.check_request)
    app.after_request(forms.keep_nonce)
    app.after_request(guard.put_headers)
    refusals.add_to(app)
    app.register_blueprint(_open_pages())
    for pages in (
        jobs.pages,
        deciding.pages,
        offers.pages,
        connections.pages,
        missing.pages,
        requests.pages,
        costs.pages,
        webhooks.pages,
    ):
        app.register_blueprint(pages)
    return app


def _open_pages() -> Blueprint:
    """The pages that answer everyone, from anywhere."""
    pages = Blueprint(guard.OPEN, __name__)
    for part in (health, metrics, support):
        part.add_to(pages)
    return pages


def _configure(app: Flask) -> None:
    app.config["MAX_CONTENT_LENGTH"] = _MOST_OF_A_FORM
    app.url_map.converters["id"] = IdConverter
    # The Web Connector follows no redirect, so no address is mended by one.
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    if isinstance(app.json, DefaultJSONProvider):
        app.json.sort_keys = False
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        when=words.when, plain=words.plain, pairs=words.pairs, for_page=words.for_page, worded=words.worded
    )
    app.jinja_env.globals.update(
        contact=words.contact,
        wrongs=words.wrongs,
        states=list(JobState),
        version=__version__,
        form_token=_form_token,
        arguments=as_arguments,
    )


def _form_token() -> str:
    return site().signer.token()
