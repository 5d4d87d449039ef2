"""The Web Connector's conversation in one process: a company file in memory, any number of PCs, and a clock.

No HTTP here: each PC calls the Drain's methods itself, in the Web Connector's order, so that a test can lose,
repeat, spoil or delay any of them. What the conversation must never do is written down once, in `broken`.
"""

from __future__ import annotations

import itertools
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import argon2
import pytest
import sqlalchemy as sa

from qbsync.flows import fill, linking, review, setup, unlinking, world as worlds
from qbsync.flows.drain import Drain
from qbsync.flows.review import Desk
from qbsync.model.ids import ConnectionId
from qbsync.model.jobs import JobState
from qbsync.model.links import external_guid
from qbsync.model.records import (
    Commitment,
    CommitmentLine,
    CommitmentType,
    CostCode,
    Project,
    Record,
    RecordKey,
    RecordKind,
    Vendor,
    key_of,
)
from qbsync.procore.feeds.events import Seen
from qbsync.simulator.quickbooks import CompanyFile
from qbsync.simulator.quickbooks.hresults import RequestProcessorError
from qbsync.simulator.webconnector import own_requests
from qbsync.store import connections, links, queue, secrets, troubles
from qbsync.store.connections import NewConnection
from qbsync.store.engine import Database
from qbsync.store.secrets import Keeper, new_key
from qbsync.store.tables import ConnectionRow, JobRow, LinkRow, MessageRow, PartRow, SessionRow

PASSWORD = "a made-up password"
CUSTOMER, INCOME = "Ridge Owners", "Construction Income"
BUSY = "busy"
DONE = 100
MINUTE = timedelta(minutes=1)
PACIFIC = timezone(timedelta(hours=-8))
"""QuickBooks' own clock, far from UTC."""
BECOMES = {
    RecordKind.COST_CODE: "ItemService",
    RecordKind.RETAINAGE_ITEM: "ItemService",
    RecordKind.VENDOR: "Vendor",
    RecordKind.PROJECT: "Customer",
    RecordKind.COMMITMENT: "PurchaseOrder",
    RecordKind.CHANGE_ORDER: "PurchaseOrder",
    RecordKind.BUDGET: "Estimate",
    RecordKind.INVOICE: "Bill",
    RecordKind.PAYMENT: "BillPaymentCheck",
}
"""What each kind of record is in QuickBooks, where ids are unique within a list only."""
CREDIT = "VendorCredit"
"""What an invoice of less than nothing may be instead."""

_numbers = itertools.count(1)
_CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_OLD = re.compile(rb'oldMessageSetID="([^"]*)"')
_NEW = re.compile(rb'newMessageSetID="([^"]*)"')


class Clock:
    """A time that passes only when told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The time now, in UTC."""
        return self.now

    def local(self) -> datetime:
        """The time now, as the PC with QuickBooks shows it."""
        return self.now.astimezone(PACIFIC)

    def passes(self, time: timedelta) -> None:
        """Let time pass."""
        self.now += time


@dataclass
class Answer:
    """What a PC has to deliver: QuickBooks' answer, or the error it gave instead."""

    ticket: str
    response: str = ""
    hresult: str = ""
    message: str = ""


