from __future__ import annotations

import statistics
from pathlib import Path

import pytest

LONGEST_FUNCTION = 60
LONGEST_MODULE = 400
MEDIAN_FUNCTION = 12
MOST_BY_POSITION = 6
FORBIDDEN = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "core", "misc"}
BY_PROTOCOL = ("qbsync/cli/", "qbsync/soap/service.py")
"""Typer's commands are called by name, SOAP's operations by the Web Connector."""


def test_no_function_is_longer_than_sixty_lines(functions):
    """Each function of qbsync fits on a screen."""
    assert [where for where, node in functions if _length(node) > LONGEST_FUNCTION] == []


def test_the_median_function_is_short(functions):
    """Half of all functions have at most twelve lines."""
    assert len(functions) > 500
    assert statistics.median(_length(node) for _, node in functions) <= MEDIAN_FUNCTION


def test_no_module_is_longer_than_four_hundred_lines(modules):
    """Each module of qbsync can be read in one sitting."""
    assert [one.path for one in modules if len(one.text.splitlines()) > LONGEST_MODULE] == []


def test_few_arguments_go_by_position(functions):
    """No function takes more than six arguments by position, but where a protocol says so."""
    assert [
        where
        for where, node in functions
        if not where.startswith(BY_PROTOCOL) and _by_position(node) > MOST_BY_POSITION
    ] == []


def test_no_file_has_a_name_that_says_nothing(root, files):
    """No word in a Python file's name or folders is utils, helpers, common, manager, base or core."""
    paths = [path.relative_to(root) for path in files if path.suffix == ".py"]
    assert len(paths) > 500
    assert [str(path) for path in paths if _empty_words(path)] == []


@pytest.mark.parametrize(
    "path", ["qbsync/utils.py", "qbsync/core/links.py", "tests/flows/test_helpers.py", "tests/base_case.py"]
)
def test_a_word_that_says_nothing_is_found(path):
    """It is found among other words of a name too, and in tests."""
    assert _empty_words(Path(path))


def test_nothing_is_left_to_do(modules):
    """No comment puts work off."""
    marks = ("TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK")
    assert [one.path for one in modules if any(mark in one.text for mark in marks)] == []


def _empty_words(path):
    return FORBIDDEN & {word for part in path.with_suffix("").parts for word in part.split("_")}


def _length(node):
    return node.end_lineno - node.lineno + 1


def _by_position(node):
    names = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
    return len(names) - (names[:1] in (["self"], ["cls"]))
