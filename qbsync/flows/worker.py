"""The worker: asks Procore for changes on schedule, and tells it what it is owed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import TypeVar

import structlog

from qbsync.errors import BusyError, ProcoreLimitedError, ProcoreUnavailableError, QbsyncError
from qbsync.flows import fill, listening, settle
from qbsync.flows.calls import Tally, counted
from qbsync.flows.erp import catch_up, closing, intake
from qbsync.flows.fill import Filled
from qbsync.flows.leases import PullLease, PushLease
from qbsync.flows.settle import Settled
from qbsync.model.calls import CallBudget
from qbsync.model.feeds import Feed
from qbsync.model.options import Options
from qbsync.procore.client import ProcoreClient
from qbsync.procore.feeds.deleted import Deletion, gone
from qbsync.procore.feeds.direct import DirectFeed
from qbsync.procore.feeds.polling import Polling, not_asked
from qbsync.store import calls, connections, erp, inbox, marks, troubles, writebacks
from qbsync.store.engine import Database
from qbsync.store.tables import ConnectionRow

T = TypeVar("T")
log = structlog.get_logger(__name__)
FULL_READS = timedelta(hours=1)
"""Cost codes, inactive vendors and budgets have no filter by time: a scheduled pull reads them so often."""
LEAST_CALLS = 20
"""A scheduled pull waits until polling has that many calls left: the company's lists and a project."""
Clients = Callable[[ConnectionRow], ProcoreClient]
"""Makes the Procore client of a connection."""
Renew = Callable[[ConnectionRow], None]
"""Renews a pull's lease; raises BusyError where another process has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """Everything between Procore and the database; any number of processes may run one."""

    database: Database
    clients: Clients
    clock: Callable[[], datetime]

    def begin(self) -> None:
        """Have the next pulls of the ERP feed catch up: nobody may have been here to hear."""
        with self.database.write() as tx:
            for connection in connections.every(tx):
                if connection.feed == Feed.ERP.value:
                    catch_up.at_once(tx, connection.id)
                    connection.pull_at = None

    def run_once(self) -> int:
        """Do what is due now, for every connection; gives how many passes were made.

        One connection's trouble is kept on its page and holds up no other.
        """
        now = self.clock()
        with self.database.read() as tx:
            to_pull = list(connections.due_for_pull(tx, now))
            to_hear = list(inbox.connections_waiting(tx, Feed.DIRECT.value))
            to_take_in = list(inbox.connections_waiting(tx, Feed.ERP.value))
            to_push = sorted(writebacks.connections_due(tx, now))
            to_answer = sorted({*erp.connections_to_answer(tx)} - {*to_push})
        for connection_id in to_hear:
            self._guarded(self.listen, connection_id)
        for connection_id in to_take_in:
            self._guarded(self._pull_at_once, connection_id)
        for connection_id in to_pull:
            self._guarded(self._scheduled_pull, connection_id)
        for connection_id in to_push:
            self._guarded(self._scheduled_push, connection_id)
        answered = [one for one in to_answer if self._guarded(self._answer, one)]
        return len(to_hear) + len(to_take_in) + len(to_pull) + len(to_push) + len(answered)

    def _guarded(self, do: Callable[[int], T], connection_id: int) -> T | None:
        try:
            return do(connection_id)
        except QbsyncError as error:
            log.warning("pass_failed", connection=connection_id, error=error.message)
        except Exception:
            log.exception("pass_failed", connection=connection_id)
        return None

    def _scheduled_pull(self, connection_id: int) -> Filled | None:
        """The pull that is due, unless another process took it meanwhile."""
        try:
            return self.pull(connection_id, full_reads_every=FULL_READS, scheduled=True)
        except BusyError:
            return None

    def _pull_at_once(self, connection_id: int) -> Filled | None:
        """A pull because webhooks named something, unless another process is at one."""
        try:
            return self.pull(connection_id)
        except BusyError:
            return None

    def pull(
        self,
        connection_id: int,
        *,
        full_reads_every: timedelta = timedelta(0),
        scheduled: bool = False,
        catches_up: bool = False,
    ) -> Filled:
        """One fill pass: what changed in Procore becomes jobs. Raises the feed's error after keeping it.

        Cost codes have no filter by time: they are read whole, but not more often than `full_reads_every`.
        A `scheduled` one asks only if it is due, and keeps to calls_per_hour: projects from which little
        comes are left for a later one, and where no calls are left it asks nothing. One on the ERP feed that
        `catches_up` looks for what no webhook told of, whatever the hour.
        Raises BusyError while another process pulls: of two readings the older must not be stored last.
        """
        now = self.clock()
        lease = PullLease(self.database, connection_id, self.clock)
        with self.database.write() as tx:
            connection = connections.lock(tx, connection_id)
            options = connections.options_of(connection)
            polls = scheduled and connection.feed == Feed.DIRECT.value  # the ERP feed asks for what is named
            left = calls.left(connection, options.calls_per_hour, now) if polls else None
            wait = _wait_for_calls(left, options)
            lease.take(connection, now, only_if_due=scheduled)
            if catches_up and connection.feed == Feed.ERP.value:
                catch_up.at_once(tx, connection_id)
            connection.pull_at = now + max(wait, timedelta(seconds=options.poll_seconds))
            if wait:
                connection.pulling_until = None
                return Filled()
            before = marks.of_procore(tx, connection_id)
            asks = listening.polled(tx, connection, now) if scheduled else listening.everything
        try:
            filled = self._pull(
                connection,
                options,
                before,
                now,
                renew=lease.renew,
                full_reads_every=full_reads_every,
                wants=asks,
                left=left,
            )
            with self.database.write() as tx:
                listening.polled_whole(tx, connection_id, asks, now)
            return filled
        finally:
            lease.release()

    def listen(self, connection_id: int, *, at_once: bool = False) -> Filled | None:
        """One pass over what webhooks delivered: Procore is asked for what that names, and nothing else.

        None where nothing is to be read, or not yet unless `at_once`, or another process reads. Raises the
        feed's error after keeping it; the deliveries then wait for the next pass.
        """
        now = self.clock()
        lease = PullLease(self.database, connection_id, self.clock)
        try:
            with self.database.write() as tx:
                connection = connections.lock(tx, connection_id)
                if not at_once and not listening.may_listen(tx, connection, now):
                    return None
                named = listening.sort(tx, connection, now)
                if not named.rows:
                    return None
                lease.take(connection, now, only_if_due=False)
                options = connections.options_of(connection)
                before = marks.of_procore(tx, connection_id)
        except BusyError:
            return None
        try:
            filled = self._pull(
                connection,
                options,
                before,
                now,
                renew=lease.renew,
                full_reads_every=timedelta(0),
                wants=named.wants,
                deletions=named.deletions,
            )
            with self.database.write() as tx:
                listening.listened(tx, connection_id, named, now)
            return filled
        finally:
            lease.release()

    def _pull(
        self,
        connection: ConnectionRow,
        options: Options,
        before: Mapping[str, str],
        now: datetime,
        *,
        renew: Renew,
        full_reads_every: timedelta,
        wants: Callable[[str], bool],
        deletions: Sequence[Deletion] = (),
        left: float | None = None,
    ) -> Filled:
        connection_id = connection.id
        client = self.clients(connection)
        try:
            with counted(self.database, connection_id, client, self.clock) as tally:
                if connection.feed == Feed.ERP.value:
                    filled = self._take_in(connection, options, client, now, renew)
                else:
                    feed = DirectFeed(
                        client,
                        company_id=connection.procore_company,
                        standard_cost_code_list=options.standard_cost_code_list,
                        full_reads_every=full_reads_every,
                        adds_budget_changes=options.budget_changes == "add",
                        wants=wants,
                        reads_cost_types=options.cost_types == "class",
                        polling=None if left is None else _polling(left, tally, options),
                    )
                    events = chain(gone(client, deletions), feed.pull(before, now))
                    filled = fill.store_events(self.database, connection_id, events, now, renew=renew)
        except BusyError:
            raise  # another process reads now: what is wrong, if anything, is for it to say
        except QbsyncError as error:
            self._pull_failed(connection_id, error, now)
            raise
        with self.database.write() as tx:
            connections.lock(tx, connection_id).pull_error = ""
            if wants is listening.everything:  # a reading of less meets less trouble
                others = not_asked(marks.of_procore(tx, connection_id), now)
                troubles.clear_procore(tx, connection_id, now, not_asked=others)
        filled.accepted += fill.review_again(self.database, connection_id, now)
        return filled

    def _take_in(
        self, connection: ConnectionRow, options: Options, client: ProcoreClient, now: datetime, renew: Renew
    ) -> Filled:
        """What Procore's ERP tool asks for, as its webhooks named it."""
        pull = intake.Pull(
            database=self.database,
            connection_id=connection.id,
            client=client,
            options=options,
            now=now,
            renew=renew,
        )
        return intake.run(pull)

    def _pull_failed(self, connection_id: int, error: QbsyncError, now: datetime) -> None:
        with self.database.write() as tx:
            connection = connections.lock(tx, connection_id)
            connection.pull_error = error.for_people()
            wait = getattr(error, "retry_after", None)
            limited = isinstance(error, ProcoreLimitedError | ProcoreUnavailableError)
            if limited and wait:
                connection.pull_at = max(connection.pull_at or now, now + timedelta(seconds=wait))

    def _scheduled_push(self, connection_id: int) -> Settled | None:
        """The push that is due, unless another process is at it."""
        try:
            return self.push(connection_id)
        except BusyError:
            return None

    def _answer(self, connection_id: int) -> Settled | None:
        """A push because something has ended that Procore's ERP tool waits for, if anything has."""
        with self.database.read() as tx:
            ended = closing.has_ended(tx, connection_id)
        return self._scheduled_push(connection_id) if ended else None

    def push(self, connection_id: int, *, whatever_the_backoff: bool = False) -> Settled:
        """One write-back pass; raises BusyError while another process tells Procore about this connection."""
        with self.database.read() as tx:
            connection = connections.get(tx, connection_id)
        client = self.clients(connection)
        with (
            PushLease(self.database, connection_id, self.clock) as lease,
            counted(self.database, connection_id, client, self.clock),
        ):
            return settle.push(
                self.database,
                connection_id,
                client,
                self.clock(),
                whatever_the_backoff=whatever_the_backoff,
                renew=lease.renew,
            )


def _wait_for_calls(left: float | None, options: Options) -> timedelta:
    """How long a pull of the schedule waits until there are calls enough for it to be worth while."""
    if left is None:
        return timedelta(0)
    budget = CallBudget(per_hour=options.calls_per_hour)
    least = min(LEAST_CALLS, budget.at_once)
    return budget.until(left, least) if left < least else timedelta(0)


def _polling(left: float, tally: Tally, options: Options) -> Polling:
    return Polling(left=lambda: left - tally.made.total(), every=timedelta(seconds=options.poll_seconds))
