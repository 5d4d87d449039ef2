"""What a 30 MB answer costs: wall time and memory of a real `qbsync serve` process, on SQLite.

The answer is one EntityQueryRs of an iterator with as many vendors as 30 MB hold, and short answers for the
other lists that were asked for. It comes twice, the second time with every vendor known already.
"""

from __future__ import annotations

import re
import time

import calls
import sqlalchemy as sa
from installation import Installation

from qbsync.store import connections
from qbsync.store.list_tables import NameRow

SIZE = 30_000_000
_REQUEST = re.compile(r'<(\w+)Rq[^>]*requestID="([^"]+)"')


def main() -> None:
    """Print a line for each time the answer comes."""
    vendors = _vendors()
    size = sum(map(len, vendors)) / 1_000_000
    print(f"an answer of {size:.1f} MB qbXML with {len(vendors):,} vendors, delivered by receiveResponseXML")
    print(
        f"{'':<14}{'wall s':>8}{'CPU s':>8}{'RSS before':>12}{'peak before':>13}{'peak after':>12}"
        f"{'RSS after':>11}"
    )
    with Installation() as here:
        here.serve()
        caller = calls.Caller(here.port)
        for when in ("first time", "once more"):
            _forget_lists(here)
            _deliver(here, caller, vendors, when)
        caller.close()
        with here.app.database.read() as tx:
            kept = tx.scalar(sa.select(sa.func.count()).select_from(NameRow))
        print(f"{kept:,} names kept; memory in MiB (VmRSS and VmHWM of the process)")
        assert kept == len(vendors)


def _deliver(here: Installation, caller: calls.Caller, vendors: list[str], when: str) -> None:
    ticket = here.ticket()
    asked = calls.result("sendRequestXML", caller.post(calls.send_request(ticket)))
    envelope = calls.receive_response(ticket, _answer(asked, vendors))
    before, peak, cpu = here.resident_mib, here.peak_mib, here.cpu_seconds
    started = time.perf_counter()
    percent = calls.result("receiveResponseXML", caller.post(envelope))
    wall = time.perf_counter() - started
    assert percent == "100", percent
    print(
        f"{when:<14}{wall:>8.2f}{here.cpu_seconds - cpu:>8.2f}{before:>12.0f}{peak:>13.0f}"
        f"{here.peak_mib:>12.0f}{here.resident_mib:>11.0f}"
    )


def _forget_lists(here: Installation) -> None:
    """Let the next session read QuickBooks' lists."""
    with here.app.database.write() as tx:
        connections.lock(tx, here.connection_id).names_at = None


def _vendors() -> list[str]:
    """VendorRets as QuickBooks answers the elements that a sweep asks for."""
    made: list[str] = []
    size = 0
    while size < SIZE:
        made.append(_vendor(len(made) + 1))
        size += len(made[-1])
    return made


def _vendor(number: int) -> str:
    return (
        f"<VendorRet>\n<ListID>{0x80000000 + number:X}-1700000000</ListID>\n"
        f"<TimeModified>2026-11-20T10:00:00-08:00</TimeModified>\n<EditSequence>1700000000</EditSequence>\n"
        f"<Name>Vendor {number:06d} M&#252;ller &amp; S&#246;hne</Name>\n<IsActive>true</IsActive>\n"
        f"<ExternalGUID>{{00000000-0000-4000-8000-{number:012d}}}</ExternalGUID>\n</VendorRet>\n"
    )


def _answer(asked: str, vendors: list[str]) -> str:
    answers = []
    for name, request_id in _REQUEST.findall(asked):
        if name == "EntityQuery":
            answers.append(
                f'<EntityQueryRs requestID="{request_id}" statusCode="0" statusSeverity="Info" '
                f'statusMessage="Status OK" iteratorRemainingCount="0" '
                f'iteratorID="{{aaaaaaaa-0000-4000-8000-000000000000}}">{"".join(vendors)}</EntityQueryRs>'
            )
        else:
            answers.append(
                f'<{name}Rs requestID="{request_id}" statusCode="1" statusSeverity="Info" '
                'statusMessage="A query request did not find a matching object in QuickBooks"/>'
            )
    return f'<?xml version="1.0" ?>\n<QBXML>\n<QBXMLMsgsRs>\n{"".join(answers)}</QBXMLMsgsRs>\n</QBXML>\n'


if __name__ == "__main__":
    main()
