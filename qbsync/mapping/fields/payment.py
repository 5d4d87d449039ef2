"""The fields of a payment made in Procore Pay."""

from __future__ import annotations

from qbsync.model.fields import Field

FIELDS = (
    Field(source="`vendor_id`, of its link", paths=("PayeeEntityRef",)),
    Field(
        source="option `ap_account`",
        paths=("APAccountRef",),
        decision="an active payables account, else problem; without the option QuickBooks' own",
    ),
    Field(
        source="`date_payment_funded`, else `date_payment_initiated`",
        paths=("TxnDate",),
        decision="without either the day it is entered",
    ),
    Field(
        source="option `payment_account`",
        paths=("BankAccountRef",),
        decision="an active bank account, else problem",
    ),
    Field(
        source="`check_number`, else `payment_number`",
        paths=("RefNumber",),
        decision="too long: left out, with a warning",
    ),
    Field(source="always no", paths=("IsToBePrinted",), decision="where there is no number"),
    Field(source="the payment's id in Procore", paths=("Memo",)),
    Field(source="our mark", paths=("ExternalGUID",)),
    Field(source="`requisition_id`, of its link", paths=("AppliedToTxn/TxnID",)),
    Field(
        source="`amount`", paths=("AppliedToTxn/PaymentAmount",), decision="more than nothing, else problem"
    ),
)
"""What BillPaymentCheckAdd carries."""
