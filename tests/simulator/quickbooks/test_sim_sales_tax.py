"""Sales tax codes and currencies of a simulated company file."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qbsync.simulator.quickbooks import CompanyFile
from qbsync.simulator.quickbooks.statuses import Refusal


@pytest.fixture
def canadian():
    """A Canadian file with GST of 5 percent, an exempt code, a vendor and an item."""
    file = CompanyFile.open(country="CA")
    human = file.human
    human.add_account("Payables", "AccountsPayable")
    human.add_account("Income", "Income")
    human.add_service_item("Work", account="Income")
    human.add_vendor("Nord")
    human.add_sales_tax_code("G", "5", description="GST")
    human.add_sales_tax_code("E")
    return file


def bill(file, *lines):
    """Enter a bill of lines, each an amount and a code."""
    asked = [
        {"ItemRef": {"FullName": "Work"}, "Amount": amount}
        | ({"SalesTaxCodeRef": {"FullName": code}} if code else {})
        for amount, code in lines
    ]
    return file.human.enter_bill("Nord", [], ItemLineAdd=asked)


def test_tax_comes_on_top_of_a_canadian_bill(canadian):
    """The tax of each code is rounded once: 5 percent of 10.10 and 10.10 is 1.01; exempt lines have none."""
    bill(canadian, ("10.10", "G"), ("10.10", "G"), ("5.00", "E"))
    assert canadian.bills()[0].total == Decimal("26.21")


def test_a_canadian_line_without_a_code_is_refused(canadian):
    """Neither the line nor item nor vendor has a code."""
    with pytest.raises(Refusal, match="SalesTaxCodeRef"):
        bill(canadian, ("10.00", ""))
    assert canadian.bills() == []


def test_a_vendors_code_is_taken_where_the_line_has_none(canadian):
    """The vendor's own code taxes the line."""
    [vendor] = canadian.vendors()
    canadian.human.edit("Vendor", vendor.list_id, SalesTaxCodeRef={"FullName": "G"})
    bill(canadian, ("100.00", ""))
    assert canadian.bills()[0].total == Decimal("105.00")


def test_codes_are_read_out(canadian, wrapped):
    """SalesTaxCodeQuery names every code, without the percentage, which only its item has."""
    answer = canadian.process(wrapped("<SalesTaxCodeQueryRq></SalesTaxCodeQueryRq>"))
    assert "<Name>G</Name><IsActive>true</IsActive><IsTaxable>true</IsTaxable><Desc>GST</Desc>" in answer
    assert "PurchaseRate" not in answer


def test_vendors_have_a_currency_only_where_there_are_several(canadian, wrapped):
    """CurrencyRef is refused while the feature is off; then each vendor has its own or the file's."""
    euro = {"FullName": "Euro"}
    with pytest.raises(Refusal):
        canadian.human.add_vendor("Sud", CurrencyRef=euro)
    canadian.human.use_currencies("Canadian Dollar", "Euro")
    canadian.human.add_vendor("Sud", CurrencyRef=euro)
    canadian.human.add_vendor("Ouest")
    answer = canadian.process(wrapped("<VendorQueryRq></VendorQueryRq>"))
    assert answer.count("<FullName>Euro</FullName></CurrencyRef>") == 1
    assert answer.count("<FullName>Canadian Dollar</FullName></CurrencyRef>") == 1
    shown = canadian.process(wrapped("<PreferencesQueryRq></PreferencesQueryRq>"))
    assert "<FullName>Canadian Dollar</FullName></HomeCurrencyRef>" in shown