@dataclass
class Pc:
    """One PC with the .qwc: a Web Connector that can be stopped between any two calls."""

    rig: Rig
    machine: str
    ticket: str = ""
    welcome: list[str] = field(default_factory=list)
    session: str = ""
    sent_hcp: bool = False
    in_hand: str = ""
    handed_at: datetime | None = None
    answer: Answer | None = None
    percent: int = 0
    percents: list[int] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def authenticate(self, password: str = PASSWORD) -> str:
        """Sign in; gives what authenticate said: a path, or none, nvu or busy."""
        self.vanish()
        self.welcome = self.rig.drain.authenticate(self.rig.user, password)
        self.ticket = self.welcome[0]
        return self.welcome[1]

    def open_file(self) -> None:
        """BeginSession, and the lock that the Web Connector writes into the company file."""
        self.session = self.rig.file.begin_session("qbsync")
        value = own_requests.lock_value(self.machine, self.rig.clock(), locked=True)
        own_requests.write(self._own, "13.0", self.rig.owner_id, own_requests.APP_LOCK, value)

    def hcp(self) -> str:
        """The company's data as the first sendRequestXML carries it."""
        return self._own(own_requests.hcp("13.0", self.rig.owner_id))

    def _own(self, request: str) -> str:
        return self.rig.file.process_in_session(self.session, request, spared=True)

    def send(self, *, path: str | None = None, hcp: str | None = None) -> str:
        """Ask for the next request; empty where getLastError has something to say."""
        document = ""
        if not self.sent_hcp:
            self.open_file()
            document = self.hcp() if hcp is None else hcp
            self.sent_hcp = True
        shown = self.rig.file.path_shown if path is None else path
        self.in_hand = self.rig.drain.send_request_xml(self.ticket, document, shown, self.rig.country, 13, 0)
        self.handed_at = self.rig.clock()
        if self.in_hand:
            self.requests.append(self.in_hand)
        return self.in_hand

    def execute(self) -> Answer:
        """Let QuickBooks do the request in hand; its answer, or its error, waits to be delivered."""
        ticket = self.ticket
        try:
            self.answer = Answer(ticket, self.rig.file.process_in_session(self.session, self.in_hand))
        except RequestProcessorError as fault:
            self.answer = Answer(ticket, hresult=fault.hresult, message=fault.message)
        self.in_hand = ""
        self.rig.answers.append(self.answer)
        return self.answer

    def execute_now(self, request: str) -> Answer:
        """Let QuickBooks do some request whose time seemed over; what it answers."""
        return Answer(self.ticket, self.rig.file.process(request))

    def deliver(self, answer: Answer | None = None) -> int:
        """Deliver an answer; the percentage, or a negative number."""
        given = answer or self.answer
        assert given is not None
        self.answer = None
        self.percent = self.rig.drain.receive_response_xml(
            given.ticket, given.response, given.hresult, given.message
        )
        return self.percent

    def last_error(self) -> str:
        """What getLastError says."""
        return self.rig.drain.get_last_error(self.ticket)

    def close(self) -> str:
        """CloseConnection: the line for the Status column."""
        said = self.rig.drain.close_connection(self.ticket)
        self.vanish()
        return said

    def vanish(self) -> None:
        """The Web Connector is gone without a word; its QuickBooks session ends with it."""
        if self.session:
            self.rig.file.end_session(self.session)
        self.session = self.in_hand = self.ticket = ""
        self.sent_hcp, self.answer, self.percent, self.handed_at = False, None, 0, None

    def refuse(self, hresult: str) -> Answer:
        """QuickBooks does nothing of the request in hand and says only a number."""
        self.in_hand = ""
        self.answer = Answer(self.ticket, hresult=hresult, message="made up by the test")
        return self.answer

    def say_status(self, code: int) -> Answer:
        """QuickBooks does nothing of the request in hand and answers a messageSetStatusCode alone."""
        found = _NEW.search(self.in_hand.encode())
        set_id = found[1].decode() if found else ""
        self.in_hand = ""
        text = (
            '<?xml version="1.0" ?><QBXML><QBXMLMsgsRs '
            f'newMessageSetID="{set_id}" messageSetStatusCode="{code}"></QBXMLMsgsRs></QBXML>'
        )
        self.answer = Answer(self.ticket, text)
        return self.answer

    def update(
        self, refuses: Callable[[str], bool] = lambda _request: False, *, by: str = "0x80040400"
    ) -> str:
        """One whole update; the closing line, or what authenticate said instead of a path.

        QuickBooks answers the requests that it `refuses` by an HRESULT; usually it cannot parse them.
        """
        said = self.authenticate()
        if said in ("none", "nvu", BUSY):
            if said != BUSY:
                self.close()
            return said
        for _ in range(400):
            if not self.send():
                break
            self.percents.append(self._answer(refuses, by))
            if not 0 <= self.percents[-1] < DONE:
                break
        else:
            raise AssertionError("an update never came to its end")
        return self.close()

    def _answer(self, refuses: Callable[[str], bool], by: str) -> int:
        if refuses(self.in_hand):
            self.refuse(by)
        else:
            self.execute()
        return self.deliver()

    def until_write(self) -> str:
        """Sign in, do the reads, and stop with the first writing request in hand."""
        assert self.authenticate() == ""
        for _ in range(50):
            request = self.send()
            if "newMessageSetID" in request:
                return request
            assert request, self.last_error()
            self.execute()
            assert 0 <= self.deliver() < DONE, "the session ended before anything was written"
        raise AssertionError("no write came")


