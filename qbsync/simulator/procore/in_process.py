"""Calls to a simulated Procore of the same process: real requests and answers, and no socket."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from werkzeug.test import Client

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from qbsync.simulator.procore.server import ProcoreServer

API_URL: Final = "http://api"
LOGIN_URL: Final = "http://login"


def session(server: ProcoreServer) -> requests.Session:
    """A session whose calls to API_URL and LOGIN_URL reach this Procore, whether it is started or not."""
    made = requests.Session()
    made.trust_env = False  # no proxy stands between them
    for url, application in zip((API_URL, LOGIN_URL), server.applications(), strict=True):
        made.mount(url, _InProcess(application))
    return made


class _InProcess(BaseAdapter):
    """Carries requests to a WSGI application of this process."""

    def __init__(self, application: WSGIApplication) -> None:
        super().__init__()
        self._client = Client(application)

    def send(self, request: requests.PreparedRequest, *_given: Any, **_more: Any) -> requests.Response:  # noqa: ANN401
        """The application's answer to a prepared request."""
        parts = urlsplit(request.url or "")
        answer = self._client.open(
            path=str(parts.path),
            query_string=str(parts.query),
            method=request.method,
            headers=dict(request.headers),
            data=request.body or b"",
        )
        made = requests.Response()
        made.status_code = answer.status_code
        made.headers = CaseInsensitiveDict(answer.headers.items())
        made.raw = io.BytesIO(answer.data)
        made.url, made.request = request.url or "", request
        return made

    def close(self) -> None:
        """Nothing is open."""
