"""Payments brought about in Procore: whatever was done or lost, it has what QuickBooks says, once."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from qbsync.errors import ProcoreMissingError, ProcoreRefusedError, ProcoreUnavailableError
from qbsync.procore.payments import GONE, send
from qbsync.procore.writebacks import Target, Writeback

PAYMENTS = "/rest/v1.0/contract_payments"
BILLS = ("B-1", "B-2")
CONTRACTS = {"B-1": "10", "B-2": "20"}
MARKS = tuple(f"{payment}|{bill}" for payment in ("P-1", "P-2") for bill in BILLS)
"""Two payments, each of which pays two bills, on a commitment each."""


class Procore:
    """Contract payments as the reference says: one with an origin id can be neither changed nor deleted.

    `stumbles` says of each write whether its answer is lost: "before" it was done, "after", or not at all.
    """

    def __init__(self, stumbles: Iterable[str] = ()) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.stumbles = iter(stumbles)
        self._ids = count(1)
        self.calls: list[str] = []

    def get_all(self, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
        """The payments of one commitment."""
        assert path == PAYMENTS
        assert query.keys() == {"project_id", "contract_id"}
        self.calls.append("GET")
        mine = [row for row in self.rows.values() if str(row["contract_id"]) == query["contract_id"]]
        return [dict(row) for row in mine]

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """A new payment; a second with the same origin id is refused."""
        assert path == PAYMENTS
        with self._answered("POST"):
            return dict(self.add(body["contract_id"], body["contract_payment"]))

    def add(self, contract_id: object, fields: dict[str, Any], *, double: bool = False) -> dict[str, Any]:
        """A payment that somebody enters."""
        taken = {row["origin_id"] for row in self.rows.values()} - {None}
        if fields.get("origin_id") in taken and not double:
            raise ProcoreRefusedError("origin_id has already been taken", context={"status": "422"})
        row_id = str(next(self._ids))
        row = {"check_number": None, "date": None, "origin_id": None, **fields}
        self.rows[row_id] = row | {"id": row_id, "contract_id": contract_id}
        return self.rows[row_id]

    def patch(self, path: str, body: dict[str, Any], *, repeatable: bool) -> dict[str, Any]:
        """Change one; nothing but its origin id where it has one."""
        assert repeatable
        with self._answered("PATCH"):
            row = self._row(path)
            fields = body["contract_payment"]
            if row["origin_id"] and fields.keys() - {"origin_id"}:
                raise ProcoreRefusedError("It is synced with an ERP system.", context={"status": "422"})
            row.update(fields)
            return dict(row)

    def delete(self, path: str, query: dict[str, str]) -> None:
        """Remove one that has no origin id."""
        assert query.keys() == {"project_id", "contract_id"}
        with self._answered("DELETE"):
            row = self._row(path)
            if row["origin_id"]:
                raise ProcoreRefusedError("It is synced with an ERP system.", context={"status": "422"})
            del self.rows[row["id"]]

    def _row(self, path: str) -> dict[str, Any]:
        row = self.rows.get(path.removeprefix(f"{PAYMENTS}/"))
        if row is None:
            raise ProcoreMissingError("There is no such payment.", context={"status": "404"})
        return row

    def _answered(self, method: str) -> _Answer:
        self.calls.append(method)
        how = next(self.stumbles, "")
        if how == "before":
            raise ProcoreUnavailableError("Procore is busy.", context={"status": "503"})
        return _Answer(lost=how == "after")


class _Answer:
    """The end of a call, at which its answer may be lost."""

    def __init__(self, *, lost: bool) -> None:
        self._lost = lost

    def __enter__(self) -> None:
        """The call is carried out."""

    def __exit__(self, kind: object, *_: object) -> None:
        """Lose the answer, unless the call was refused anyway."""
        if self._lost and kind is None:
            raise ProcoreUnavailableError("Procore is busy.", context={"status": "503"})


class Books:
    """What QuickBooks says of each payment, and what qbsync keeps of Procore's ids."""

    def __init__(self) -> None:
        self.paid: dict[str, tuple[str, str]] = {}
        self.procore_ids: dict[str, str] = {}
        self.known: set[str] = set()

    def owed(self, mark: str) -> Writeback:
        """What Procore is to have of one payment of one bill."""
        amount, number = self.paid.get(mark, (GONE, ""))
        scope = {
            "project_id": "1",
            "contract_id": CONTRACTS[mark.partition("|")[2]],
            "requisition_id": "7",
            "amount": amount,
            "date": "2026-05-08",
            "check_number": number,
            "invoice_number": "I-1",
            "payment_method": "check",
            "procore_id": self.procore_ids.get(mark, ""),
        }
        origin = mark if mark in self.paid else None
        place = MARKS.index(mark)
        return Writeback(
            id=place, target=Target.CONTRACT_PAYMENT, scope=scope, item_id=mark, origin_id=origin
        )

    def tell(self, procore: Procore, marks: list[str]) -> list[str]:
        """Tell Procore; gives the marks of which it did not answer."""
        left = []
        for result in send(procore, [self.owed(mark) for mark in marks]):
            mark = MARKS[result.id]
            assert result.refused is None
            if result.postponed is None:
                self.procore_ids[mark] = result.procore_id or ""
            else:
                left.append(mark)
        return left


def agrees(procore: Procore, books: Books) -> bool:
    """Whether Procore has each payment of QuickBooks once, with its figures and mark, and no other."""
    held = sorted(
        (row["origin_id"], str(Decimal(row["amount"])), row["check_number"], str(row["contract_id"]))
        for row in procore.rows.values()
        if row["origin_id"] != "somebody's"
    )
    wanted = sorted(
        (mark, amount, number, CONTRACTS[mark.partition("|")[2]])
        for mark, (amount, number) in books.paid.items()
    )
    return held == wanted


