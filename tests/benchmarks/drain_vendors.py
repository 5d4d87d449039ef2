"""How 1,000 accepted vendor jobs get into QuickBooks: round trips, wall time, server CPU, time in QuickBooks.

A real `qbsync serve --no-worker` process, called over HTTP by the simulated Web Connector.
"""

from __future__ import annotations

import sys
import time

from installation import Installation, awkward_vendors
from postgresql import database_urls, name_of

from qbsync.flows import insights
from qbsync.flows.insights import JobFilter
from qbsync.simulator.quickbooks import CompanyFile
from qbsync.simulator.webconnector import WebConnector

JOBS = 1000
MOST_PAIRS = 15


def main() -> None:
    """Print one line a database; exit 1 where a job was left or more than 15 pairs were used."""
    print(f"{JOBS} accepted vendor jobs drained by the simulated Web Connector over HTTP")
    print(
        f"{'database':<12}{'pairs':>7}{'wall s':>9}{'server CPU s':>14}{'in QuickBooks s':>17}{'synced':>8}"
    )
    fits = True
    with database_urls() as urls:
        for url in urls:
            fits &= _drain(url)
    sys.exit(0 if fits else 1)


def _drain(url: str) -> bool:
    with Installation(url) as here:
        accepted = here.queue(awkward_vendors(JOBS))
        assert accepted == JOBS, f"only {accepted} of {JOBS} were accepted"
        company = _TimedCompany(CompanyFile.open(here.folder / "company.qbw"))
        here.serve()
        connector = WebConnector(company.file, here.qwc())
        connector.add()
        company.start()
        cpu, started = here.cpu_seconds, time.perf_counter()
        result = connector.update(here.password)
        wall, cpu = time.perf_counter() - started, here.cpu_seconds - cpu
        connector.close()
        company.file.close()
        with here.app.database.read() as tx:
            synced = len(insights.jobs(tx, JobFilter(state="synced")))
    pairs = result.round_trips
    print(f"{name_of(url):<12}{pairs:>7}{wall:>9.2f}{cpu:>14.2f}{company.seconds:>17.2f}{synced:>8}")
    return synced == JOBS and pairs <= MOST_PAIRS


class _TimedCompany:
    """A company file that counts the seconds it spends on requests."""

    def __init__(self, file: CompanyFile) -> None:
        self.file = file
        self.seconds = 0.0

    def start(self) -> None:
        """Count from now on."""
        process = self.file.process_in_session

        def timed(ticket: str, request_xml: str, *, spared: bool = False) -> str:
            started = time.perf_counter()
            try:
                return process(ticket, request_xml, spared=spared)
            finally:
                self.seconds += time.perf_counter() - started

        self.file.process_in_session = timed  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