@dataclass
class Rig:
    """One connection with its Drain, its company file, its clock and its PCs."""

    database: Database
    clock: Clock = field(default_factory=Clock)
    answers: list[Answer] = field(default_factory=list)
    known_bytes: dict[int, tuple[bytes, str | None]] = field(default_factory=dict)
    by_hand: set[tuple[str, str]] = field(default_factory=set)
    country: str = "US"

    def __post_init__(self) -> None:
        self.name = f"firm{next(_numbers)}"
        self.file = CompanyFile.open(
            company_name="Ridge Builders", clock=self.clock.local, country=self.country
        )
        self._add_connection()
        self._furnish()
        self.restart()

    def _add_connection(self) -> None:
        new = NewConnection(
            name=self.name,
            procore_company="8089",
            feed="direct",
            procore_api="https://procore.example",
            procore_login="https://procore.example",
            client_id="id",
            client_secret="secret",
        )
        setup.add(self.desk(), new, Keeper(new_key()))
        self.set(cost_code_income_account=INCOME, project_customer=CUSTOMER)
        with self.database.write() as tx:
            row = connections.named(tx, self.name)
            row.password_hash = _CHEAP.hash(PASSWORD)  # what a hash costs is another test's matter
            self.id, self.user = row.id, row.user
            self.owner_id, self.file_id = row.owner_id, row.file_id

    def _furnish(self) -> None:
        """The file's books, and the FileID that the Web Connector writes when the .qwc is added."""
        self.file.human.add_account(INCOME, "Income")
        self.file.human.add_customer(CUSTOMER)
        self.mark_file(self.file_id)

    def mark_file(self, file_id: str) -> None:
        """Write a FileID into the company file."""
        own_requests.write(self.file.process, "13.0", self.owner_id, own_requests.FILE_ID, file_id)

    def restart(self) -> None:
        """The process dies and another takes over: nothing but the database remains."""
        self.drain = Drain(self.database, public_url="https://sync.example.com", clock=self.clock)
        self.drain.recover()

    def again(self, books: bytes, now: datetime) -> Rig:
        """The same connection at that moment, once its database is what it was then; `books` is the file."""
        made = copy(self)
        made.clock = Clock()
        made.clock.now = now
        made.answers, made.known_bytes, made.by_hand = [], {}, set(self.by_hand)
        made.file = CompanyFile.open(clock=made.clock.local, country=self.country)
        made.file.restore(books)
        made.restart()
        return made

    def desk(self) -> Desk:
        """A person, now."""
        return Desk(database=self.database, actor="tester", now=self.clock())

    def set(self, **options: str) -> None:
        """Set options of the connection."""
        setup.set_options(self.desk(), self.name, options)

    def pc(self, machine: str = "OFFICE-PC") -> Pc:
        """A PC with the .qwc."""
        return Pc(rig=self, machine=machine)

    # What people and Procore do.

    def stage(self, *records: Record, origin_id: str | None = None) -> list[JobRow]:
        """Procore has these records now; gives the newest job of each."""
        seen = [Seen(record=record, exportable=True, origin_id=origin_id) for record in records]
        fill.store_events(self.database, self.id, seen, self.clock())
        return [self.job_of(record) for record in records]

    def accept(self, job: JobRow, **choices: str) -> None:
        """A person accepts a job; raises StateError where something is to be mended first."""
        review.accept(self.desk(), job.id, choices)

    def export(self, *records: Record) -> list[JobRow]:
        """Stage records and accept each."""
        for job in self.stage(*records):
            self.accept(job)
        return [self.job_of(record) for record in records]

    def hold_reads(self) -> None:
        """Read QuickBooks' lists now, so that the next sessions begin with what is to be written."""
        self.pc().update()

    def hand_out(self, *records: Record) -> tuple[Pc, str]:
        """Export records and let a PC take the writing message; gives both."""
        self.export(*records)
        office = self.pc()
        return office, office.until_write()

    def hand_out_first(self, *records: Record) -> tuple[Pc, str]:
        """Export records and let a PC take whatever comes first; gives both."""
        self.export(*records)
        office = self.pc()
        assert office.authenticate() == ""
        return office, office.send()

    def unlink(self, record: Record) -> None:
        """A person unlinks a vendor."""
        unlinking.unlink(self.desk(), self.name, key_of(record))

    def link(self, record: Record, quickbooks_id: str) -> None:
        """A person links a record to what QuickBooks has."""
        linking.link(self.desk(), self.name, key_of(record), quickbooks_id)
        self.by_hand.add((BECOMES[key_of(record).kind], quickbooks_id))

    def confirm_file(self) -> str:
        """A person confirms the company file."""
        return setup.confirm_file(self.desk(), self.name)

    def pause(self, *, paused: bool) -> None:
        """A person pauses the connection, or lets it go on."""
        setup.pause(self.desk(), self.name, paused=paused)

    # What can be seen.

    def connection(self) -> ConnectionRow:
        """The connection's row."""
        with self.database.read() as tx:
            return connections.get(tx, self.id)

    def change_connection(self, change: Callable[[ConnectionRow], None]) -> None:
        """Change the connection's row."""
        with self.database.write() as tx:
            change(connections.lock(tx, self.id))

    def jobs(self, *states: JobState) -> list[JobRow]:
        """The jobs in these states, or all, oldest first."""
        query = sa.select(JobRow).where(JobRow.connection_id == self.id).order_by(JobRow.id)
        if states:
            query = query.where(JobRow.state.in_([state.value for state in states]))
        with self.database.read() as tx:
            return list(tx.scalars(query))

    def job(self, job_id: int) -> JobRow:
        """The job of that id."""
        return next(job for job in self.jobs() if job.id == job_id)

    def job_of(self, record: Record) -> JobRow:
        """The newest job of a record."""
        with self.database.read() as tx:
            found = queue.of_record(tx, self.id, key_of(record))
            assert found is not None
            return found

    def attempts(self, job: JobRow) -> list[tuple[str, str]]:
        """What came of each try of a job: the outcome and the words."""
        with self.database.read() as tx:
            return [(row.outcome, row.error) for row in queue.attempts(tx, job.id)]

    def messages(self, *, writes: bool | None = None) -> list[MessageRow]:
        """Every message, oldest first."""
        query = sa.select(MessageRow).where(MessageRow.connection_id == self.id).order_by(MessageRow.id)
        if writes is not None:
            query = query.where(MessageRow.writes.is_(writes))
        with self.database.read() as tx:
            return list(tx.scalars(query))

    def sessions(self) -> list[SessionRow]:
        """Every session, oldest first."""
        with self.database.read() as tx:
            return list(
                tx.scalars(
                    sa.select(SessionRow).where(SessionRow.connection_id == self.id).order_by(SessionRow.id)
                )
            )

    def linked(self) -> dict[RecordKey, LinkRow]:
        """The active links."""
        with self.database.read() as tx:
            rows = links.listing(tx, connection_id=self.id)
        return {RecordKey(kind=RecordKind(row.kind), procore_id=row.procore_id): row for row in rows}

    def troubles(self) -> dict[str, str]:
        """What a person is shown of the connection: subject and message."""
        with self.database.read() as tx:
            return {row.subject: row.message for row in troubles.listing(tx, self.id)}

    def guid(self, key: RecordKey) -> str:
        """The ExternalGUID of a record that was never unlinked."""
        return external_guid(ConnectionId(self.id), self.owner_id, key, 0)

    def _guids(self, key: RecordKey) -> set[str]:
        """The ExternalGUIDs of a record, one for each time that it was unlinked, and the first."""
        return {external_guid(ConnectionId(self.id), self.owner_id, key, turn).lower() for turn in range(9)}

    def held(self) -> list[tuple[str, str, str]]:
        """What the company file holds: kind, ListID or TxnID, and ExternalGUID in lower case."""
        lists = [*self.file.vendors(), *self.file.customers(), *self.file.items()]
        found = [(one.kind, one.list_id, one.external_guid.lower()) for one in lists]
        orders, estimates, bills = self.file.purchase_orders(), self.file.estimates(), self.file.bills()
        for kind, txns in (("PurchaseOrder", orders), ("Estimate", estimates), ("Bill", bills)):
            found += [(kind, one.txn_id, one.external_guid.lower()) for one in txns]
        more = (*self.file.payments(), *(one for one in self.file.costs() if one.kind == CREDIT))
        return found + [(one.kind, one.txn_id, one.external_guid.lower()) for one in more]

    # What must never be.

    def broken(self) -> list[str]:
        """Every promise of exactly once that is broken right now, in words."""
        messages = self.messages()
        return [
            *self._doubles(),
            *self._bad_links(),
            *self._changed_bytes(messages),
            *self._bad_ids(messages),
            *self._too_many_out(messages),
        ]

    def _doubles(self) -> Iterator[str]:
        guids = Counter(guid for _, _, guid in self.held() if guid)
        yield from (f"{count} records with ExternalGUID {guid}" for guid, count in guids.items() if count > 1)
        orders = Counter(
            (one.vendor_id, one.ref_number, one.lines[0].customer_id)
            for one in self.file.purchase_orders()
            if one.external_guid
        )
        yield from (f"{count} purchase orders {key}" for key, count in orders.items() if count > 1)

    def _home(self, key: RecordKey) -> RecordKey:
        """The record whose QuickBooks record it is in: a change order's commitment, any other's own."""
        return RecordKey.parse(self._newest(key).touches) if key.kind is RecordKind.CHANGE_ORDER else key

    def _newest(self, key: RecordKey) -> JobRow:
        with self.database.read() as tx:
            found = queue.of_record(tx, self.id, key)
        assert found is not None
        return found

    def _bad_links(self) -> Iterator[str]:
        held = {(kind, object_id): guid for kind, object_id, guid in self.held()}
        linked = self.linked()
        for key, row in linked.items():
            name = (BECOMES[key.kind], row.quickbooks_id)
            if key.kind is RecordKind.INVOICE and name not in held:
                name = (CREDIT, row.quickbooks_id)
            if name not in held:
                yield f"{key} is linked to {row.quickbooks_id}, which QuickBooks does not hold"
            elif held[name] not in self._guids(self._home(key)) and name not in self.by_hand:
                yield f"{key} is linked to {row.quickbooks_id}, which is not ours"
        synced = {queue.key_of_job(job) for job in self.jobs(JobState.SYNCED)}
        yield from (f"{key} is synced without a link" for key in synced - linked.keys())
        yield from (f"{key} is linked without a synced job" for key in linked.keys() - synced)

    def _changed_bytes(self, messages: Sequence[MessageRow]) -> Iterator[str]:
        for message in messages:
            before = self.known_bytes.setdefault(message.id, (message.request, message.set_id))
            if before != (message.request, message.set_id):
                yield f"message {message.id} changed after it was stored"

    def _bad_ids(self, messages: Sequence[MessageRow]) -> Iterator[str]:
        """What each message says of messageSetIDs; an acknowledged answer stays applied for ever."""
        may_be_old = {one.set_id for one in messages if one.state == "applied" and one.acknowledge}
        with self.database.read() as tx:
            unanswered = set(
                tx.scalars(
                    sa.select(MessageRow.set_id)
                    .join(PartRow, PartRow.message_id == MessageRow.id)
                    .join(JobRow, JobRow.id == PartRow.job_id)
                    .where(JobRow.state == "sent", JobRow.message_id == MessageRow.id)
                )
            )
        for message in messages:
            new, old = _NEW.findall(message.request), _OLD.findall(message.request)
            if message.writes != bool(new) or [one.decode() for one in new] != [message.set_id] * len(new):
                yield f"message {message.id} does not carry its messageSetID"
            if any(len(one) > 23 for one in new):
                yield f"message {message.id} has too long an id"
            for one in old:
                if one.decode() not in may_be_old or one.decode() in unanswered:
                    yield f"message {message.id} lets QuickBooks forget {one.decode()}, which is not applied"
        counts = Counter(one.set_id for one in messages if one.set_id)
        yield from (f"messageSetID {one} is used twice" for one, count in counts.items() if count > 1)

    def _too_many_out(self, messages: Sequence[MessageRow]) -> Iterator[str]:
        out = [message.id for message in messages if message.writes and message.state in ("sent", "answered")]
        if len(out) > 1:
            yield f"messages {out} are out together"

    def unsettled(self) -> list[str]:
        """Accepted jobs that are at no end a person could work with, in words."""
        return [why for job in self.jobs() if (why := self._unsettled(job))]

    def _unsettled(self, job: JobRow) -> str:
        said = f"job {job.id} ({job.kind} {job.procore_id}) is {job.state}"
        match JobState(job.state):
            case JobState.SYNCED | JobState.CANCELLED | JobState.STAGED | JobState.REJECTED | JobState.HELD:
                return ""
            case JobState.FAILED:
                return "" if job.error else f"{said} without a word"
            case JobState.QUEUED if job.waits_for:
                return self._waits_for_nothing(job, said)
            case JobState.IN_DOUBT if job.error and job.guidance and self._looks_taken(job):
                return ""
            case _:
                return f"{said}: {job.error} (waits for {job.waits_for!r}, not before {job.not_before})"

    def _waits_for_nothing(self, job: JobRow, said: str) -> str:
        key = RecordKey.parse(job.waits_for)
        return f"{said} and waits for {key}, which is there" if key in self.linked() else ""

    def _looks_taken(self, job: JobRow) -> bool:
        """Whether QuickBooks has somebody's own vendor of that name: then only a person can decide."""
        theirs = [one for one in self.file.vendors() if not one.external_guid]
        return any(one.name.casefold() == job.label.casefold() for one in theirs)

    def waits_for(self, job: JobRow) -> str:
        """The record a job waits for, as the flow itself computes it now."""
        with self.database.read() as tx:
            world = worlds.world_of(tx, connections.get(tx, self.id))
            return worlds.waits_for(world, queue.get(tx, job.id))

    def differs(self) -> list[str]:
        """Every linked record whose figures in QuickBooks are not those of the version it was told."""
        told = {(queue.key_of_job(job), job.version): job for job in self.jobs(JobState.SYNCED)}
        found = []
        for key, row in self.linked().items():
            job = told.get((key, row.fingerprint))
            if job is None:
                found.append(f"{key} was told a version that no synced job has")
            elif (wanted := _figures(worlds.record_of(job))) and wanted != self._shown(key, row):
                found.append(f"{key} shows {self._shown(key, row)}, not {wanted}")
        return found

    def _shown(self, key: RecordKey, row: LinkRow) -> list[str]:
        if key.kind is RecordKind.VENDOR:
            return [one.phone for one in self.file.vendors() if one.list_id == row.quickbooks_id]
        orders = [one for one in self.file.purchase_orders() if one.txn_id == row.quickbooks_id]
        return [str(line.amount) for order in orders for line in order.lines]

    def settle(self, pc: Pc | None = None) -> None:
        """A healthy Web Connector runs, and time passes, until every job is at an end."""
        office = pc or self.pc()
        for _ in range(50):
            office.update()
            if not self.unsettled():
                return
            self.clock.passes(16 * MINUTE)
        raise AssertionError(f"it never settled: {self.unsettled()}")


