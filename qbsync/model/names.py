"""What QuickBooks' lists hold, as last read: the names that a new record must respect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from qbsync.model.ids import QuickBooksId


class ListKind(StrEnum):
    """QuickBooks lists that qbsync reads; the value begins the name of their queries and Rets."""

    CUSTOMER = "Customer"
    """Customers and jobs; a job's full name is Customer:Job."""
    VENDOR = "Vendor"
    EMPLOYEE = "Employee"
    OTHER_NAME = "OtherName"
    ITEM = "Item"
    """Items of every type; `type` says which (Service, Inventory, OtherCharge...)."""
    ACCOUNT = "Account"
    """`type` is the AccountType (Income, Expense, CostOfGoodsSold...)."""
    TERMS = "StandardTerms"
    """Standard and date-driven terms, which share one list of names."""
    VENDOR_TYPE = "VendorType"
    CLASS = "Class"
    SALES_TAX_CODE = "SalesTaxCode"


INCOME_TYPES = ("Income", "OtherIncome")
EXPENSE_TYPES = ("Expense", "OtherExpense", "CostOfGoodsSold")
"""Types of accounts that an item may sell to, and that what is bought may post to."""
PEOPLE = (ListKind.CUSTOMER, ListKind.VENDOR, ListKind.EMPLOYEE, ListKind.OTHER_NAME)
"""Lists that share one name space: a vendor may not be named like a customer (status 3100)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One entry of a QuickBooks list."""

    list: ListKind
    list_id: QuickBooksId
    full_name: str
    type: str = ""
    active: bool = True
    edit_sequence: str = ""
    external_guid: str = ""
    two_sided: bool = False
    """Of an item: bought and sold, with an expense account beside the income account."""
    currency: str = ""
    """Of a customer or vendor, as QuickBooks names it; empty where the file keeps one currency."""


class Names(Protocol):
    """Looks names up in what was last read from QuickBooks; case does not matter, as in QuickBooks."""

    def find(self, list_kind: ListKind, full_name: str) -> Known | None:
        """The entry of that full name, or None."""

    def jobs(self, name: str) -> Sequence[Known]:
        """Every job of that own name that no project is linked to, whichever customer it is under."""

    def of_id(self, list_kind: ListKind, list_id: str) -> Known | None:
        """The entry of that ListID, or None."""

    def known(self, list_kind: ListKind) -> bool:
        """Whether that list has been read at all; before the first session nothing has."""
