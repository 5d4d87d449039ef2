"""A simulated QuickBooks company file, open in a simulated QuickBooks Desktop."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from qbsync.simulator.quickbooks import money_values, values
from qbsync.simulator.quickbooks.answers import Writer
from qbsync.simulator.quickbooks.bill_payments import KINDS
from qbsync.simulator.quickbooks.company_info import (
    ONLY_ID,
    initial_company,
    initial_preferences,
    preference,
)
from qbsync.simulator.quickbooks.costs import KINDS as COST_KINDS
from qbsync.simulator.quickbooks.executing import Executor
from qbsync.simulator.quickbooks.faults import Faults
from qbsync.simulator.quickbooks.hresults import HResult, RequestProcessorError
from qbsync.simulator.quickbooks.human import Human
from qbsync.simulator.quickbooks.kinds import ITEM_KINDS
from qbsync.simulator.quickbooks.message import read_message
from qbsync.simulator.quickbooks.message_sets import MessageSets
from qbsync.simulator.quickbooks.registry import Desk, Iterators
from qbsync.simulator.quickbooks.state import State, decode, encode
from qbsync.simulator.quickbooks.storage import Storage

VERSIONS = (
    "1.0", "1.1", "2.0", "2.1", "3.0", "4.0", "4.1", "5.0", "6.0", "7.0", "8.0", "9.0", "10.0", "11.0",
    "12.0", "13.0",
)  # fmt: skip
"""The qbXML versions of a US QuickBooks of 2014 and later."""

Clock = Callable[[], datetime]


def _local_now() -> datetime:
    return datetime.now(UTC).astimezone()


class CompanyFile:
    """One company file with its QuickBooks: answers qbXML, and lets a person look and work inside.

    Safe to use from several threads; one process at a time may have a path open. `human` is the
    bookkeeper at the screen, `faults` what goes wrong next. `running` is whether QuickBooks has the file
    open; `multi_user` its mode, in which ListDel only makes records inactive.
    """

    def __init__(
        self,
        storage: Storage,
        *,
        company_name: str,
        path_shown: str,
        country: str,
        versions: tuple[str, ...],
        clock: Clock,
    ) -> None:
        self.path_shown = path_shown
        self.country = country
        self.versions = versions
        self.running = True
        self.multi_user = False
        self.faults = Faults()
        self._storage = storage
        self._clock = clock
        self._lock = threading.RLock()
        self._sessions: dict[str, tuple[str, Iterators]] = {}
        self._state, self._sets = State(), MessageSets()
        self.human = Human(self.at_work)
        if not storage.read(self._state, self._sets):
            with self.at_work() as desk:
                desk.state.put(initial_company(company_name))
                desk.state.put(initial_preferences())

    @classmethod
    def open(
        cls,
        path: Path | None = None,
        *,
        company_name: str = "Vortex Builders",
        path_shown: str = r"C:\Users\Public\Documents\Intuit\QuickBooks\Company Files\Vortex Builders.QBW",
        country: str = "US",
        versions: tuple[str, ...] = VERSIONS,
        clock: Clock = _local_now,
    ) -> CompanyFile:
        """Open the file at `path`, or make it; without a path it lives in memory alone.

        `clock` gives aware times, in the zone of the PC. `company_name` counts for a new file only.
        """
        return cls(
            Storage(path),
            company_name=company_name,
            path_shown=path_shown,
            country=country,
            versions=versions,
            clock=clock,
        )

    def close(self) -> None:
        """Release the file on disc."""
        with self._lock:
            self._storage.close()

    def begin_session(self, app_name: str, company_path: str = "") -> str:
        """BeginSession of the request processor: a ticket; raises RequestProcessorError.

        An empty path means the file that is open in QuickBooks.
        """
        with self._lock:
            self.faults.raise_for_session()
            if not self.running and not company_path:
                raise RequestProcessorError(HResult.NOT_RUNNING)
            if company_path and company_path.casefold() != self.path_shown.casefold():
                raise RequestProcessorError(
                    HResult.OTHER_FILE_OPEN if self.running else HResult.CANNOT_OPEN_FILE
                )
            ticket = str(uuid.uuid4())
            self._sessions[ticket] = (app_name, Iterators())
            return ticket

    def end_session(self, ticket: str) -> None:
        """EndSession: the ticket and its iterators are over."""
        with self._lock:
            self._sessions.pop(ticket, None)

    def process_in_session(self, ticket: str, request_xml: str, *, spared: bool = False) -> str:
        """ProcessRequest: the response, or RequestProcessorError; committed to disc before it returns.

        `spared` requests meet no injected fault: the Web Connector's own, so that a fault meant for the
        service's request reaches that.
        """
        with self._lock:
            if ticket not in self._sessions:
                raise RequestProcessorError(HResult.BAD_TICKET)
            app_name, iterators = self._sessions[ticket]
            return self._process(request_xml, app_name, iterators, Faults() if spared else self.faults)

    def process(self, request_xml: str, *, app_name: str = "qbsync") -> str:
        """ProcessRequest in a session of its own, for tests and scripts; raises RequestProcessorError."""
        ticket = self.begin_session(app_name)
        try:
            return self.process_in_session(ticket, request_xml)
        finally:
            self.end_session(ticket)

    def _process(self, request_xml: str, app_name: str, iterators: Iterators, faults: Faults) -> str:
        faults.raise_before()
        message = read_message(request_xml, edition=self.country, supported=self.versions)
        executor = Executor(desk=self._desk(iterators), faults=faults, sets=self._sets)
        answer = executor.run(app_name, request_xml, message)
        self._storage.write(self._state, self._sets)
        faults.raise_after()
        return faults.broken_answer(answer)

    def _desk(self, iterators: Iterators) -> Desk:
        return Desk(
            state=self._state,
            writer=Writer(self._state, self.country),
            now=self._clock(),
            multi_user=self.multi_user,
            versions=self.versions,
            country=self.country,
            iterators=iterators,
            new_guid=lambda: "{" + str(uuid.uuid4()) + "}",
        )

    @contextmanager
    def at_work(self) -> Iterator[Desk]:
        """A desk to change the file from outside qbXML; taken back on an exception, else committed."""
        with self._lock:
            self._state.begin()
            try:
                yield self._desk(Iterators())
            except BaseException:
                self._state.take_back()
                raise
            self._storage.write(self._state, self._sets)

    def snapshot(self) -> bytes:
        """A backup of everything, saved message sets included."""
        with self._lock:
            entries = [encode(entry) for entry in self._state.dump()]
            return json.dumps([entries, self._state.counters, self._sets.written()]).encode()

    def restore(self, backup: bytes) -> None:
        """Put a backup in place of the file: records, counters and saved message sets go back with it."""
        entries, counters, sets = json.loads(backup)
        with self._lock:
            self._state, self._sets = State(), MessageSets()
            for text in entries:
                self._state.load(decode(text))
            self._state.counters.update(counters)
            self._sets.read(sets)
            self._sessions.clear()
            self._storage.write_all(self._state, self._sets)

    def lose_stored_responses(self) -> None:
        """Lose every saved response: message sets that ran answer 9002 from now on."""
        with self._lock:
            self._sets.lose_responses()
            self._storage.write(self._state, self._sets)

    def forget_message_sets(self) -> None:
        """Forget that any message set ever ran: sent again, it would run again."""
        with self._lock:
            self._sets.forget_everything()
            self._storage.write(self._state, self._sets)

    def customers(self) -> list[values.Person]:
        """Every customer and job, inactive ones too, as they were created."""
        return self._people("Customer")

    def vendors(self) -> list[values.Person]:
        """Every vendor, inactive ones too."""
        return self._people("Vendor")

    def employees(self) -> list[values.Person]:
        """Every employee."""
        return self._people("Employee")

    def other_names(self) -> list[values.Person]:
        """Every other name."""
        return self._people("OtherName")

    def items(self) -> list[values.Item]:
        """Every item of every kind, inactive ones too."""
        with self._lock:
            state = self._state
            return [values.item(state, entry) for kind in ITEM_KINDS for entry in state.of_kind(kind)]

    def accounts(self) -> list[values.Account]:
        """The chart of accounts."""
        with self._lock:
            return [values.account(self._state, entry) for entry in self._state.of_kind("Account")]

    def elements(self, kind: str) -> list[values.ListElement]:
        """Every element of a list by its qbXML name, such as "Class" or "StandardTerms"."""
        with self._lock:
            return [values.list_element(self._state, entry) for entry in self._state.of_kind(kind)]

    def purchase_orders(self) -> list[values.PurchaseOrder]:
        """Every purchase order, as they were created."""
        with self._lock:
            return [
                values.purchase_order(self._state, entry) for entry in self._state.of_kind("PurchaseOrder")
            ]

    def estimates(self) -> list[money_values.Estimate]:
        """Every estimate, as they were created."""
        with self._lock:
            return [money_values.estimate(entry) for entry in self._state.of_kind("Estimate")]

    def bills(self) -> list[money_values.Bill]:
        """Every bill, voided ones too."""
        with self._lock:
            return [money_values.bill(self._state, entry) for entry in self._state.of_kind("Bill")]

    def payments(self) -> list[money_values.Payment]:
        """Every payment of bills, by check and then by credit card, voided ones too."""
        with self._lock:
            return [money_values.payment(entry) for kind in KINDS for entry in self._state.of_kind(kind)]

    def costs(self) -> list[money_values.Cost]:
        """Bills and everything else that costs something, voided ones too."""
        with self._lock:
            kinds = ("Bill", *COST_KINDS)
            return [
                money_values.cost(self._state, entry) for kind in kinds for entry in self._state.of_kind(kind)
            ]

    def extensions(self, owner_id: str) -> dict[str, str]:
        """The private values that an application keeps on the company, by name."""
        with self._lock:
            company = self._state.get("Company", ONLY_ID)
            assert company is not None
            return {
                extension["DataExtName"]: extension["DataExtValue"]
                for extension in company.extensions
                if extension["OwnerID"].casefold() == owner_id.casefold()
            }

    def preference(self, path: str) -> str:
        """A preference such as "PurchasesAndVendorsPreferences/IsUsingInventory"."""
        with self._lock:
            return preference(self._state, path)

    @property
    def company_name(self) -> str:
        """The name of the company."""
        with self._lock:
            company = self._state.get("Company", ONLY_ID)
            assert company is not None
            return company.text("CompanyName")

    def stored_message_sets(self, app_name: str) -> list[str]:
        """The messageSetIDs that QuickBooks remembers for an application."""
        with self._lock:
            return list(self._sets.by_application.get(app_name, {}))

    def _people(self, kind: str) -> list[values.Person]:
        with self._lock:
            return [values.person(self._state, entry) for entry in self._state.of_kind(kind)]
