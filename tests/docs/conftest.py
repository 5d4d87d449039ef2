"""The documents of the project, and the generator of their tables."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def root():
    """The folder of the project."""
    return HERE.parents[1]


@pytest.fixture(scope="session")
def generated():
    """The script that writes the generated parts of docs/, as a module."""
    spec = importlib.util.spec_from_file_location("qbsync_docs_generated", HERE / "generated.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def pages(root):
    """Every hand-written or generated page, by its path in the project."""
    found = [root / "README.md", root / "CHANGELOG.md", root / "qwc/README.md", *root.glob("docs/**/*.md")]
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in found}


@pytest.fixture(scope="session")
def prose(pages):
    """The pages without what stands between the generator's markers: what a person wrote."""
    block = re.compile(r"<!-- ([a-z-]+): begin -->.*?<!-- \1: end -->", re.DOTALL)
    return {name: block.sub("", text) for name, text in pages.items()}
