from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qbsync.cli import demo_report
from qbsync.cli.demo_company import Company
from qbsync.cli.output import Exit
from qbsync.flows.reconciliation import Figures, reconcile
from qbsync.model.feeds import Feed
from qbsync.simulator.ledger import Difference, differences
from qbsync.simulator.world import build_world
from qbsync.store import connections
from qbsync.store.tables import ConnectionRow

CENT = Decimal("0.01")


@dataclass(frozen=True)
class View:
    """A company file with one list replaced."""

    company: object
    changed: dict[str, Sequence[object]]

    def __getattr__(self, name: str) -> Callable[[], Sequence[object]]:
        """The list of that name, replaced or the company's own."""
        return lambda: self.changed[name] if name in self.changed else getattr(self.company, name)()


@pytest.mark.parametrize("feed", ["direct", "erp"])
def test_demo_runs_to_the_end_and_exits_with_0(tmp_path: Path, feed: str) -> None:
    """`qbsync demo --once` syncs the whole company and its story, shows it, and keeps its messages."""
    kept = str(tmp_path / "kept")
    done = subprocess.run(
        [sys.executable, "-m", "qbsync", "demo", "--once", "--feed", feed, "--keep", kept],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 differences" in done.stdout
    assert re.search(r"^\d+ calls to Procore; \d+ seconds from start to end\.$", done.stdout, re.MULTILINE)
    ledger = done.stdout.partition("Ledger")[2]
    counted = {
        name: int(number) for name, number in re.findall(r"^ ([a-z ]+?) {2,}(\d+) ", ledger, re.MULTILINE)
    }
    assert (counted["commitment"], counted["change order"], counted["budget"]) == (40, 25, 5)
    assert counted["invoice"] >= 80
    assert counted["payment"] > 0
    answered = re.search(r"(\d+) of (\d+) request details closed exactly once", done.stdout)
    assert (answered is not None) == (feed == "erp")
    assert answered is None or answered[1] == answered[2]
    assert list((tmp_path / "kept" / "messages").glob("*.xml"))


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """A small company after the whole story; a test that alters it puts it right again."""
    small = build_world(cost_codes=6, vendors=5, projects=1, commitments=6)
    with Company(tmp_path_factory.mktemp("company"), port=0, world=small) as made:
        made.run(lambda _words: None)
        yield made


@pytest.fixture(scope="module")
def erp_company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """A small company whose story was told through Procore's ERP tool."""
    small = build_world(cost_codes=6, vendors=5, projects=1, commitments=6)
    with Company(tmp_path_factory.mktemp("erp"), port=0, world=small, feed=Feed.ERP) as made:
        made.run(lambda _words: None)
        yield made


def test_the_story_told_through_the_erp_tool_leaves_no_difference(erp_company: Company, capsys) -> None:
    """Each request detail is closed once after its ids; payments, figures, imports and unlinks are there."""
    assert demo_report.show(erp_company) is Exit.OK
    answered = re.search(r"(\d+) of (\d+) request details closed exactly once", capsys.readouterr().out)
    assert answered is not None
    assert answered[1] == answered[2]
    tool = erp_company.procore.state.erp
    assert tool.violations == []
    assert {one.name for one in tool.events} >= {
        "create_standard_cost_codes", "create_vendor", "create_or_update_job", "create_budget",
        "update_budget", "create_commitment", "create_commitment_change_order", "create_requisitions",
        "create_contract_payment", "sync_vendors", "sync_jobs", "sync_contract_payments", "link_vendor",
        "create_vendor_in_procore", "create_job_in_procore", "sync_single_job", "unlink_commitment",
        "unlink_requisition",
    }  # fmt: skip


def test_an_altered_external_data_id_is_a_difference(erp_company: Company) -> None:
    """The id of one commitment line, of an invoice's item or of a payment altered in Procore: exit 3."""
    state = erp_company.procore.state
    payment = state.payments.all()[0]
    places = [
        ("line_item", state.lines(state.commitments()[0].id)[0].id),
        ("requisition_contract_item", state.invoices.items(state.invoices.all()[0].id)[0].id),
        (payment.item_type, payment.id),
    ]
    for place in places:
        told = state.erp.holders.find(*place).origin_id
        state.erp.holders.write(*place, origin_id=None)
        assert demo_report.show(erp_company) is Exit.CHECK_FAILED, place
        state.erp.holders.write(*place, origin_id=told)
    assert demo_report.show(erp_company) is Exit.OK


def test_a_detail_closed_twice_or_left_open_is_a_difference(erp_company: Company) -> None:
    """A second close of one request detail, or one that nobody closed, makes the demo exit with 3."""
    tool = erp_company.procore.state.erp
    detail = tool.tables.details.live()[0]
    tool.close(detail.id, "success", ())
    assert demo_report.show(erp_company) is Exit.CHECK_FAILED
    tool.closings.pop()
    tool.violations.clear()
    tool.tables.details.edit(detail.id, status="in progress")
    assert demo_report.show(erp_company) is Exit.CHECK_FAILED
    tool.tables.details.edit(detail.id, status=detail.status)
    assert demo_report.show(erp_company) is Exit.OK


def test_the_calls_to_procore_are_shown_by_endpoint(company: Company, capsys) -> None:
    """Each endpoint that the simulated Procore was asked stands there with its count, and their sum."""
    demo_report.show_calls(company, 12.3)
    shown = capsys.readouterr().out
    rows = re.findall(r"^ *(\d+)  ([A-Z]+ \S+)$", shown, re.MULTILINE)
    assert {endpoint: int(count) for count, endpoint in rows} == dict(company.procore.calls)
    assert f"{company.procore.calls.total()} calls to Procore; 12 seconds" in shown


def test_equal_ledgers_are_no_difference(company: Company) -> None:
    """After a run in which nobody meddled the demo exits with 0."""
    assert demo_report.show(company) is Exit.OK


def test_an_altered_line_is_a_difference(company: Company) -> None:
    """One purchase order line changed in QuickBooks by a cent makes the demo exit with 3."""
    order = company.file.purchase_orders()[0]
    lines = [{"TxnLineID": line.txn_line_id} for line in order.lines]
    before = order.lines[-1].amount

    def come_to(amount: Decimal) -> None:
        changed = {**lines[-1], "Quantity": "1", "Rate": str(amount), "Amount": str(amount)}
        company.file.human.edit_purchase_order(order.txn_id, PurchaseOrderLineMod=[*lines[:-1], changed])

    come_to(before + CENT)
    assert demo_report.show(company) is Exit.CHECK_FAILED
    come_to(before)
    assert demo_report.show(company) is Exit.OK


def test_an_altered_origin_id_is_a_difference(company: Company) -> None:
    """One id changed in Procore makes the demo exit with 3."""
    vendor = company.procore.state.vendors()[0]
    company.procore.state.edit_vendor(vendor.id, origin_id="80000000-1")
    assert demo_report.show(company) is Exit.CHECK_FAILED
    company.procore.state.edit_vendor(vendor.id, origin_id=vendor.origin_id)
    assert demo_report.show(company) is Exit.OK


def _first_line(row: Any, **changes: object) -> object:
    first, *others = row.lines
    return replace(row, lines=(replace(first, **changes), *others))


ALTERED = {
    "an estimate's line by a cent": (
        "estimates",
        lambda row: _first_line(row, amount=row.lines[0].amount + CENT),
    ),
    "an estimate on another job": ("estimates", lambda row: replace(row, customer_id="X")),
    "a bill's line by a cent": ("bills", lambda row: _first_line(row, amount=row.lines[0].amount + CENT)),
    "a bill's total by a cent": ("bills", lambda row: replace(row, total=row.total + CENT)),
    "a bill of another vendor": ("bills", lambda row: replace(row, vendor_id="X")),
    "a bill's line without its order": ("bills", lambda row: _first_line(row, order_line="")),
    "a bill's number": ("bills", lambda row: replace(row, ref_number="X")),
    "a bill's job": ("bills", lambda row: _first_line(row, customer_id="X")),
    "a payment by a cent": (
        "payments",
        lambda row: replace(row, applied=tuple((bill, amount + CENT) for bill, amount in row.applied)),
    ),
    "a check's line by a cent": (
        "costs",
        lambda row: _first_line(row, amount=row.lines[0].amount + CENT),
    ),
    "a payment's id": ("payments", lambda row: replace(row, txn_id="X")),
}


@pytest.mark.parametrize("what", ALTERED)
def test_altered_money_is_a_difference(company: Company, what: str) -> None:
    """What differs by a cent, a job, a vendor, a number or an id is seen, and so is what is missing."""
    name, alter = ALTERED[what]
    first, *_ = [row for row in getattr(company.file, name)() if _is_ours(row)]
    assert not _differences(company, company.file)
    rest = [row for row in getattr(company.file, name)() if row.txn_id != first.txn_id]
    for changed in ([alter(first), *rest], rest):
        view = View(company.file, {name: changed})
        assert _differences(company, view)


def _is_ours(row: object) -> bool:
    """Whether qbsync made it, or Procore hears of it: no bill that a person typed, nor its payment."""
    applied = getattr(row, "applied", None)
    return bool(getattr(row, "external_guid", True)) if applied is None else len(applied) > 1


def _differences(company: Company, view: object) -> list[Difference]:
    return differences(
        company.procore.state,
        view,  # type: ignore[arg-type]
        chosen=demo_report.spelled(company),
        **demo_report.judged(company),
    )


def test_costs_are_reconciled_with_procore_as_it_is(company: Company) -> None:
    """`qbsync costs` finds both sides equal, and names the cost code and the check once one side changes."""
    assert not [one for one in _reconciled(company) if one.difference]
    costs = company.procore.state.direct_costs
    line = costs.lines(costs.all()[0].id)[0]
    costs.line_table.edit(line.id, amount=line.amount + CENT)
    [different] = [one for one in _reconciled(company) if one.difference]
    assert different.difference == -CENT
    assert different.behind
    costs.line_table.edit(line.id, amount=line.amount)


def _row(company: Company) -> ConnectionRow:
    with company.app.database.read() as tx:
        return connections.get(tx, company.connection_id)


def _reconciled(company: Company) -> list[Figures]:
    company.app.read_costs(_row(company).name)
    with company.app.database.read() as tx:
        return reconcile(tx, _row(company))
