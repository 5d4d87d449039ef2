"""What the generated tables say beside what the code says: options, events and exit codes in words."""

from __future__ import annotations

from qbsync.model.records import RecordKind
from qbsync.procore.writebacks import Target

NOW, LATER = "now", "later"

OPTIONS = {
    "auto_accept": (
        "`none`, `all`, or kinds separated by commas",
        NOW,
        "every kind",
        (
            "Records of these kinds are accepted without a person, where preflight finds no problem, no "
            "missing choice and nothing in QuickBooks that should be linked instead. Else the job stays "
            "staged and says so."
        ),
    ),
    "project_customer": (
        "a customer's full name",
        NOW,
        "projects",
        "The customer under which new jobs are made, unless the approver chooses another.",
    ),
    "cost_code_income_account": (
        "an account's full name",
        NOW,
        "cost codes",
        (
            "The income account of new Service items, unless the approver chooses another. One of the two is "
            "needed."
        ),
    ),
    "cost_code_expense_account": (
        "an account's full name",
        NOW,
        "cost codes",
        (
            "The expense account of new Service items, which are then two-sided. Without one, bills post to "
            "the income account; the approver is warned."
        ),
    ),
    "retainage_item": (
        "the full name of a Service item",
        NOW,
        "invoices",
        "The item that retainage is held and released on; an invoice with retainage cannot go without.",
    ),
    "commitment_line_style": (
        "`progress` or `amount`",
        NOW,
        "commitments",
        (
            "`progress`: an amount line is sent with the amount as its quantity at a rate of 1, so that "
            "QuickBooks shows what is still open. `amount`: only its amount is sent."
        ),
    ),
    "standard_cost_code_list": (
        "a list's name or id in Procore",
        NOW,
        "cost codes, commitments",
        (
            "The standard cost code list that belongs to QuickBooks. Empty: the ERP list, else the only one; "
            "where neither decides, pulls stop and name the lists."
        ),
    ),
    "allow_duplicate_numbers": (
        "`true` or `false`",
        NOW,
        "commitments",
        (
            "Whether two commitments may have the same number: `true` warns the approver, `false` makes it a "
            "problem."
        ),
    ),
    "bill_billable": (
        "`true` or `false`",
        NOW,
        "invoices",
        (
            "Whether bill lines are billable to the job's customer; only those whose item has an expense "
            "account in QuickBooks, which lets no others be billable."
        ),
    ),
    "bill_lines": (
        "`items` or `expenses`",
        NOW,
        "invoices",
        (
            "`items`: a bill's lines are linked to the purchase order's. `expenses`: each item of the "
            "invoice is a line on an expense account, that of the approver or `cost_code_expense_account`, "
            "on the project's job and linked to no purchase order, which therefore stays open in QuickBooks. "
            "Retainage is on its item either way."
        ),
    ),
    "negative_invoices": (
        "`refuse` or `vendor_credit`",
        NOW,
        "invoices",
        "What becomes of an invoice whose total is negative: a problem, or a vendor credit.",
    ),
    "cost_types": (
        "`none` or `class`",
        NOW,
        "budgets, commitments, change orders, invoices",
        (
            "`class`: the QuickBooks class of the cost type's name stands on each line of estimates, "
            "purchase orders and bills, and a budget has a line for each cost code and cost type. QuickBooks "
            "must track classes and have each of them. Set it before the first commitment: what was sent "
            "before is shown as changed once."
        ),
    ),
    "tax_codes": (
        "`PROCORE'S CODE=QUICKBOOKS' CODE`, separated by commas; empty: none",
        NOW,
        "budgets, commitments, change orders, invoices",
        (
            "For a Canadian company file: Procore's tax codes with QuickBooks' sales tax codes (at most 3 "
            "characters), and `none` for lines without tax, such as `GST=G, HST ON=H, none=E`. `none=` with "
            "nothing behind it, where the file has no sales tax. A US file takes no tax on lines."
        ),
    ),
    "budget_changes": (
        "`add` or `included`",
        NOW,
        "budgets",
        (
            "Whether approved budget changes are added to what the rows of Procore's budget view show, or "
            "are included in it already. Procore does not document which; compare one budget."
        ),
    ),
    "ap_account": (
        "an account's full name",
        NOW,
        "invoices",
        "The accounts payable account of bills; where it is empty QuickBooks takes its own.",
    ),
    "payment_account": (
        "a bank account's full name",
        NOW,
        "payments",
        "The account that payments made in Procore Pay are booked from; only the ERP feed hears of them.",
    ),
    "default_vendor_type": (
        "a vendor type's full name",
        NOW,
        "vendors",
        (
            "The type of new vendors, unless the approver chooses another. A later change of the vendor "
            "leaves the type alone."
        ),
    ),
    "default_terms": (
        "the name of standard terms",
        NOW,
        "vendors, commitments, invoices",
        (
            "The terms of new vendors, unless the approver chooses others; of bills; and of purchase orders "
            "whose own terms QuickBooks does not have."
        ),
    ),
    "import_items": (
        "`true` or `false`",
        NOW,
        "imports",
        (
            "Whether Service items of QuickBooks are offered for import as standard cost codes; on the erp "
            "feed Refresh makes them such. The retainage item never is."
        ),
    ),
    "payment_minutes": (
        "minutes; 0: never",
        NOW,
        "payments",
        "How often QuickBooks is asked for payments.",
    ),
    "drift_minutes": (
        "minutes; 0: never",
        NOW,
        "every kind",
        "How often what is linked is compared with QuickBooks. See [drift.md](drift.md).",
    ),
    "cost_minutes": ("minutes; 0: never", NOW, "job costs", "How often QuickBooks is asked for job costs."),
    "cost_transactions": (
        "`true` or `false`",
        NOW,
        "job costs",
        (
            "Whether each transaction becomes a direct cost, or a project has one with a sum for each cost "
            "code. On the ERP feed: whether Procore offers transactions; a project that asks has them."
        ),
    ),
    "job_cost_type": (
        "a cost type's name or abbreviation in Procore",
        NOW,
        "job costs",
        "The cost type of direct cost lines; empty: the first whose base type is other.",
    ),
    "uncoded_cost_code": (
        "a cost code's full code in Procore",
        NOW,
        "job costs",
        (
            "The cost code for costs that name no item of one, such as journal entries. Empty: `qbsync "
            "costs` shows them and they are not sent."
        ),
    ),
    "erp_paths": (
        "`name=METHOD /rest/...`, several separated by commas",
        NOW,
        "the erp feed",
        (
            "Addresses of the ERP platform's endpoints where Procore gave them others than qbsync takes for "
            "granted; an error names the endpoint that Procore refused."
        ),
    ),
    "poll_seconds": (
        "seconds, at least 1",
        NOW,
        "every kind",
        (
            "How often the worker asks Procore for changes. A project from which nothing new has come for "
            "hours is asked every half hour."
        ),
    ),
    "calls_per_hour": (
        "calls, at least 100",
        NOW,
        "every kind",
        (
            "The most calls of Procore that polling makes in any hour; write-backs and a person's commands "
            "count too, and are not held up. Procore's own limit may be 600; where it is larger, with a "
            "larger number many projects are asked more often. See [procore-calls.md](procore-calls.md)."
        ),
    ),
    "qbwc_minutes": (
        "minutes, at least 1",
        NOW,
        "the Web Connector",
        (
            "RunEveryNMinutes in the .qwc. A file that is loaded already keeps its own: load it again, or "
            "set Every-Min in the Web Connector."
        ),
    ),
    "session_lease_seconds": (
        "seconds, at least 1",
        NOW,
        "the Web Connector",
        "How long a silent session keeps another one out. It should be longer than QuickBooks' longest call.",
    ),
    "recovery_wait_seconds": (
        "seconds, at least 1",
        NOW,
        "every kind",
        (
            "How long another computer waits before it sends an unanswered message again, and how long a "
            "record must have been in doubt before its absence counts as proof."
        ),
    ),
}
"""Each option: what it takes, whether it acts in this release, what it concerns, what it does."""

