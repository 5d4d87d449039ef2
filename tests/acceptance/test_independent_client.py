from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import zeep
from zeep.transports import Transport

if TYPE_CHECKING:
    from conftest import Installation


def _client(installation: Installation, intuit: Path) -> Any:
    """A SOAP client made from Intuit's own WSDL, pointed at qbsync."""
    client = zeep.Client(str(intuit / "QBWebConnectorSvc.wsdl"), transport=Transport(timeout=60))
    return client.create_service(
        "{http://developer.intuit.com/}QBWebConnectorSvcSoap", f"http://localhost:{installation.port}/qbwc"
    )


@pytest.mark.intuit
def test_zeep_runs_a_whole_session(small: Installation, intuit: Path) -> None:
    """A SOAP client that shares nothing with ours, from Intuit's WSDL file, drains the queue."""
    small.serve()
    connector = small.connector()
    first = connector.update(small.password)
    small.app.worker.pull(small.connection_id)
    service = _client(small, intuit)
    assert service.serverVersion("").startswith("qbsync")
    assert not service.clientVersion("2.3.0.215")
    ticket, company = service.authenticate("qbsync-acme", small.password)
    assert company in (None, "")
    session = small.company.begin_session(connector.qwc.app_name)
    hcp, percent = first.hcp, 0
    while percent < 100:
        request = service.sendRequestXML(ticket, hcp, small.company.path_shown, "US", 13, 0)
        answer = small.company.process_in_session(session, request)
        percent = service.receiveResponseXML(ticket, answer, "", "")
        assert 0 <= percent <= 100
        hcp = ""
    assert "synced" in service.closeConnection(ticket)
    small.company.end_session(session)
    assert {job["state"] for job in small.jobs()} == {"synced"}
    assert service.authenticate("qbsync-acme", "wrong")[1] == "nvu"
    assert service.getLastError("no such ticket") == "Session expired, run again."


def test_addresses_answer_as_the_web_connector_wants(small: Installation) -> None:
    """GET and HEAD on /qbwc and /support/<connection> answer 200 at once, without redirect or compression."""
    small.serve()
    for path in ("/qbwc", "/support/acme"):
        for ask in (requests.get, requests.head):
            answer = ask(
                f"http://localhost:{small.port}{path}",
                headers={"Accept-Encoding": "gzip"},
                allow_redirects=False,
                timeout=30,
            )
            assert answer.status_code == 200
            assert "Content-Encoding" not in answer.headers


def test_forwarded_requests_reach_the_guard(small: Installation) -> None:
    """Behind waitress a forwarded request or a foreign Host is still refused by the pages, not by luck."""
    small.serve()
    url = f"http://localhost:{small.port}/"
    assert requests.get(url, timeout=30).status_code == 200
    assert requests.get(url, headers={"X-Forwarded-For": "10.0.0.9"}, timeout=30).status_code == 403
    assert requests.get(url, headers={"Host": "evil.example"}, timeout=30).status_code == 403
