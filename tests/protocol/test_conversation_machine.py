from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from qbsync.errors import StateError
from qbsync.flows import review
from qbsync.flows.drain import conversation
from qbsync.flows.drain.scene import Scene
from qbsync.model.jobs import JobState
from qbsync.simulator.quickbooks.faults import Faults
from qbsync.simulator.quickbooks.statuses import Refusal
from qbsync.store import messages
from qbsync.store.tables import MessageRow

if TYPE_CHECKING:
    from conftest import Pc, Records, Rig

KINDS = ("cost_code", "vendor", "project", "commitment", "commitment")
UNKNOWN = ("0x80040401", "0x80040402", "0x80040408", "0x8004040D", "0x80040410", "0x80040414", "0x80040422")
"""Errors after which nobody knows whether QuickBooks did it."""
SPOILT = ("<html>502 Bad Gateway</html>", "", '<?xml version="1.0" ?><QBXML><QBXMLMsgsRs', "\x00")
REQUESTS = ("VendorAddRq", "PurchaseOrderAddRq", "CustomerAddRq", "VendorModRq", "ItemServiceAddRq")
PCS = st.integers(0, 1)
NUMBERS = st.integers(1, 3)


class Conversations(RuleBasedStateMachine):
    """Two PCs with one .qwc, a QuickBooks, people and Procore, in any order and with any accident."""

    def __init__(self, rig: Rig, records: Records) -> None:
        super().__init__()
        self.rig = rig
        self.records = records
        self.pcs: list[Pc] = [rig.pc("OFFICE-PC"), rig.pc("SITE-PC")]
        self.lowered = False
        self.made = 3
        self.pcs[0].update()
        rig.export(*records.parents())
        self.pcs[0].update()

    # Procore and people.

    @rule(kind=st.sampled_from(KINDS), number=NUMBERS, version=st.integers(0, 2))
    def export(self, kind: str, number: int, version: int) -> None:
        """A record, or a newer version of it, is staged and accepted, its parents perhaps later."""
        make = getattr(self.records, kind)
        with suppress(StateError):
            self.rig.export(make(number, version))

    def _something_to_write(self) -> None:
        """A new vendor and a new commitment, so that an accident has something to happen to."""
        self.made += 1
        self.rig.export(self.records.vendor(self.made), self.records.commitment(self.made))

    @rule()
    def two_new_vendors(self) -> None:
        """Procore has two companies more."""
        self.made += 2
        self.rig.export(self.records.vendor(self.made - 1), self.records.vendor(self.made))

    @rule(number=NUMBERS)
    def person_adds_vendor(self, number: int) -> None:
        """Somebody types a vendor of that name into QuickBooks (3100), unless there is one."""
        with suppress(Refusal):
            self.rig.file.human.add_vendor(f"Vendor {number}")

    @rule()
    def person_edits_vendors(self) -> None:
        """Somebody changes every vendor, so that our EditSequence is old (3200)."""
        for vendor in self.rig.file.vendors():
            self.rig.file.human.edit("Vendor", vendor.list_id, Notes=str(self.rig.clock()))

    @rule(cancels=st.booleans())
    def person_decides(self, *, cancels: bool) -> None:
        """A person looks at what failed or is in doubt, and tries it again or gives it up."""
        for job in self.rig.jobs(JobState.FAILED, JobState.IN_DOUBT):
            with suppress(StateError):
                (review.cancel if cancels else review.retry)(self.rig.desk(), job.id)

    # A Web Connector that does as it should.

    @rule(at=PCS, steps=st.integers(1, 8))
    def advance(self, at: int, steps: int) -> None:
        """A PC makes its next calls, as it should."""
        for _ in range(steps):
            self._next_call(self.pcs[at])

    def _next_call(self, pc: Pc) -> None:
        if not pc.ticket:
            if pc.authenticate() != "":
                pc.close()
        elif pc.answer:
            if not 0 <= pc.deliver() < 100:
                assert pc.last_error() not in ("", "NoOp", "Interactive mode")
                pc.close()
        elif pc.in_hand:
            pc.execute()
        elif not pc.send():
            assert pc.last_error() not in ("", "NoOp", "Interactive mode")
            pc.close()

    def _take_write(self, pc: Pc) -> bool:
        """Let a PC go on until it has a writing request in hand; whether it came to that."""
        if "newMessageSetID" not in pc.in_hand:
            self._something_to_write()
        for _ in range(12):
            if "newMessageSetID" in pc.in_hand:
                return True
            self._next_call(pc)
            if not pc.ticket:
                return False
        return False

    @rule(at=PCS)
    def update(self, at: int) -> None:
        """A PC makes a whole update from its beginning."""
        self.pcs[at].update()

    # Accidents.

    @rule(at=PCS)
    def is_handed_a_write(self, at: int) -> None:
        """A PC gets a writing request, and nothing more happens yet."""
        self._take_write(self.pcs[at])

    @rule(at=PCS)
    def signs_in_again(self, at: int) -> None:
        """A PC forgets what it was doing and begins anew."""
        self.pcs[at].authenticate()

    @rule(at=PCS)
    def sends_twice(self, at: int) -> None:
        """The answer to sendRequestXML is lost and it is called again."""
        pc = self.pcs[at]
        if self._take_write(pc):
            first = pc.in_hand
            again = pc.send()
            assert again == first or "newMessageSetID" not in first or not again

    @rule(at=PCS, executed=st.booleans())
    def dies_with_a_write(self, at: int, *, executed: bool) -> None:
        """A PC dies with a write in hand, before or after QuickBooks did it."""
        pc = self.pcs[at]
        if self._take_write(pc):
            if executed:
                pc.execute()
            pc.vanish()

    @rule(at=PCS, text=st.sampled_from(SPOILT))
    def answer_is_spoilt(self, at: int, text: str) -> None:
        """QuickBooks does it, but garbage arrives instead of its answer."""
        pc = self.pcs[at]
        if self._take_write(pc):
            ticket = pc.ticket
            pc.execute()
            pc.answer.response = text
            self.rig.answers.pop()
            assert pc.deliver() < 0
            assert self.rig.drain.get_last_error(ticket)
            pc.close()

    @rule(at=PCS, hresult=st.sampled_from(UNKNOWN), executed=st.booleans())
    def fails_with_hresult(self, at: int, hresult: str, *, executed: bool) -> None:
        """QuickBooks fails before or after doing it, and says only a number."""
        pc = self.pcs[at]
        if self._take_write(pc):
            (self.rig.file.faults.fail_after if executed else self.rig.file.faults.fail_before)(hresult)
            pc.execute()
            assert pc.deliver() < 0
            pc.close()

    @rule(at=PCS)
    def cannot_parse(self, at: int) -> None:
        """QuickBooks refuses the whole message for its form."""
        pc = self.pcs[at]
        if self._take_write(pc):
            self.rig.file.faults.fail_before("0x80040400")
            self._next_call(pc)

    @precondition(lambda self: not self.lowered)
    @rule(at=PCS)
    def knows_no_such_version(self, at: int) -> None:
        """QuickBooks refuses the qbXML version, once."""
        pc = self.pcs[at]
        if self._take_write(pc):
            self.lowered = True
            self.rig.file.faults.fail_before("0x80040423")
            self._next_call(pc)

    @rule(which=st.integers(0, 30))
    def old_answer_comes(self, which: int) -> None:
        """An answer of any time is delivered, perhaps again, with the ticket it belongs to."""
        if self.rig.answers:
            answer = self.rig.answers[-1 - which % len(self.rig.answers)]
            self.pcs[0].rig.drain.receive_response_xml(
                answer.ticket, answer.response, answer.hresult, answer.message
            )

    @rule(at=PCS)
    def delivers_twice(self, at: int) -> None:
        """One answer is delivered twice in a row."""
        pc = self.pcs[at]
        if self._take_write(pc):
            answer = pc.execute()
            self.rig.drain.receive_response_xml(
                answer.ticket, answer.response, answer.hresult, answer.message
            )
            if not 0 <= pc.deliver() < 100:
                pc.close()

    @rule(at=PCS, recovers=st.booleans())
    def process_dies_after_storing(self, at: int, *, recovers: bool) -> None:
        """The process dies between storing an answer and applying it; the next may skip its recovery."""
        pc = self.pcs[at]
        if self._take_write(pc):
            answer = pc.execute()
            self.rig.drain._store(answer.ticket, answer.response, answer.hresult, answer.message)
            if recovers:
                self.rig.restart()
            pc.vanish()

    @rule()
    def process_restarts(self) -> None:
        """The process is replaced by another on the same database."""
        self.rig.restart()

    @rule(minutes=st.sampled_from((1, 6, 16, 61)))
    def time_passes(self, minutes: int) -> None:
        """Time passes; what a PC has held for the whole recovery wait QuickBooks will never do any more."""
        self.rig.clock.passes(timedelta(minutes=minutes))
        for pc in self.pcs:
            if pc.in_hand and pc.handed_at and self.rig.clock() - pc.handed_at >= timedelta(seconds=900):
                pc.vanish()

    @rule()
    def quickbooks_loses_its_answers(self) -> None:
        """QuickBooks still knows which messages ran, but has no answer to them any more (9002)."""
        self.rig.file.lose_stored_responses()

    @rule(responses=st.booleans())
    def quickbooks_cannot_keep_an_answer(self, *, responses: bool) -> None:
        """The next message runs, but its answer cannot be stored (9005)."""
        self.rig.file.faults.fail_to_save_response(with_responses=responses)

    @rule(request=st.sampled_from(REQUESTS), code=st.sampled_from((3175, 3176, 3231, 3200, 3180, 1000, 3260)))
    def quickbooks_refuses_one(self, request: str, code: int) -> None:
        """The next request of a kind is refused: it is locked, not reached, old, broken, or not allowed."""
        self.rig.file.faults.fail_next(request, code, "made to fail by the test")

    @invariant()
    def nothing_is_broken(self) -> None:
        """Every promise holds after each step."""
        broken = self.rig.broken()
        assert broken == [], broken

    def teardown(self) -> None:
        """After a healthy while every accepted job is at an end and QuickBooks holds what it was told."""
        self.rig.file.faults = Faults()
        for pc in self.pcs:
            pc.vanish()
        self.rig.restart()
        self.rig.clock.passes(timedelta(hours=2))
        self.rig.settle(self.pcs[0])
        broken = self.rig.broken()
        assert broken == [], broken
        assert self.rig.differs() == []


