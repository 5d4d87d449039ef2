"""The kinds of object a company file holds, as data: a new list is one line here and one file of forms."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of list element or transaction.

    `space` is the list whose names exclude each other and whose ListIDs are counted together; `defaults`
    are fields QuickBooks fills in by itself.
    """

    tag: str
    space: str
    hierarchical: bool = False
    transaction: bool = False
    defaults: dict[str, str] = field(default_factory=dict)

    @property
    def id_tag(self) -> str:
        """ListID or TxnID."""
        return "TxnID" if self.transaction else "ListID"

    @property
    def ret(self) -> str:
        """The tag of the aggregate in answers."""
        return f"{self.tag}Ret"


_ACTIVE = {"IsActive": "true"}
_BALANCES = {"Balance": "0.00", "TotalBalance": "0.00"}

ENTITY_KINDS = ("Customer", "Employee", "OtherName", "Vendor")
"""They share one name space (reference 3.4)."""
ITEM_KINDS = ("ItemService", "ItemNonInventory", "ItemOtherCharge", "ItemInventory")
"""They share one name space; ItemQuery answers in this order."""

KINDS: dict[str, Kind] = {
    kind.tag: kind
    for kind in (
        Kind(
            tag="Customer",
            space="Entity",
            hierarchical=True,
            defaults=_ACTIVE | _BALANCES | {"JobStatus": "None", "PreferredDeliveryMethod": "None"},
        ),
        Kind(
            tag="Vendor",
            space="Entity",
            defaults=_ACTIVE | {"IsVendorEligibleFor1099": "false", "Balance": "0.00"},
        ),
        Kind(tag="Employee", space="Entity", defaults=_ACTIVE),
        Kind(tag="OtherName", space="Entity", defaults=_ACTIVE),
        Kind(tag="ItemService", space="Item", hierarchical=True, defaults=_ACTIVE),
        Kind(tag="ItemNonInventory", space="Item", hierarchical=True, defaults=_ACTIVE),
        Kind(tag="ItemOtherCharge", space="Item", hierarchical=True, defaults=_ACTIVE),
        Kind(tag="ItemInventory", space="Item", hierarchical=True, defaults=_ACTIVE),
        Kind(tag="Account", space="Account", hierarchical=True, defaults=_ACTIVE | _BALANCES),
        Kind(tag="Class", space="Class", hierarchical=True, defaults=_ACTIVE),
        Kind(tag="SalesTaxCode", space="SalesTaxCode", defaults=_ACTIVE | {"IsTaxable": "true"}),
        Kind(tag="Currency", space="Currency", defaults=_ACTIVE),
        Kind(tag="StandardTerms", space="Terms", defaults=_ACTIVE),
        Kind(tag="DateDrivenTerms", space="Terms", defaults=_ACTIVE),
        Kind(tag="VendorType", space="VendorType", hierarchical=True, defaults=_ACTIVE),
        Kind(tag="CustomerType", space="CustomerType", hierarchical=True, defaults=_ACTIVE),
        Kind(tag="JobType", space="JobType", hierarchical=True, defaults=_ACTIVE),
        Kind(tag="PurchaseOrder", space="Txn", transaction=True),
        Kind(tag="Estimate", space="Txn", transaction=True, defaults={"IsActive": "true"}),
        Kind(tag="Bill", space="Txn", transaction=True),
        Kind(tag="VendorCredit", space="Txn", transaction=True),
        Kind(tag="BillPaymentCheck", space="Txn", transaction=True),
        Kind(tag="BillPaymentCreditCard", space="Txn", transaction=True),
        Kind(tag="Check", space="Txn", transaction=True),
        Kind(tag="CreditCardCharge", space="Txn", transaction=True),
        Kind(tag="CreditCardCredit", space="Txn", transaction=True),
        Kind(tag="JournalEntry", space="Txn", transaction=True),
        Kind(tag="Company", space="Company"),
        Kind(tag="Preferences", space="Preferences"),
        Kind(tag="DataExtDef", space="DataExtDef"),
    )
}

_TARGETS: dict[str, tuple[str, ...]] = {
    "ItemRef": ITEM_KINDS,
    "TermsRef": ("StandardTerms", "DateDrivenTerms"),
    "PrefVendorRef": ("Vendor",),
    "EntityRef": ENTITY_KINDS,
    "PayeeEntityRef": ENTITY_KINDS,
    "ShipToEntityRef": ENTITY_KINDS,
    "CustomerSalesTaxCodeRef": ("SalesTaxCode",),
    "PurchaseTaxCodeRef": ("SalesTaxCode",),
    "HomeCurrencyRef": ("Currency",),
}


def targets(reference: str, owner: str) -> tuple[str, ...]:
    """The kinds that a reference such as ExpenseAccountRef, in an object of kind `owner`, may name.

    Empty where this company file keeps no such list: every name is then an invalid reference.
    """
    if reference == "ParentRef":
        return (owner,)
    if reference in _TARGETS:
        return _TARGETS[reference]
    if reference.endswith("AccountRef"):
        return ("Account",)
    kind = reference.removesuffix("Ref")
    return (kind,) if kind in KINDS else ()
