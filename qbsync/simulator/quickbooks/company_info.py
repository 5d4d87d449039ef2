"""What a company file says of itself: host, company and preferences (the HCP document)."""

from __future__ import annotations

from qbsync.simulator.quickbooks.message import Command, Fields
from qbsync.simulator.quickbooks.registry import Desk, Outcome, handles
from qbsync.simulator.quickbooks.state import Entry, State

ONLY_ID = "1"
"""The id of the Company and Preferences entries, of which there is one each."""

_CAPACITIES = {
    "Account": 10000,
    "BillingRate": 100,
    "Class": 10000,
    "CustomerMsg": 10000,
    "CustomerType": 10000,
    "Entity": 14500,
    "Item": 14500,
    "JobType": 10000,
    "PaymentMethod": 10000,
    "PayrollItem": 10000,
    "PriceLevel": 100,
    "SalesRep": 10000,
    "SalesTaxCode": 10000,
    "ShipMethod": 10000,
    "Template": 10000,
    "Terms": 10000,
    "ToDo": 10000,
    "Vehicle": 10000,
    "VendorType": 10000,
}


def initial_company(name: str) -> Entry:
    """The company of a new file."""
    fields: Fields = {
        "IsSampleCompany": "false",
        "CompanyName": name,
        "LegalCompanyName": name,
        "FirstMonthFiscalYear": "January",
        "FirstMonthIncomeTaxYear": "January",
        "TaxForm": "OtherOrNone",
    }
    return Entry(kind="Company", id=ONLY_ID, order=0, fields=fields)


def initial_preferences() -> Entry:
    """The preferences of a contractor's new file: purchase orders and estimates on, classes off."""
    fields: Fields = {
        "AccountingPreferences": {
            "IsUsingAccountNumbers": "false",
            "IsRequiringAccounts": "true",
            "IsUsingClassTracking": "false",
            "IsUsingAuditTrail": "true",
            "IsAssigningJournalEntryNumbers": "true",
        },
        "FinanceChargePreferences": {
            "GracePeriod": "0",
            "IsAssessingForOverdueCharges": "false",
            "CalculateChargesFrom": "DueDate",
            "IsMarkedToBePrinted": "false",
        },
        "JobsAndEstimatesPreferences": {
            "IsUsingEstimates": "true",
            "IsUsingProgressInvoicing": "true",
            "IsPrintingItemsWithZeroAmounts": "false",
        },
        "MultiCurrencyPreferences": {"IsMultiCurrencyOn": "false"},
        "PurchasesAndVendorsPreferences": {
            "IsUsingInventory": "true",
            "DaysBillsAreDue": "10",
            "IsAutomaticallyUsingDiscounts": "false",
        },
        "ReportsPreferences": {"AgingReportBasis": "AgeFromDueDate", "SummaryReportBasis": "Accrual"},
        "SalesAndCustomersPreferences": {
            "IsTrackingReimbursedExpensesAsIncome": "false",
            "IsAutoApplyingPayments": "true",
        },
        "TimeTrackingPreferences": {"FirstDayOfWeek": "Monday"},
        "CurrentAppAccessRights": {
            "IsAutomaticLoginAllowed": "true",
            "AutomaticLoginUserName": "Admin",
            "IsPersonalDataAccessAllowed": "false",
        },
    }
    return Entry(kind="Preferences", id=ONLY_ID, order=0, fields=fields)


def preference(state: State, path: str) -> str:
    """A preference such as "JobsAndEstimatesPreferences/IsUsingEstimates"; empty if it is not set."""
    entry = state.get("Preferences", ONLY_ID)
    value: object = entry.fields if entry else {}
    for tag in path.split("/"):
        value = value.get(tag, "") if isinstance(value, dict) else ""
    return str(value)


@handles("HostQueryRq")
def _host(desk: Desk, command: Command) -> Outcome:
    fields: Fields = {
        "ProductName": "QuickBooks Premier: Contractor Edition 2015",
        "MajorVersion": "25",
        "MinorVersion": "0",
        "Country": desk.country,
        "SupportedQBXMLVersion": list(desk.versions),
        "IsAutomaticLogin": "false",
        "QBFileMode": "MultiUser" if desk.multi_user else "SingleUser",
    }
    if "IncludeListMetaData" in command.fields:
        fields["ListMetaData"] = {
            f"{name}MetaData": {"MaxCapacity": str(most)} for name, most in _CAPACITIES.items()
        }
    only = command.fields.get("IncludeRetElement")
    shown = {tag: value for tag, value in fields.items() if not only or tag in only}
    return Outcome(rets=(desk.writer.ret("HostRet", shown),))


@handles("CompanyQueryRq")
def _company(desk: Desk, command: Command) -> Outcome:
    return _only(desk, command, "Company")


@handles("PreferencesQueryRq")
def _preferences(desk: Desk, command: Command) -> Outcome:
    return _only(desk, command, "Preferences")


def _only(desk: Desk, command: Command, kind: str) -> Outcome:
    entry = desk.state.get(kind, ONLY_ID)
    assert entry is not None
    only, owners = command.fields.get("IncludeRetElement", []), command.fields.get("OwnerID", [])
    return Outcome(rets=(desk.writer.entry(entry, only=only, owners=owners),))
