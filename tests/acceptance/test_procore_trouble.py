from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from qbsync.errors import ProcoreError
from qbsync.flows import insights
from qbsync.simulator.ledger import differences

if TYPE_CHECKING:
    from conftest import Installation


def _page(installation: Installation) -> dict[str, Any]:
    with installation.app.database.read() as tx:
        return insights.connection(tx, "acme", datetime.now(UTC))


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, ("client",)),
        (403, ("not", "Procore")),
        (429, ("limit",)),
        (500, ("Procore",)),
    ],
)
def test_procore_refusing_is_said_and_nothing_is_lost(
    small: Installation, status: int, words: tuple[str, ...]
) -> None:
    """Procore answering 401, 403, 429 or 500 ends in a line that says what happened and who mends it."""
    headers = {"Retry-After": "600"} if status == 429 else None
    small.procore.inject("GET", "/rest/v1.0/vendors*", status, headers=headers, times=50)
    with pytest.raises(ProcoreError) as refused:
        small.app.worker.pull(small.connection_id)
    said = _page(small)["pull_error"]
    assert said == refused.value.for_people()
    assert refused.value.guidance
    assert all(word.lower() in said.lower() for word in words), said
    assert small.procore.client_secret not in said


def test_procore_sending_garbage_is_said_and_the_next_pull_gets_all(small: Installation) -> None:
    """An HTML page instead of JSON ends in a line in words; once Procore is well nothing is missing."""
    small.procore.inject_garbage("GET", "/rest/v1.0/vendors*", times=1)
    with pytest.raises(ProcoreError):
        small.app.worker.pull(small.connection_id)
    assert _page(small)["pull_error"]
    small.app.worker.pull(small.connection_id)
    assert _page(small)["pull_error"] is None
    assert len([job for job in small.jobs() if job["kind"] == "vendor"]) == len(small.world.vendors)


def test_tool_without_rights_is_a_trouble_and_the_rest_goes_on(small: Installation) -> None:
    """A project whose commitments this account may not read is named; everything else is staged."""
    small.procore.inject("GET", "/rest/v1.0/work_order_contracts*", 403, times=50)
    small.app.worker.pull(small.connection_id)
    [trouble] = _page(small)["troubles"]
    assert "subcontract" in f"{trouble['subject']} {trouble['message']}".lower()
    assert trouble["guidance"]
    kinds = {job["kind"] for job in small.jobs()}
    assert kinds == {"cost_code", "vendor", "project", "commitment"}


def test_write_backs_wait_for_procore_and_are_then_all_told(small: Installation) -> None:
    """While Procore is down what it is owed is kept; once it is back it hears everything."""
    small.serve()
    connector = small.connector()
    connector.update(small.password)
    small.app.worker.pull(small.connection_id)
    small.drain(connector)
    small.procore.inject("PATCH", "*", 503, headers={"Retry-After": "1800"})
    first = small.app.worker.push(small.connection_id)
    assert first.postponed
    assert "Procore" in first.error
    assert small.app.worker.push(small.connection_id).done == 0, "the backoff holds"
    settled = small.app.worker.push(small.connection_id, whatever_the_backoff=True)
    assert settled.error == ""
    assert differences(small.procore.state, small.company) == []
