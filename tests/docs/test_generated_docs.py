from __future__ import annotations

import ast
import re
from dataclasses import fields

import pytest

from qbsync.cli.output import Exit
from qbsync.errors import QbsyncError
from qbsync.model.jobs import JobEvent, JobState
from qbsync.model.options import Options
from qbsync.settings import Settings


@pytest.fixture(scope="module")
def parts(generated, pages):
    """What each page has between the generator's markers."""
    return {name: generated.part(pages[f"docs/{page}"], name) for page, name in generated.BLOCKS}


def test_generated_parts_are_what_the_code_says(generated, pages):
    """Each generated part equals what the generator makes now; `python tests/docs/generated.py` mends it."""
    differing = [
        (page, name)
        for (page, name), make in generated.BLOCKS.items()
        if generated.part(pages[f"docs/{page}"], name) != make().strip("\n")
    ]
    assert differing == []


def test_no_page_has_markers_that_the_generator_does_not_know(generated, pages):
    """Whatever stands between begin and end markers in docs/ is written by the generator."""
    found = {
        (page.removeprefix("docs/"), name)
        for page, text in pages.items()
        if page.startswith("docs/")
        for name in re.findall(r"<!-- ([a-z-]+): begin -->", text)
    }
    assert found == set(generated.BLOCKS)


def test_every_command_and_option_is_documented(generated, parts):
    """Each command has a heading, and each of its arguments, options and variables a row below it."""
    sections = dict(
        re.findall(r"^### (qbsync [^\n]*)\n(.*?)(?=^##|\Z)", parts["commands"], re.DOTALL | re.MULTILINE)
    )
    leaves = dict(generated.leaves())
    assert set(sections) == set(leaves)
    assert len(leaves) > 30
    for name, command in leaves.items():
        for one in command.params:
            words = one.opts if one.opts[0].startswith("-") else [one.name.upper()]
            assert all(f"`{word}`" in sections[name] for word in words), (name, words)
            if getattr(one, "envvar", None):
                assert f"`{one.envvar}`" in sections[name]


def test_every_exit_code_is_documented(parts):
    """Each exit code has a row with its number."""
    assert _first_cells(parts["exit-codes"]) == [str(code.value) for code in Exit]


def test_every_setting_is_documented(parts):
    """Each setting has a row with its variable."""
    assert _first_cells(parts["settings"]) == [f"`QBSYNC_{name.upper()}`" for name in Settings.model_fields]


def test_every_option_of_a_connection_is_documented(parts):
    """Each option has one row, in the part for this release or in that for later ones."""
    assert sorted(_first_cells(parts["options"])) == sorted(f"`{one.name}`" for one in fields(Options))


def test_an_option_said_to_act_is_read_and_one_for_later_is_not(generated, root):
    """The documents say of each option truly whether any code reads it."""
    read = set()
    for path in (root / "qbsync").rglob("*.py"):
        if path.relative_to(root).as_posix() == "qbsync/model/options.py":
            tree = ast.parse(path.read_text(encoding="utf-8"))
            accepts = next(
                n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == "accepts"
            )
            nodes = ast.walk(accepts)
        else:
            nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        read |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    acting = {name for name, words in generated.WORDS.OPTIONS.items() if words[1] == generated.WORDS.NOW}
    assert {one.name for one in fields(Options)} & read == acting


def test_every_state_and_event_is_documented(parts):
    """Each state and each event has a row, and each state stands in the diagram."""
    assert _first_cells(parts["states"]) == [f"`{state.value}`" for state in JobState]
    assert _first_cells(parts["events"]) == [f"`{event.value}`" for event in JobEvent]
    in_diagram = set(re.findall(r"^ +(\w+) -->", parts["diagram"], re.MULTILINE))
    assert in_diagram == {state.value for state in JobState}


def test_every_class_of_error_is_documented(parts):
    """Each class of the tree has a row with its recovery and its exit code."""
    for cls in _tree(QbsyncError):
        [row] = [line for line in parts["errors"].splitlines() if f"`{cls.__name__}`" in line]
        assert row.endswith(f"| `{cls.recovery.value}` | {int(cls.exit_code)} |")


def test_every_metric_is_documented_and_alerts_name_no_other(generated, parts, prose):
    """The sample alerts use metrics that exist, and only labels that the metric has."""
    labels = {cells[0].strip("`"): cells[2] for cells in map(_cells, parts["metrics"].splitlines()[2:])}
    assert len(labels) >= 6
    for expression in re.findall(r"expr: (.*)", prose["docs/metrics.md"]):
        named = re.findall(r"(qbsync_\w+)(?:\{(\w+)=)?", expression)
        assert named
        for metric, label in named:
            assert metric in labels
            assert not label or f"`{label}`" in labels[metric]
    assert generated.metrics() == parts["metrics"]


def test_the_generator_mends_a_page_that_differs(generated, tmp_path, root):
    """A page with an old part is brought up to date, and what a person wrote around it stays."""
    (tmp_path / "workflows").mkdir()
    for page in {page for page, _ in generated.BLOCKS}:
        (tmp_path / page).write_text((root / "docs" / page).read_text(encoding="utf-8"), encoding="utf-8")
    errors = tmp_path / "errors.md"
    good = errors.read_text(encoding="utf-8")
    errors.write_text(good.replace("`WrongCompanyError` |", "`SomeOtherError` |", 1), encoding="utf-8")
    generated.rewrite(tmp_path)
    assert errors.read_text(encoding="utf-8") == good


def _first_cells(part):
    rows = [line for line in part.splitlines() if line.startswith("| ")]
    headers = ("Code", "Variable", "Option", "State", "Event", "---")
    return [cell for cell in (_cells(row)[0] for row in rows) if cell not in headers]


def _cells(row):
    return [cell.strip() for cell in row.strip("| ").split(" | ")]


def _tree(cls):
    yield cls
    for child in cls.__subclasses__():
        yield from _tree(child)