def _figures(record: Record) -> list[str]:
    """What is compared of a record; empty where nothing is."""
    match record:
        case Vendor():
            return [record.phone]
        case Commitment():
            return [f"{line.amount:.2f}" for line in record.lines]
        case _:
            return []


class Records:
    """Made-up records, each named by a number; a version changes what QuickBooks is told."""

    DIVISION = "1000"

    def division(self) -> CostCode:
        """The division above every cost code."""
        return CostCode(procore_id=self.DIVISION, code="01", full_code="01", name="General")

    def cost_code(self, number: int = 1, version: int = 0) -> CostCode:
        """A code below the division."""
        code = f"{number:03}"
        return CostCode(
            procore_id=str(1000 + number),
            code=code,
            full_code=f"01-{code}",
            name=f"Work {number}.{version}",
            parent_id=self.DIVISION,
        )

    def vendor(self, number: int = 1, version: int = 0) -> Vendor:
        """A vendor; the version is in its telephone number."""
        return Vendor(procore_id=str(2000 + number), name=f"Vendor {number}", phone=f"555-01{version:02}")

    def project(self, number: int = 1, version: int = 0) -> Project:
        """A project; the version is in its number."""
        return Project(procore_id=str(3000 + number), name=f"Tower {number}", number=f"T{number}-{version}")

    def commitment(
        self,
        number: int = 1,
        version: int = 0,
        *,
        vendor: int = 1,
        project: int = 1,
        codes: Sequence[int] = (1,),
    ) -> Commitment:
        """A subcontract with a line a code; the version is in its amounts."""
        return Commitment(
            procore_id=str(4000 + number),
            type=CommitmentType.SUBCONTRACT,
            project_id=str(3000 + project),
            vendor_id=str(2000 + vendor),
            number=f"SC-{number:03}",
            title=f"Subcontract {number}",
            contract_date=date(2026, 10, 1),
            lines=tuple(
                CommitmentLine(
                    procore_id=str(10 * number + position),
                    position=position,
                    cost_code_id=str(1000 + code),
                    cost_code=f"01-{code:03}",
                    description=f"Line {position}",
                    amount=Decimal(1000 * number + position + version),
                )
                for position, code in enumerate(codes, start=1)
            ),
        )

    def parents(self) -> tuple[Record, ...]:
        """Everything that the first commitment names."""
        return (self.division(), self.cost_code(), self.vendor(), self.project())


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    """Hash passwords with argon2id's smallest parameters: these tests sign in thousands of times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets, "_HASHER", _CHEAP)
        yield


@pytest.fixture(scope="session")
def records() -> Records:
    """Made-up records."""
    return Records()


def _fast(connection: sa.PoolProxiedConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=OFF")
    cursor.close()


@pytest.fixture(scope="session")
def new_sqlite(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Database]]:
    """Makes SQLite files with the newest schema that never wait for the disk."""
    with ExitStack() as opened:

        def make() -> Database:
            path = tmp_path_factory.mktemp("protocol") / "protocol.sqlite3"
            shutil.copy(sqlite_template, path)
            database = opened.enter_context(closing(Database(f"sqlite:///{path}")))
            sa.event.listen(database.engine, "connect", _fast)
            return database

        yield make


@pytest.fixture(scope="module")
def quick_sqlite(new_sqlite: Callable[[], Database]) -> Database:
    """A SQLite file that never waits for the disk; each test takes a connection of its own in it."""
    return new_sqlite()


@pytest.fixture
def rig(quick_sqlite: Database) -> Rig:
    """One connection on SQLite, whose lists have been read."""
    made = Rig(quick_sqlite)
    made.hold_reads()
    return made


@pytest.fixture
def fresh(quick_sqlite: Database) -> Rig:
    """One connection on SQLite that has not met its Web Connector yet."""
    return Rig(quick_sqlite)


@pytest.fixture(scope="session")
def make_rig() -> Callable[[Database], Rig]:
    """Makes any number of connections in a database."""
    return Rig


@pytest.fixture
def quick_postgresql(postgresql_url: str, tmp_path: Path) -> Iterator[Database]:  # noqa: ARG001  (order)
    """A PostgreSQL database with the newest schema."""
    with closing(Database(postgresql_url)) as opened:
        yield opened