AMOUNTS = st.integers(1, 99_999).map(lambda cents: f"{Decimal(cents) / 100:.2f}")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), st.sampled_from(MARKS), AMOUNTS),
        st.tuples(st.just("void"), st.sampled_from(MARKS), st.just("")),
        st.tuples(st.just("tell"), st.sampled_from(MARKS), st.just("")),
        st.tuples(st.just("double"), st.sampled_from(MARKS), AMOUNTS),
        st.tuples(st.just("delete in Procore"), st.sampled_from(MARKS), st.just("")),
    ),
    max_size=14,
)
STUMBLES = st.lists(st.sampled_from(["", "", "before", "after"]), max_size=25)


@settings(max_examples=400, deadline=None)
@given(steps=STEPS, stumbles=STUMBLES)
def test_any_history_ends_in_what_quickbooks_says(steps, stumbles):
    """Paid, changed, voided, told in between, doubled by another process, answers lost: once each."""
    procore, books = Procore(stumbles), Books()
    theirs = procore.add("10", {"amount": "5.00", "origin_id": "somebody's"})
    for what, mark, amount in steps:
        if what == "pay":
            books.paid[mark] = (amount, str(len(books.paid)))
        elif what == "void":
            books.paid.pop(mark, None)
        elif what == "tell":
            books.tell(procore, [mark])
        elif what == "double" and books.procore_ids.get(mark):
            procore.add(CONTRACTS[mark.partition("|")[2]], {"amount": amount, "origin_id": mark}, double=True)
        elif what == "delete in Procore":
            procore.rows.pop(books.procore_ids.get(mark, ""), None)
    procore.stumbles = iter(())
    assert books.tell(procore, list(MARKS)) == []
    assert agrees(procore, books)
    assert theirs in procore.rows.values()


@settings(max_examples=200, deadline=None)
@given(stumbles=STUMBLES, amounts=st.lists(AMOUNTS, min_size=1, max_size=5))
def test_telling_again_until_it_is_answered_never_doubles(stumbles, amounts):
    """Each try may lose any answer: there never are two payments of one mark, and in the end one."""
    procore, books = Procore(stumbles), Books()
    for amount in amounts:
        books.paid[MARKS[0]] = (amount, "1001")
        left = [MARKS[0]]
        while left:
            left = books.tell(procore, left)
            assert len([row for row in procore.rows.values() if row["contract_id"] == 10]) <= 1
    assert agrees(procore, books)


def test_what_procore_has_already_costs_one_call():
    """A second telling lists the commitment's payments and writes nothing."""
    procore, books = Procore(), Books()
    books.paid = {MARKS[0]: ("10.00", "1001"), MARKS[2]: ("20.00", "1002")}
    books.tell(procore, [MARKS[0], MARKS[2]])
    assert procore.calls == ["GET", "POST", "POST"]
    procore.calls.clear()
    books.tell(procore, [MARKS[0], MARKS[2]])
    assert procore.calls == ["GET"]


def test_a_change_takes_the_id_off_first_and_sets_it_last():
    """Three calls for a changed one, two for one that goes, so that Procore's lock is never in the way."""
    procore, books = Procore(), Books()
    books.paid = {MARKS[0]: ("10.00", "1001")}
    books.tell(procore, [MARKS[0]])
    procore.calls.clear()
    books.paid[MARKS[0]] = ("9.99", "1001")
    books.tell(procore, [MARKS[0]])
    assert procore.calls == ["GET", "PATCH", "PATCH", "PATCH"]
    procore.calls.clear()
    books.paid = {}
    books.tell(procore, [MARKS[0]])
    assert procore.calls == ["GET", "PATCH", "DELETE"]
    assert procore.rows == {}


def test_one_commitment_in_trouble_does_not_hold_up_the_other():
    """A refusal is told of its payment alone, and the other commitment's payment is made."""
    procore, books = Procore(), Books()
    books.paid = {MARKS[0]: ("10.00", "1001"), MARKS[1]: ("20.00", "1002")}

    class Closed:
        def __getattr__(self, name):
            return getattr(procore, name)

        def get_all(self, path, query):
            if query["contract_id"] == CONTRACTS["B-1"]:
                raise ProcoreMissingError("There is no such commitment.", context={"status": "404"})
            return procore.get_all(path, query)

    first, second = list(send(Closed(), [books.owed(mark) for mark in MARKS[:2]]))
    assert first.refused == "There is no such commitment."
    assert (second.refused, second.procore_id) == (None, "1")


def test_no_answer_at_all_ends_the_pass():
    """Where the connection fails, what has no result yet stays owed."""
    books = Books()
    books.paid = {MARKS[0]: ("10.00", "1001")}

    class Away:
        def get_all(self, *_):
            raise ProcoreUnavailableError("Procore did not answer.")

    with pytest.raises(ProcoreUnavailableError):
        list(send(Away(), [books.owed(MARKS[0])]))


def test_what_is_sent_is_what_quickbooks_has():
    """Amount, day, number and method, with ids as numbers; an empty number is left out."""
    procore, books = Procore(), Books()
    books.paid = {MARKS[0]: ("10.00", "")}
    books.tell(procore, [MARKS[0]])
    [row] = procore.rows.values()
    assert row == {
        "id": "1",
        "contract_id": 10,
        "amount": "10.00",
        "date": "2026-05-08",
        "check_number": None,
        "invoice_number": "I-1",
        "payment_method": "check",
        "requisition_id": 7,
        "origin_id": MARKS[0],
    }