def _settings(examples: int, steps: int, *phases: Phase) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=True,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        phases=phases or (Phase.generate, Phase.shrink),
        print_blob=False,
    )


def test_exactly_once_whatever_happens_in_whatever_order(quick_sqlite, make_rig, records):
    """No order of calls, accidents and decisions doubles or loses a record, on SQLite."""
    run_state_machine_as_test(
        lambda: Conversations(make_rig(quick_sqlite), records), settings=_settings(25, 25)
    )


@pytest.mark.postgresql
def test_exactly_once_on_postgresql(quick_postgresql, make_rig, records):
    """The same on PostgreSQL, where rows are locked one by one."""
    run_state_machine_as_test(
        lambda: Conversations(make_rig(quick_postgresql), records), settings=_settings(4, 20)
    )


def test_machine_finds_a_planted_double(quick_sqlite, make_rig, records, monkeypatch):
    """Where a repeated message is given a new messageSetID the machine finds what it does."""
    monkeypatch.setattr(conversation, "_hand_again", _hand_again_under_a_new_id)
    with pytest.raises((AssertionError, ExceptionGroup)):
        run_state_machine_as_test(
            lambda: Conversations(make_rig(quick_sqlite), records), settings=_settings(25, 25, Phase.generate)
        )


def _hand_again_under_a_new_id(scene: Scene, message: MessageRow) -> MessageRow:
    fresh = messages.new_set_id(scene.now)
    message.request = message.request.replace(message.set_id.encode(), fresh.encode())
    message.set_id = fresh
    message.times_sent += 1
    scene.session.message_id = message.id
    return message
