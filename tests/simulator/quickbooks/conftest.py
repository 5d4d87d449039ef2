"""A company file with a clock that stands still until told, and short ways to ask it things."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest
from lxml import etree

from qbsync.simulator.quickbooks import CompanyFile


class StandingClock:
    """A local clock that moves only when a test says so."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, 30, tzinfo=timezone(timedelta(hours=-8)))

    def __call__(self) -> datetime:
        """The time now."""
        return self.now

    def tick(self, seconds: int = 1) -> None:
        """Move on."""
        self.now += timedelta(seconds=seconds)


def wrapped(body: str, *, version: str = "13.0", on_error: str = "continueOnError", **attributes: str) -> str:
    """A complete request message around some requests."""
    extra = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return (
        f'<?xml version="1.0" encoding="utf-8"?><?qbxml version="{version}"?>'
        f'<QBXML><QBXMLMsgsRq onError="{on_error}"{extra}>{body}</QBXMLMsgsRq></QBXML>'
    )


@pytest.fixture(name="wrapped")
def wrapped_fixture() -> Callable[..., str]:
    """The function that puts requests into a message."""
    return wrapped


@pytest.fixture
def clock() -> StandingClock:
    """A clock that stands at 9:30 on 2 March 2026, eight hours behind UTC."""
    return StandingClock()


@pytest.fixture
def company(clock: StandingClock) -> CompanyFile:
    """A company with accounts, an item, a customer with a job and a vendor."""
    company = CompanyFile.open(clock=clock)
    company.human.add_account("Construction Income", "Income")
    company.human.add_account("Job Costs", "CostOfGoodsSold")
    company.human.add_account("Inventory Asset", "OtherCurrentAsset")
    company.human.add_service_item("01", account="Construction Income", expense_account="Job Costs")
    company.human.add_customer("Vortex")
    company.human.add_customer("Plaza", parent="Vortex")
    company.human.add_vendor("ACME")
    return company


@pytest.fixture
def ask(company: CompanyFile) -> Callable[..., etree._Element]:
    """Sends requests in a message of their own and answers the QBXMLMsgsRs."""

    def send(body: str, **attributes: str) -> etree._Element:
        return etree.fromstring(company.process(wrapped(body, **attributes)).encode())[0]

    return send


@pytest.fixture
def code(ask: Callable[..., etree._Element]) -> Callable[[str], int]:
    """Sends one request and answers its statusCode."""
    return lambda body: int(ask(body)[0].get("statusCode"))
