"""What the comparison needs of a company file, whoever keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol


class HeldElement(Protocol):
    """An element of a list; `full_name` has its parents before it, joined by colons."""

    @property
    def list_id(self) -> str: ...  # noqa: D102
    @property
    def full_name(self) -> str: ...  # noqa: D102


class HeldJob(HeldElement, Protocol):
    """A customer or job; `site` are the lines of where it is built that are set, by their qbXML tag."""

    @property
    def site(self) -> Sequence[tuple[str, str]]: ...  # noqa: D102


class HeldItem(HeldElement, Protocol):
    """An item."""

    @property
    def description(self) -> str: ...  # noqa: D102


class HeldVendor(HeldElement, Protocol):
    """A vendor; `address` are the lines that are set, by their qbXML tag."""

    @property
    def phone(self) -> str: ...  # noqa: D102
    @property
    def email(self) -> str: ...  # noqa: D102
    @property
    def address(self) -> Sequence[tuple[str, str]]: ...  # noqa: D102


class HeldLine(Protocol):
    """A line of a purchase order; ids are empty where the line has none."""

    @property
    def txn_line_id(self) -> str: ...  # noqa: D102
    @property
    def item_id(self) -> str: ...  # noqa: D102
    @property
    def customer_id(self) -> str: ...  # noqa: D102
    @property
    def description(self) -> str: ...  # noqa: D102
    @property
    def amount(self) -> Decimal: ...  # noqa: D102


class HeldOrder(Protocol):
    """A purchase order with its lines in their order."""

    @property
    def txn_id(self) -> str: ...  # noqa: D102
    @property
    def ref_number(self) -> str: ...  # noqa: D102
    @property
    def vendor_id(self) -> str: ...  # noqa: D102
    @property
    def memo(self) -> str: ...  # noqa: D102
    @property
    def vendor_msg(self) -> str: ...  # noqa: D102
    @property
    def total(self) -> Decimal: ...  # noqa: D102
    @property
    def lines(self) -> Sequence[HeldLine]: ...  # noqa: D102


class HeldEstimateLine(Protocol):
    """A line of an estimate."""

    @property
    def item_id(self) -> str: ...  # noqa: D102
    @property
    def amount(self) -> Decimal: ...  # noqa: D102


class HeldEstimate(Protocol):
    """An estimate of a job."""

    @property
    def txn_id(self) -> str: ...  # noqa: D102
    @property
    def customer_id(self) -> str: ...  # noqa: D102
    @property
    def total(self) -> Decimal: ...  # noqa: D102
    @property
    def lines(self) -> Sequence[HeldEstimateLine]: ...  # noqa: D102


class HeldBillLine(Protocol):
    """A line of a bill; `order_line` is "TxnID|TxnLineID" of the purchase order's line it is linked to.

    A line on an account has an `account_id` and no `item_id`.
    """

    @property
    def item_id(self) -> str: ...  # noqa: D102
    @property
    def account_id(self) -> str: ...  # noqa: D102
    @property
    def customer_id(self) -> str: ...  # noqa: D102
    @property
    def amount(self) -> Decimal: ...  # noqa: D102
    @property
    def order_line(self) -> str: ...  # noqa: D102


class HeldBill(Protocol):
    """A bill with its lines; one that a person typed has no `external_guid`."""

    @property
    def txn_id(self) -> str: ...  # noqa: D102
    @property
    def ref_number(self) -> str: ...  # noqa: D102
    @property
    def vendor_id(self) -> str: ...  # noqa: D102
    @property
    def total(self) -> Decimal: ...  # noqa: D102
    @property
    def open_amount(self) -> Decimal: ...  # noqa: D102
    @property
    def external_guid(self) -> str: ...  # noqa: D102
    @property
    def lines(self) -> Sequence[HeldBillLine]: ...  # noqa: D102


class HeldPayment(Protocol):
    """A payment; `applied` are bills' TxnIDs and what is paid of each."""

    @property
    def txn_id(self) -> str: ...  # noqa: D102
    @property
    def ref_number(self) -> str: ...  # noqa: D102
    @property
    def applied(self) -> Sequence[tuple[str, Decimal]]: ...  # noqa: D102


class HeldCostLine(HeldBillLine, Protocol):
    """A line that costs something; `amount` is negative where a cost is taken back.

    `account_type` is that of the account it names, as qbXML has it, empty where it names an item.
    """

    @property
    def account_type(self) -> str: ...  # noqa: D102


class HeldCost(Protocol):
    """Anything that is bought or booked, bills too; a credit comes to less than nothing.

    `kind` is qbXML's word, such as VendorCredit; one that a person typed has no `external_guid`.
    """

    @property
    def txn_id(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def ref_number(self) -> str: ...  # noqa: D102
    @property
    def payee_id(self) -> str: ...  # noqa: D102
    @property
    def total(self) -> Decimal: ...  # noqa: D102
    @property
    def external_guid(self) -> str: ...  # noqa: D102
    @property
    def lines(self) -> Sequence[HeldCostLine]: ...  # noqa: D102


class CompanyView(Protocol):
    """What of a company file Procore's records end in."""

    def vendors(self) -> Sequence[HeldVendor]:
        """All vendors."""

    def customers(self) -> Sequence[HeldJob]:
        """All customers and jobs."""

    def items(self) -> Sequence[HeldItem]:
        """All items."""

    def purchase_orders(self) -> Sequence[HeldOrder]:
        """All purchase orders."""

    def estimates(self) -> Sequence[HeldEstimate]:
        """All estimates."""

    def bills(self) -> Sequence[HeldBill]:
        """All bills."""

    def payments(self) -> Sequence[HeldPayment]:
        """All payments of bills."""

    def costs(self) -> Sequence[HeldCost]:
        """Everything that costs something."""
