"""The fields of an invoice."""

from __future__ import annotations

from qbsync.model.fields import Field

FIELDS = (
    Field(
        source="the commitment's vendor, by its link",
        paths=("VendorRef",),
        decision="waits for it; no contract company: problem",
    ),
    Field(
        source="option `ap_account`",
        paths=("APAccountRef",),
        decision="an active account of type AccountsPayable, else problem; not set: QuickBooks' own",
    ),
    Field(
        source="`billing_date`",
        paths=("TxnDate",),
        decision="none: warning, QuickBooks dates it the day it arrives",
    ),
    Field(source="the due date of its payment", paths=("DueDate",), decision="none: by the terms"),
    Field(
        source="choice `number`, or `invoice_number`",
        paths=("RefNumber",),
        decision="too long, none, or used by this vendor before: asked at accept, never cut",
    ),
    Field(
        source="option `default_terms`",
        paths=("TermsRef",),
        decision="active standard terms, else left out with a warning",
    ),
    Field(
        source="its number and count, and the purchase order's number",
        paths=("Memo",),
        decision="too long: problem",
    ),
    Field(source="our mark", paths=("ExternalGUID",)),
    Field(
        source="`false`, in a Canadian file whose amounts may include tax",
        paths=("IsTaxIncluded",),
        decision="else left out",
    ),
    Field(
        source="with option `bill_lines` = `expenses`, choice `expense_account`, or option "
        "`cost_code_expense_account`",
        paths=("ExpenseLine/AccountRef",),
        decision="an active account of type Expense, OtherExpense or CostOfGoodsSold; asked at accept; a "
        "line for each item, linked to no purchase order",
    ),
    Field(source="then: as on the lines on items", paths=("ExpenseLine/Amount",)),
    Field(
        source="then: the item's cost code and description",
        paths=("ExpenseLine/Memo",),
        decision="too long: problem",
    ),
    Field(source="then: the project, by its link", paths=("ExpenseLine/CustomerRef",)),
    Field(
        source="then: as on the lines on items",
        paths=("ExpenseLine/ClassRef", "ExpenseLine/SalesTaxCodeRef"),
    ),
    Field(source="then: option `bill_billable`", paths=("ExpenseLine/BillableStatus",)),
    Field(
        source="the line of the commitment or of the change order, by its link",
        paths=("ItemLine/LinkToTxn/TxnID", "ItemLine/LinkToTxn/TxnLineID"),
        decision="a line that the purchase order lacks: problem; not on a credit, nor on retainage",
    ),
    Field(
        source="the items' descriptions; of retainage, what it is",
        paths=("ItemLine/Desc",),
        decision="too long: problem",
    ),
    Field(
        source="the amount divided by the line's rate, to five decimals",
        paths=("ItemLine/Quantity",),
        decision="left out where the line has no rate",
    ),
    Field(
        source="work completed and materials moved in this period; of retainage, released less held",
        paths=("ItemLine/Amount",),
        decision="items on one line summed; not whole cents: problem",
    ),
    Field(
        source="of retainage, option `retainage_item`; of a credit, the item's cost code by its link",
        paths=("ItemLine/ItemRef",),
        decision="an active Service item; a linked line has the purchase order's item",
    ),
    Field(
        source="the project, by its link",
        paths=("ItemLine/CustomerRef",),
        decision="on retainage and credits; on linked lines only with BillableStatus",
    ),
    Field(
        source="option `bill_billable`",
        paths=("ItemLine/BillableStatus",),
        decision="only where the item has an expense account in QuickBooks: others cannot be billable",
    ),
    Field(
        source="with option `cost_types` = `class`, the class of the cost type of the line billed",
        paths=("ItemLine/ClassRef",),
        decision="missing in QuickBooks, or class tracking off: problem",
    ),
    Field(
        source="in a Canadian file, of a taxed item the tax code of the line it bills, by option `tax_codes`",
        paths=("ItemLine/SalesTaxCodeRef",),
        decision="of others the one behind `none`; on retainage where Procore taxed that too; "
        "not mapped, or any tax in a US file: problem",
    ),
)
"""What BillAdd and VendorCreditAdd carry."""
