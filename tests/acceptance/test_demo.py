from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from qbsync.cli import demo_report
from qbsync.cli.demo_company import Company
from qbsync.cli.output import Exit
from qbsync.simulator.world import build_world


def test_demo_runs_to_the_end_and_exits_with_0(tmp_path: Path) -> None:
    """`qbsync demo --once` syncs the whole company, shows it, and its messages are kept."""
    done = subprocess.run(
        [sys.executable, "-m", "qbsync", "demo", "--once", "--keep", str(tmp_path / "kept")],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 differences" in done.stdout
    assert "333 staged" in done.stderr
    assert list((tmp_path / "kept" / "messages").glob("*.xml"))


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """A small company, synced."""
    small = build_world(cost_codes=6, vendors=5, projects=1, commitments=3)
    made = Company(tmp_path, port=0, world=small)
    with made:
        made.run(lambda _words: None)
        yield made


def test_equal_ledgers_are_no_difference(company: Company) -> None:
    """After a run in which nobody meddled the demo exits with 0."""
    assert demo_report.show(company) is Exit.OK


def test_an_altered_line_is_a_difference(company: Company) -> None:
    """One purchase order line changed in QuickBooks by a cent makes the demo exit with 3."""
    order = company.file.purchase_orders()[0]
    company.file.human.delete("PurchaseOrder", order.txn_id)
    first, *rest = [
        (line.item_name, line.description, line.amount + (Decimal("0.01") if place == 0 else 0))
        for place, line in enumerate(order.lines)
    ]
    company.file.human.add_purchase_order(order.vendor_name, [first, *rest], ref_number=order.ref_number)
    assert demo_report.show(company) is Exit.CHECK_FAILED


def test_an_altered_origin_id_is_a_difference(company: Company) -> None:
    """One id changed in Procore makes the demo exit with 3."""
    vendor = company.procore.state.vendors()[0]
    company.procore.state.edit_vendor(vendor.id, origin_id="80000000-1")
    assert demo_report.show(company) is Exit.CHECK_FAILED
