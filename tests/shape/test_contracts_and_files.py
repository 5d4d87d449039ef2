from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest

LAYERS = [
    "cli",
    "app",
    "settings",
    "soap | ops",
    "flows",
    "store | procore | session | qwc | mapping",
    "qbxml",
    "model",
    "guidance",
    "errors",
]
PURE = ("errors", "guidance", "model", "qbxml", "mapping", "session", "qwc")
OF_A_MACHINE = tuple(f"/{name}/" for name in ("work", "root", "home"))
REGISTRIES = tuple(
    f"{name}.{end}" for name, end in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "com"))
)


@pytest.fixture(scope="module")
def project(root):
    """pyproject.toml."""
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def test_import_contracts_hold(root, tmp_path):
    """Import-linter finds no broken contract."""
    program = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("import-linter is not installed here; .ci/run checks the contracts with it.")
    command = [program, "--config", str(root / "pyproject.toml"), "--cache-dir", str(tmp_path)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_contracts_are_the_designs(project):
    """The order of the layers in pyproject.toml is the one that the design names."""
    contracts = {one["name"]: one for one in project["tool"]["importlinter"]["contracts"]}
    layers = [layer for layer in contracts["One way down"]["layers"] if layer != "__main__"]
    assert layers == LAYERS
    pure = contracts["The pure core does no I/O"]
    assert set(pure["source_modules"]) == {f"qbsync.{name}" for name in PURE}


def test_the_pure_packages_know_no_clock_and_no_environment(modules):
    """No pure module asks for the time, for randomness, or for a variable of the environment."""
    asking = re.compile(
        r"\b(datetime\.now|date\.today|time\.time|uuid4|random\.|secrets\.|os\.environ|getenv)"
    )
    pure = [one for one in modules if one.path.split("/")[1].removesuffix(".py") in PURE]
    assert len(pure) > 30
    assert [one.path for one in pure if asking.search(one.text)] == []


def test_no_file_names_a_path_of_some_machine(files, root):
    """No file of the project names a folder of the machine it was written on."""
    assert _with(files, root, OF_A_MACHINE) == []


def test_no_file_names_the_host_of_a_package_registry(files, root):
    """No file of the project names a registry, neither a public one nor the one this machine uses."""
    hosts = {urlsplit(os.environ.get(name, "")).hostname for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL")}
    assert _with(files, root, (*REGISTRIES, *(host for host in hosts if host))) == []


def test_what_is_not_python_travels_in_the_wheel(root, project, files):
    """The wheel takes the whole package, and the migrations into it; nothing it needs is ignored by git."""
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["packages"] == ["qbsync"]
    assert wheel["force-include"]["migrations"] == "qbsync/_migrations"
    names = {path.relative_to(root).as_posix() for path in files}
    assert names >= set(_needed(root))


def test_a_wheel_holds_migrations_facts_and_templates(root, tmp_path):
    """A wheel that is built here holds each migration, the schema facts and the pages' templates."""
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("hatchling is not installed here, and nothing is fetched for a test.")
    build = f"from hatchling.build import build_wheel; print(build_wheel({str(tmp_path)!r}))"
    done = subprocess.run([sys.executable, "-c", build], cwd=root, capture_output=True, text=True, check=True)
    with zipfile.ZipFile(tmp_path / done.stdout.split()[-1]) as wheel:
        names = set(wheel.namelist())
    inside = {re.sub(r"^migrations/", "qbsync/_migrations/", name) for name in _needed(root)}
    assert names >= inside


def _needed(root):
    """Files that qbsync reads at run time, beside its Python."""
    found = [
        *(root / "migrations/versions").glob("*.py"),
        root / "migrations/env.py",
        root / "qbsync/qbxml/facts.json",
        *(root / "qbsync/ops/templates").glob("*.html"),
        *(path for path in (root / "qbsync/ops/static").glob("*") if path.is_file()),
    ]
    assert len(found) > 10
    return [path.relative_to(root).as_posix() for path in found]


def _with(files, root, words):
    found = []
    for path in files:
        data = path.read_bytes()
        found += [f"{path.relative_to(root)}: {word}" for word in words if word.encode() in data]
    return found
