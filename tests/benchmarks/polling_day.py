"""A day of polling 20 projects in which people work: the calls of each hour, and how soon changes are seen.

    python tests/benchmarks/polling_day.py

No time passes: the simulated Procore counts the calls, on a clock that is put forward. Ends with 1 where an
hour, whenever it begins, has more than 600 calls, or a change was seen later than docs/procore-calls.md says.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path

import sqlalchemy as sa

from qbsync.flows.worker import Worker
from qbsync.model.jobs import JobState
from qbsync.procore.auth import MemoryTokenStore, TokenSource
from qbsync.procore.client import ProcoreClient
from qbsync.simulator.procore import Clock, ProcoreServer, ProcoreState, in_process
from qbsync.simulator.procore.invoice_maths import Billing
from qbsync.store import connections, schema
from qbsync.store.connections import NewConnection
from qbsync.store.engine import Database
from qbsync.store.secrets import Keeper, new_key
from qbsync.store.tables import JobRow

START = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STEP = timedelta(minutes=5)
PROJECTS = 20
MOST_CALLS = 600
SEEN_WITHIN = timedelta(minutes=45)
READ_WITHIN = timedelta(minutes=105)
"""Budgets, which have no filter by time."""


@dataclass(frozen=True)
class Change:
    """What somebody did in Procore, and when."""

    kind: str
    procore_id: str
    at: datetime


@dataclass
class Day:
    """What came of it."""

    calls: list[tuple[datetime, int]] = field(default_factory=list)
    endpoints: Counter[str] = field(default_factory=Counter)
    hours: Counter[int] = field(default_factory=Counter)
    changes: list[Change] = field(default_factory=list)
    seen: dict[Change, timedelta] = field(default_factory=dict)

    @property
    def busiest(self) -> int:
        """The most calls of an hour, whenever it begins."""
        most, within, window = 0, 0, deque()
        for at, made in self.calls:
            window.append((at, made))
            within += made
            while at - window[0][0] >= HOUR:
                within -= window.popleft()[1]
            most = max(most, within)
        return most

    def late(self) -> list[Change]:
        """The changes that were not seen in time."""
        allowed = {True: READ_WITHIN, False: SEEN_WITHIN}
        return [one for one in self.changes if self.seen.get(one, DAY) > allowed[one.kind == "budget"]]


class Company:
    """A Procore of 20 projects, each with a locked budget, two commitments and an invoice, and qbsync."""

    def __init__(self, folder: Path, *, projects: int = PROJECTS) -> None:
        self.clock = Clock(START - timedelta(days=30))
        self.procore = ProcoreServer(ProcoreState(clock=self.clock), per_hour=10**6, per_10_seconds=10**6)
        self.state = self.procore.state
        self.furnish(projects)
        self.clock.advance(timedelta(days=30).total_seconds())
        self.database = Database(f"sqlite:///{folder / 'day.sqlite3'}")
        schema.upgrade(self.database)
        keeper = Keeper(new_key())
        new = NewConnection(
            name="day",
            procore_company=str(self.procore.company_id),
            feed="direct",
            procore_api=in_process.API_URL,
            procore_login=in_process.LOGIN_URL,
            client_id=self.procore.client_id,
            client_secret=self.procore.client_secret,
        )
        with self.database.write() as tx:
            self.connection_id = connections.add(tx, new, keeper, START)[0].id
        client = self.client()
        self.worker = Worker(database=self.database, clients=lambda _row: client, clock=self.clock.now)

    def client(self) -> ProcoreClient:
        """A client of that Procore within this process; where it waits, the clock goes on."""
        session = in_process.session(self.procore)
        tokens = TokenSource(
            login_url=in_process.LOGIN_URL,
            client_id=self.procore.client_id,
            client_secret=self.procore.client_secret,
            store=MemoryTokenStore(),
            session=session,
            clock=self.clock.now,
            sleep=self.clock.advance,
        )
        return ProcoreClient(
            api_url=in_process.API_URL,
            company_id=self.procore.company_id,
            tokens=tokens,
            session=session,
            clock=self.clock.now,
            sleep=self.clock.advance,
        )

    def furnish(self, projects: int) -> None:
        """What people entered in the month before."""
        state = self.state
        erp = state.create_cost_code_list("QuickBooks", is_erp_list=True)
        division = state.create_standard_cost_code(erp.id, "01", "General")
        state.create_standard_cost_code(erp.id, "010", "Supervision", division.id)
        state.create_line_item_type("Other", "O", "other")
        self.vendors = [state.create_vendor(f"Vendor {number}").id for number in range(10)]
        self.contracts: list[tuple[int, int]] = []
        self.budget_lines: list[tuple[int, int]] = []
        for number in range(projects):
            project = state.create_project(f"Project {number}").id
            code = next(row.id for row in state.cost_codes(project) if row.code == "010")
            for kind in ("work_order_contract", "purchase_order_contract"):
                contract = state.create_commitment(
                    kind,
                    project,
                    self.vendors[number % 10],
                    number=f"{kind[0].upper()}-{number}",
                    title="Work",
                )
                line = state.create_line(contract.id, code, amount=Decimal(10000), description="Work")
                state.approve(contract.id)
                if kind[0] == "w":
                    self.contracts.append((contract.id, line.id))
            self.bill(number)
            budgeted = state.budgets.add_line(project, code, Decimal(50000))
            state.budgets.lock(project)
            self.budget_lines.append((project, budgeted.id))

    def bill(self, number: int) -> int:
        """The next approved invoice of a project's subcontract."""
        contract, line = self.contracts[number]
        invoice = self.state.invoices.create(contract, None, {line: Billing(work=Decimal(10))})
        self.state.invoices.submit(invoice.id)
        return self.state.invoices.approve(invoice.id).id

    def happenings(self, length: timedelta) -> Iterator[tuple[timedelta, Change]]:
        """What people do in the course of the day: when the next is due, then what was done, in turns."""
        state = self.state
        for step in count():
            at = 3 * HOUR + step * timedelta(minutes=27)
            if at > length - 3 * HOUR:  # the last ones too have the time in which they are to be seen
                return
            yield at, Change("", "", START)
            number = step * 7 % len(self.contracts)
            match step % 5:
                case 0:
                    contract = self.contracts[number][0]
                    state.edit_commitment(contract, title=f"Work, revised {step}")
                    done = ("commitment", contract)
                case 1:
                    code = state.lines(self.contracts[number][0])[0].cost_code_id
                    order = state.change_orders.create(
                        self.contracts[number][0], [(code, Decimal(100), "More")], status="approved"
                    )
                    done = ("change_order", order.id)
                case 2:
                    done = ("invoice", self.bill(number))
                case 3:
                    project, line = self.budget_lines[number]
                    state.budgets.change(project, {line: Decimal(step)})
                    done = ("budget", project)
                case _:
                    vendor = self.vendors[number % 10]
                    state.edit_vendor(vendor, name=f"Vendor, renamed {step}")
                    done = ("vendor", vendor)
            yield at, Change(done[0], str(done[1]), self.clock.now())

    def live(self, length: timedelta) -> Day:
        """A whole day, or its first hours, by the steps of poll_seconds."""
        day = Day()
        happenings = self.happenings(length)
        due, _ = next(happenings)
        before = Counter(self.procore.calls)
        while (at := self.clock.now()) < START + length:
            while due is not None and at >= START + due:
                day.changes.append(next(happenings)[1])
                due, _ = next(happenings, (None, None))
            self.worker.run_once()
            made = Counter(self.procore.calls) - before
            before = Counter(self.procore.calls)
            day.endpoints += made
            day.hours[int((at - START) / HOUR)] += made.total()
            day.calls.append((at, made.total()))
            self.note_seen(day, at)
            self.clock.advance(STEP.total_seconds())
        return day

    def note_seen(self, day: Day, now: datetime) -> None:
        """Which changes have become jobs by now; the approver rejects them all, so none is in the way."""
        with self.database.write() as tx:
            tx.execute(
                sa.update(JobRow)
                .where(JobRow.state == JobState.STAGED.value)
                .values(state=JobState.REJECTED.value)
            )
            staged = tx.execute(
                sa.select(JobRow.kind, JobRow.procore_id).where(JobRow.created_at >= now - STEP / 2)
            )
            found = {(kind, procore_id) for kind, procore_id in staged}
        for one in day.changes:
            if one not in day.seen and (one.kind, one.procore_id) in found:
                day.seen[one] = now - one.at

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()


def live_a_day(*, projects: int = PROJECTS, length: timedelta = DAY) -> Day:
    """One day, or its first hours, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="qbsync-day-") as folder:
        company = Company(Path(folder), projects=projects)
        try:
            return company.live(length)
        finally:
            company.close()


def table(day: Day) -> str:
    """The calls by endpoint and by hour, and how soon changes were seen."""
    lines = [f"{made:6}  {endpoint}" for endpoint, made in day.endpoints.most_common()]
    lines += [f"{day.endpoints.total():6}  in all", ""]
    lines += ["Calls of each hour: " + " ".join(str(made) for _, made in sorted(day.hours.items()))]
    lines += [f"The busiest hour, whenever it begins: {day.busiest} calls."]
    for kind in sorted({one.kind for one in day.changes}):
        waits = sorted(wait for one, wait in day.seen.items() if one.kind == kind)
        longest = waits[-1] if waits else None
        lines.append(f"{kind}: {len(waits)} changes seen, the last after {longest}.")
    return "\n".join(lines)


def main() -> int:
    """Print the day; 1 where it broke a promise."""
    day = live_a_day()
    print(table(day))
    return 1 if day.busiest > MOST_CALLS or day.late() else 0


if __name__ == "__main__":
    sys.exit(main())