EVENTS = {
    "accept": ("a person, or `auto_accept`", "The record is to go to QuickBooks."),
    "reject": ("a person", "The record is not to go; the comment says why."),
    "restage": ("a person, by retry", "A rejected job is to be decided again."),
    "send": ("a Web Connector session", "The job is in a stored writing message that is handed over."),
    "adopt": (
        "a Web Connector session, or a person, by link",
        (
            "QuickBooks has this very record: a read found it by our ExternalGUID or as an item to adopt, "
            "or a person linked it. Or a question for an unlink or a retry is over: it is synced as before."
        ),
    ),
    "hold": ("a person", "An accepted job is not to be sent yet."),
    "release": ("a person", "A held job goes on."),
    "sync": (
        "QuickBooks' answer, a search, or a person, by link",
        "QuickBooks has the record, and its id is kept.",
    ),
    "fail": (
        "QuickBooks' answer, or our own check before sending",
        "The same request would fail again; the job says why and who can mend it.",
    ),
    "requeue": (
        "QuickBooks' answer, or a search",
        "Nothing was executed, or another step is due: the job is sent again.",
    ),
    "lose": (
        "QuickBooks' answer, or none",
        "The outcome is unknown and QuickBooks has no stored answer: the record is looked for first.",
    ),
    "link": (
        "a person",
        "A person named the record that QuickBooks already has; or a held question for an unlink is over.",
    ),
    "retry": (
        "a person, by retry or accept",
        "A failed job is to be sent again, or a synced one after an unlink.",
    ),
    "cancel": (
        "a person, a newer version, or Procore",
        "The job is over: given up, superseded, or withdrawn in Procore.",
    ),
}
"""Each event of a job: who brings it about, and when."""

