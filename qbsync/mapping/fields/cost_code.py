"""The fields of a standard cost code."""

from __future__ import annotations

from qbsync.model.fields import Field

FIELDS = (
    Field(source="the item's id, of its link", paths=("ListID",), decision="in a change"),
    Field(
        source="as last read", paths=("EditSequence",), decision="in a change; read again when it is stale"
    ),
    Field(source="`code`, its own segment", paths=("Name",), decision="too long, or a colon: problem"),
    Field(
        source="`parent_id`, by its link",
        paths=("ParentRef",),
        decision="waits for it; the whole path has at most 159 characters and 5 levels, Procore's whole code "
        "96: else problem",
    ),
    Field(
        source="`name`",
        paths=(
            "SalesOrPurchase/Desc",
            "SalesAndPurchase/SalesDesc",
            "SalesAndPurchase/PurchaseDesc",
        ),
        decision="the latter two with an expense account; too long: problem",
    ),
    Field(
        source="choice `income_account`, or option `cost_code_income_account`",
        paths=("SalesOrPurchase/AccountRef", "SalesAndPurchase/IncomeAccountRef"),
        decision="an active account of type Income or OtherIncome; asked at accept; in a change only where "
        "it is chosen anew",
    ),
    Field(
        source="choice `expense_account`, or option `cost_code_expense_account`",
        paths=("SalesAndPurchase/ExpenseAccountRef",),
        decision="an active account of type Expense, OtherExpense or CostOfGoodsSold; none: warning that "
        "bills will post to income",
    ),
    Field(source="our mark", paths=("ExternalGUID",), decision="when it is added"),
)
"""What ItemServiceAdd and ItemServiceMod carry."""
