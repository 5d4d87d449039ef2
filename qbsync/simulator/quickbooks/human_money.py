"""The bookkeeper's moves on money: bills typed in, paid, changed and voided, estimates changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

from qbsync.simulator.quickbooks import bill_payments, bills, costs, estimates, statuses, voids
from qbsync.simulator.quickbooks.message import Fields
from qbsync.simulator.quickbooks.references import find_to_change
from qbsync.simulator.quickbooks.registry import Desk


class Money:
    """What a bookkeeper does with bills, payments and estimates; each call is one saved change.

    Rules are those of qbXML: raises statuses.Refusal.
    """

    def __init__(self, at_work: Callable[[], AbstractContextManager[Desk]]) -> None:
        self._at_work = at_work

    def enter_bill(
        self,
        vendor: str,
        lines: Sequence[tuple[str, str, Decimal]],
        *,
        job: str = "",
        ref_number: str = "",
        **fields: Any,  # noqa: ANN401 qbXML elements
    ) -> str:
        """A bill typed in; a line is item, description and amount, all for the job (a full name)."""
        customer: Fields = {"CustomerRef": {"FullName": job}} if job else {}
        asked: Fields = {
            "VendorRef": {"FullName": vendor},
            "RefNumber": ref_number,
            "ItemLineAdd": [
                {"ItemRef": {"FullName": item}, "Desc": text, "Amount": f"{amount:.2f}"} | customer
                for item, text, amount in lines
            ],
        }
        with self._at_work() as desk:
            return bills.add(desk, asked | fields)[0].id

    def enter_cost(
        self,
        kind: str,
        lines: Sequence[tuple[str, str, Decimal]],
        *,
        job: str,
        payee: str = "",
        account: str = "",
        ref_number: str = "",
        date: str = "",
    ) -> str:
        """A check, card charge or credit, or vendor credit; a line is item, description and amount."""
        form = costs.FORMS[kind]
        asked: Fields = {
            form.entity: {"FullName": payee},
            form.account: {"FullName": account},
            "RefNumber": ref_number,
            "TxnDate": date,
            "ItemLineAdd": [
                {
                    "ItemRef": {"FullName": item},
                    "Desc": text,
                    "Amount": f"{amount:.2f}",
                    "CustomerRef": {"FullName": job},
                }
                for item, text, amount in lines
            ],
        }
        if not account:
            del asked[form.account]
        with self._at_work() as desk:
            return costs.add(desk, kind, asked).id

    def enter_journal(
        self, debit: str, credit: str, amount: Decimal, *, job: str = "", date: str = "", memo: str = ""
    ) -> str:
        """A journal entry of one debit, for the job, and one credit; accounts by full name."""
        customer: Fields = {"EntityRef": {"FullName": job}} if job else {}
        line = {"Amount": f"{amount:.2f}", "Memo": memo}
        asked: Fields = {
            "TxnDate": date,
            costs.DEBITS: [line | customer | {"AccountRef": {"FullName": debit}}],
            costs.CREDITS: [line | {"AccountRef": {"FullName": credit}}],
        }
        with self._at_work() as desk:
            return costs.add(desk, costs.JOURNAL, asked).id

    def edit_cost(self, txn_id: str, amounts: Mapping[str, Decimal]) -> None:
        """Give lines of such a transaction other amounts, by TxnLineID."""
        with self._at_work() as desk:
            entry = next(found for kind in costs.KINDS if (found := desk.state.get(kind, txn_id)))
            costs.change(desk, entry, amounts)

    def edit_bill(self, txn_id: str, **fields: Any) -> None:  # noqa: ANN401 qbXML elements
        """Change a bill by the fields of a BillMod, ItemLineMod included."""
        with self._at_work() as desk:
            bills.change(desk, find_to_change(desk.state, bills.KIND, txn_id), fields)

    def pay_bills(
        self,
        amounts: Mapping[str, Decimal | None],
        *,
        account: str,
        by_card: bool = False,
        ref_number: str = "",
        date: str = "",
    ) -> str:
        """Pay bills of one vendor, by TxnID; None pays what is open. Gives the payment's TxnID."""
        kind = bill_payments.CREDIT_CARD if by_card else bill_payments.CHECK
        with self._at_work() as desk:
            bill = find_to_change(desk.state, bills.KIND, next(iter(amounts)))
            asked: Fields = {
                "PayeeEntityRef": {"ListID": bill.fields["VendorRef"]["ListID"]},
                "CreditCardAccountRef" if by_card else "BankAccountRef": {"FullName": account},
                "RefNumber": ref_number,
                "TxnDate": date,
                "AppliedToTxnAdd": [
                    {"TxnID": txn_id} | ({} if amount is None else {"PaymentAmount": f"{amount:.2f}"})
                    for txn_id, amount in amounts.items()
                ],
            }
            return bill_payments.add(desk, kind, asked).id

    def edit_payment(self, txn_id: str, amounts: Mapping[str, Decimal], **texts: str) -> None:
        """Pay other amounts of a payment's bills, or give it another RefNumber."""
        with self._at_work() as desk:
            kind = _kind_of(desk, txn_id)
            entry = find_to_change(desk.state, kind, txn_id)
            bill_payments.change(desk, entry, dict(amounts), **texts)

    def void(self, kind: str, txn_id: str) -> None:
        """Void a bill or a payment."""
        with self._at_work() as desk:
            voids.void(desk, find_to_change(desk.state, kind, txn_id))

    def enter_estimate(self, job: str, lines: Sequence[tuple[str, str, Decimal]]) -> str:
        """An estimate typed in for a job (a full name); a line is item, description and amount."""
        asked: Fields = {
            "CustomerRef": {"FullName": job},
            "EstimateLineAdd": [
                {"ItemRef": {"FullName": item}, "Desc": text, "Amount": f"{amount:.2f}"}
                for item, text, amount in lines
            ],
        }
        with self._at_work() as desk:
            return estimates.add(desk, asked).id

    def edit_estimate(self, txn_id: str, **fields: Any) -> None:  # noqa: ANN401 qbXML elements
        """Change an estimate by the fields of an EstimateMod, EstimateLineMod included."""
        with self._at_work() as desk:
            estimates.change(desk, find_to_change(desk.state, estimates.KIND, txn_id), fields)


def _kind_of(desk: Desk, txn_id: str) -> str:
    for kind in bill_payments.KINDS:
        if desk.state.get(kind, txn_id) is not None:
            return kind
    raise statuses.no_object(txn_id)