OFFER_EVENTS = {
    "import": ("Procore's answer to an import", "Procore has made a record of it, and the two are linked."),
    "link": ("a person, or an export", "A record of Procore was linked to it."),
    "archive": ("a person", "It is neither offered nor suggested any more."),
    "restore": ("a person", "An archived entry is offered again."),
    "unlink": ("a person", "Its link ended: Procore lacks it again."),
}
"""Each event of an offer: who brings it about, and when."""

EXITS = {
    "OK": "All went well.",
    "UNEXPECTED": "An error that has no code of its own; the words on stderr name it. Also what Procore "
    "refuses.",
    "USAGE": "The arguments, an option or a setting are wrong, or a job may not move that way.",
    "CHECK_FAILED": "A check did not pass, or a part of what was asked for did not go through.",
    "NOT_FOUND": "There is no such connection, job, session, link, write-back or code.",
    "DATABASE_BEHIND": "The database needs `qbsync db upgrade`.",
    "TRY_LATER": "Procore or the database cannot be reached now, or Procore's limit is used up; the same "
    "command may work later.",
}
"""Each exit code's meaning."""

WORKFLOWS = {
    RecordKind.COST_CODE: "cost-codes",
    RecordKind.VENDOR: "vendors",
    RecordKind.PROJECT: "projects",
    RecordKind.BUDGET: "budgets",
    RecordKind.COMMITMENT: "commitments",
    RecordKind.CHANGE_ORDER: "change-orders",
    RecordKind.RETAINAGE_ITEM: "invoice-setup",
    RecordKind.INVOICE: "invoices",
    RecordKind.PAYMENT: "invoices",
}
"""The page of docs/workflows/ for each kind."""

TOLD_IN = {
    "cost-codes": (Target.STANDARD_COST_CODE, Target.PROJECT_COST_CODE, Target.COST_CODE_IMPORT),
    "vendors": (Target.VENDOR, Target.VENDOR_IMPORT),
    "projects": (Target.PROJECT, Target.PROJECT_COST_CODE, Target.PROJECT_IMPORT),
    "commitments": (
        Target.SUBCONTRACT_LINE,
        Target.SUBCONTRACT,
        Target.PURCHASE_ORDER_LINE,
        Target.PURCHASE_ORDER,
    ),
    "change-orders": (Target.CHANGE_ORDER,),
    "invoices": (Target.INVOICE, Target.CONTRACT_PAYMENT),
    "job-costs": (Target.JOB_COSTS,),
}
"""What Procore is told, by the page of docs/workflows/."""
