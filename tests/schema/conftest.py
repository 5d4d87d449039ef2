"""Intuit's sample and the independent validator beside it, found by QBSYNC_INTUIT_SCHEMA."""

from __future__ import annotations

import importlib.util
import os
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

EDITIONS = {"US": "QBD", "CA": "QBCA", "UK": "QBUK", "AU": "QBAU"}


def load(name, path):
    """A module from a file that is no part of a package."""
    spec = importlib.util.spec_from_loader(name, SourceFileLoader(name, str(path)))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = written
    return module


@pytest.fixture(scope="session")
def intuit():
    """The folder with Intuit's files."""
    folder = os.environ.get("QBSYNC_INTUIT_SCHEMA")
    if not folder:
        pytest.skip("QBSYNC_INTUIT_SCHEMA does not name the folder with Intuit's qbxmlops130.xml")
    return Path(folder)


@pytest.fixture(scope="session")
def derive_facts():
    """The script that writes facts.json, as a module."""
    return load("derive_facts", Path(__file__).with_name("derive_facts.py"))


@pytest.fixture(scope="session")
def witness(intuit):
    """The independent validator, one for each edition by our name for it."""
    path = intuit.parent / "bin" / "check-qbxml"
    if not path.exists():
        pytest.skip("the validator check-qbxml is not beside Intuit's files")
    module = load("check_qbxml", path)
    return {ours: module.Schema(intuit / "qbxmlops130.xml", theirs) for ours, theirs in EDITIONS.items()}
