from __future__ import annotations

import ast

import pytest

from qbsync.guidance.hresults import HRESULTS
from qbsync.guidance.lookup import STATUSES
from qbsync.simulator.quickbooks.hresults import HResult


@pytest.fixture(scope="module")
def simulated(root):
    """The syntax of each module of the simulated QuickBooks."""
    folder = root / "qbsync/simulator/quickbooks"
    return {path.name: ast.parse(path.read_text(encoding="utf-8")) for path in folder.glob("*.py")}


def test_guidance_covers_every_status_that_the_simulator_can_give(simulated):
    """Each status code that the simulated QuickBooks answers with has advice."""
    codes = {
        _number(argument)
        for tree in simulated.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _called(node) in ("Status", "Refusal")
        for argument in _code_of(node)
    }
    assert {0, 1, 3100, 3200} <= codes
    assert [code for code in sorted(codes) if str(code) not in STATUSES] == []


def test_guidance_covers_every_message_set_status_that_the_simulator_can_give(simulated):
    """Each messageSetStatusCode of the simulated store of answers has advice."""
    numbers = {
        node.value
        for node in ast.walk(simulated["message_sets.py"])
        if isinstance(node, ast.Constant) and isinstance(node.value, int) and node.value >= 600
    }
    assert {600, 9001} <= numbers
    assert [code for code in sorted(numbers) if str(code) not in STATUSES] == []


def test_guidance_covers_every_hresult_that_the_simulator_can_give():
    """Each HRESULT of the simulated QuickBooks has advice."""
    assert [code.value for code in HResult if code.value not in HRESULTS] == []


def _called(node):
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _code_of(node):
    """The first argument, or the one called code, where it is written as a number."""
    named = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
    return [one for one in [*node.args[:1], *named] if _number(one) is not None]


def _number(node):
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, int) else None
