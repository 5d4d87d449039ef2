"""The source of the package as syntax trees."""

from __future__ import annotations

import ast
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One file of the package."""

    path: str
    text: str
    tree: ast.Module


@pytest.fixture(scope="session")
def root():
    """The folder of the project."""
    return ROOT


@pytest.fixture(scope="session")
def modules():
    """Every module of qbsync/."""
    found = []
    for path in sorted((ROOT / "qbsync").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        found.append(Module(path=path.relative_to(ROOT).as_posix(), text=text, tree=ast.parse(text)))
    return found


@pytest.fixture(scope="session")
def functions(modules):
    """Every function of qbsync/ with the path and line where it stands."""
    return [
        (f"{module.path}:{node.lineno} {node.name}", node)
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


@pytest.fixture(scope="session")
def files():
    """Every file that belongs to the project: those git knows or would take, else all that is not hidden."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0 and listed.stdout:
        return [
            ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()
        ]
    hidden = (path for path in ROOT.rglob("*") if path.is_file())
    return [path for path in hidden if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)]
