"""The bookkeeper at the screen: what people do in the company file without qbXML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from qbsync.simulator.quickbooks import bills, deletions, estimates, lists, purchase_orders
from qbsync.simulator.quickbooks.company_info import ONLY_ID
from qbsync.simulator.quickbooks.human_money import Money
from qbsync.simulator.quickbooks.message import Fields
from qbsync.simulator.quickbooks.references import find_to_change
from qbsync.simulator.quickbooks.state import touched
from qbsync.simulator.quickbooks.transactions import NEW_LINE

CHANGES = {"PurchaseOrder": purchase_orders.change, "Estimate": estimates.change, "Bill": bills.change}
"""How each kind of transaction is changed by the fields of its Mod."""
LINES = {"PurchaseOrder": "PurchaseOrderLine", "Estimate": "EstimateLine", "Bill": "ItemLine"}
"""What the lines of each kind are called, without Ret or Mod."""


class Human(Money):
    """Creates, edits and deletes in the company file; each call is one saved change.

    Every `add_` answers the new ListID or TxnID. `fields` are qbXML elements by name, nested as mappings.
    References are full names. Rules are those of qbXML: raises statuses.Refusal.
    """

    def add_element(self, kind: str, name: str, *, parent: str = "", **fields: Any) -> str:  # noqa: ANN401
        """A new element of any list by its qbXML name; `parent` is a full name."""
        asked: Fields = {"Name": name} | fields
        if parent:
            asked["ParentRef"] = {"FullName": parent}
        with self._at_work() as desk:
            return lists.add(desk, kind, asked).id

    def add_customer(self, name: str, *, parent: str = "", **fields: Any) -> str:  # noqa: ANN401
        """A new customer, or a job under the customer `parent`."""
        return self.add_element("Customer", name, parent=parent, **fields)

    def add_vendor(self, name: str, **fields: Any) -> str:  # noqa: ANN401 qbXML elements
        """A new vendor."""
        return self.add_element("Vendor", name, **fields)

    def add_employee(self, first_name: str, last_name: str) -> str:
        """A new employee, named by both."""
        with self._at_work() as desk:
            return lists.add(desk, "Employee", {"FirstName": first_name, "LastName": last_name}).id

    def add_other_name(self, name: str) -> str:
        """A new entry of the other names list."""
        return self.add_element("OtherName", name)

    def add_account(self, name: str, account_type: str, *, parent: str = "", number: str = "") -> str:
        """A new account; `account_type` in qbXML's words, such as Income or CostOfGoodsSold."""
        fields = {"AccountType": account_type} | ({"AccountNumber": number} if number else {})
        return self.add_element("Account", name, parent=parent, **fields)

    def add_service_item(
        self,
        name: str,
        *,
        account: str,
        expense_account: str = "",
        parent: str = "",
        description: str = "",
        rate: str = "",
    ) -> str:
        """A new service item: one-sided, or two-sided with an expense account beside the income account."""
        return self.add_element(
            "ItemService", name, parent=parent, **_sides(account, expense_account, description, rate)
        )

    def add_other_charge_item(self, name: str, *, account: str, parent: str = "") -> str:
        """A new other charge item with one account."""
        return self.add_element("ItemOtherCharge", name, parent=parent, **_sides(account, "", "", ""))

    def add_inventory_item(self, name: str, *, income: str, cost: str, asset: str) -> str:
        """A new inventory part with its three accounts."""
        accounts = {"IncomeAccountRef": income, "COGSAccountRef": cost, "AssetAccountRef": asset}
        references: Fields = {tag: {"FullName": full_name} for tag, full_name in accounts.items()}
        return self.add_element("ItemInventory", name, **references)

    def add_class(self, name: str, *, parent: str = "") -> str:
        """A new class."""
        return self.add_element("Class", name, parent=parent)

    def add_sales_tax_code(self, name: str, rate: str = "0", *, description: str = "") -> str:
        """A new sales tax code with the percentage that comes on purchases."""
        more = {"Desc": description} if description else {}
        return self.add_element("SalesTaxCode", name, PurchaseRate=rate, **more)

    def use_currencies(self, home: str, *others: str) -> None:
        """Switch multiple currencies on; each by QuickBooks' name, such as Canadian Dollar."""
        own, *_ = [self.add_element("Currency", name) for name in (home, *others)]
        self.set_preference("MultiCurrencyPreferences/IsMultiCurrencyOn", "true")
        self.set_preference("MultiCurrencyPreferences/HomeCurrencyRef/ListID", own)

    def add_terms(self, name: str, *, due_days: int = 30) -> str:
        """New standard terms."""
        return self.add_element("StandardTerms", name, StdDueDays=str(due_days))

    def add_date_driven_terms(self, name: str, *, day_of_month: int = 10) -> str:
        """New terms by which bills are due on a day of the month."""
        return self.add_element("DateDrivenTerms", name, DayOfMonthDue=str(day_of_month))

    def add_vendor_type(self, name: str, *, parent: str = "") -> str:
        """A new vendor type."""
        return self.add_element("VendorType", name, parent=parent)

    def add_purchase_order(
        self,
        vendor: str,
        lines: Sequence[tuple[str, str, Decimal]],
        *,
        ref_number: str = "",
        **fields: Any,  # noqa: ANN401 qbXML elements
    ) -> str:
        """A new purchase order; a line is item, description and amount."""
        asked: Fields = {
            "VendorRef": {"FullName": vendor},
            "RefNumber": ref_number,
            "PurchaseOrderLineAdd": [
                {"ItemRef": {"FullName": item}, "Desc": text, "Quantity": "1", "Amount": f"{amount:.2f}"}
                for item, text, amount in lines
            ],
        }
        with self._at_work() as desk:
            return purchase_orders.add(desk, asked | fields).id

    def edit(self, kind: str, object_id: str, **fields: Any) -> None:  # noqa: ANN401 qbXML elements
        """Change fields of a list element; an empty text clears one, `Name` renames."""
        with self._at_work() as desk:
            lists.change(desk, find_to_change(desk.state, kind, object_id), fields)

    def make_inactive(self, kind: str, list_id: str) -> None:
        """Hide a list element from selection."""
        self.edit(kind, list_id, IsActive="false")

    def edit_purchase_order(self, txn_id: str, **fields: Any) -> None:  # noqa: ANN401 qbXML elements
        """Change a purchase order by the fields of a PurchaseOrderMod, PurchaseOrderLineMod included."""
        with self._at_work() as desk:
            purchase_orders.change(desk, find_to_change(desk.state, "PurchaseOrder", txn_id), fields)

    def edit_transaction(self, kind: str, txn_id: str, **fields: Any) -> None:  # noqa: ANN401 qbXML elements
        """Change the header of a purchase order, estimate or bill by the fields of its Mod."""
        with self._at_work() as desk:
            CHANGES[kind](desk, find_to_change(desk.state, kind, txn_id), fields)

    def edit_line(self, kind: str, txn_id: str, place: int, **fields: Any) -> None:  # noqa: ANN401 qbXML elements
        """Change one line of a transaction, counted from 0; without fields the line is deleted."""
        with self._at_work() as desk:
            entry = find_to_change(desk.state, kind, txn_id)
            lines: list[Fields] = [
                {"TxnLineID": line["TxnLineID"]} | (fields if at == place else {})
                for at, line in enumerate(entry.fields[f"{LINES[kind]}Ret"])
                if at != place or fields
            ]
            CHANGES[kind](desk, entry, {f"{LINES[kind]}Mod": lines})

    def add_line(self, kind: str, txn_id: str, **fields: Any) -> None:  # noqa: ANN401 qbXML elements
        """Add a line at the end of a transaction."""
        with self._at_work() as desk:
            entry = find_to_change(desk.state, kind, txn_id)
            before = entry.fields[f"{LINES[kind]}Ret"]
            lines: list[Fields] = [{"TxnLineID": line["TxnLineID"]} for line in before]
            lines.append({"TxnLineID": NEW_LINE} | fields)
            CHANGES[kind](desk, entry, {f"{LINES[kind]}Mod": lines})

    def close_purchase_order(self, txn_id: str) -> None:
        """Tick Closed on a purchase order."""
        with self._at_work() as desk:
            entry = find_to_change(desk.state, "PurchaseOrder", txn_id)
            desk.state.put(touched(entry, desk.now, purchase_orders.closed_by_hand(entry)))

    def reopen_purchase_order(self, txn_id: str) -> None:
        """Take the tick off Closed, on a purchase order and each of its lines."""
        with self._at_work() as desk:
            entry = find_to_change(desk.state, "PurchaseOrder", txn_id)
            desk.state.put(touched(entry, desk.now, purchase_orders.closed_by_hand(entry, "false")))

    def receive(self, txn_id: str, txn_line_id: str, quantity: Decimal) -> None:
        """Book a quantity of a purchase order's line as received and billed."""
        with self._at_work() as desk:
            entry = find_to_change(desk.state, "PurchaseOrder", txn_id)
            changes = purchase_orders.received(entry, txn_line_id, quantity)
            desk.state.put(touched(entry, desk.now, changes))

    def delete(self, kind: str, object_id: str) -> None:
        """Delete a list element or transaction that nothing refers to."""
        with self._at_work() as desk:
            deletions.delete(desk, find_to_change(desk.state, kind, object_id))

    def merge(self, kind: str, list_id: str, into: str) -> None:
        """Merge a list element into another, as by giving it that name: what named it names that one."""
        with self._at_work() as desk:
            gone, survivor = (find_to_change(desk.state, kind, one) for one in (list_id, into))
            deletions.merge(desk, gone, survivor)

    def set_preference(self, path: str, value: str) -> None:
        """Change a preference such as "JobsAndEstimatesPreferences/IsUsingEstimates" to "false"."""
        with self._at_work() as desk:
            entry = desk.state.get("Preferences", ONLY_ID)
            assert entry is not None
            desk.state.put(replace(entry, fields=_set(entry.fields, path.split("/"), value)))

    def rename_company(self, name: str) -> None:
        """Change the company's name."""
        with self._at_work() as desk:
            entry = desk.state.get("Company", ONLY_ID)
            assert entry is not None
            desk.state.put(replace(entry, fields=entry.fields | {"CompanyName": name}))


def _sides(account: str, expense_account: str, description: str, rate: str) -> Fields:
    if not expense_account:
        one: Fields = {"Desc": description, "Price": rate, "AccountRef": {"FullName": account}}
        return {"SalesOrPurchase": _set_only(one)}
    two: Fields = {
        "SalesDesc": description,
        "PurchaseDesc": description,
        "PurchaseCost": rate,
        "IncomeAccountRef": {"FullName": account},
        "ExpenseAccountRef": {"FullName": expense_account},
    }
    return {"SalesAndPurchase": _set_only(two)}


def _set_only(fields: Mapping[str, Any]) -> Fields:
    return {tag: value for tag, value in fields.items() if value}


def _set(fields: Fields, path: Sequence[str], value: str) -> Fields:
    first, *rest = path
    return fields | {first: _set(fields.get(first, {}), rest, value) if rest else value}
