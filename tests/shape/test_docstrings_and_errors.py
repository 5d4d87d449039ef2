from __future__ import annotations

import ast
import inspect

from qbsync import errors
from qbsync.errors import QbsyncError, Recovery

WORDS_OF_A_PROBLEM = "ValueProblem"
"""Carries a value's fault to the check that lists it; no caller of qbxml ever meets it."""


def test_every_module_has_a_sentence(modules):
    """Each module begins with a docstring whose first line is a sentence."""
    assert [one.path for one in modules if not _is_sentence(one.tree)] == []


def test_every_public_object_has_a_sentence(modules):
    """Each public class, function and method has a docstring whose first line is a sentence."""
    mute = [f"{one.path}:{node.lineno} {node.name}" for one in modules for node in _public(one.tree)]
    assert len(mute) > 400
    found = [
        f"{one.path}:{node.lineno} {node.name}"
        for one in modules
        for node in _public(one.tree)
        if not _is_sentence(node)
    ]
    assert found == []


def test_every_error_ends_in_error_and_has_a_recovery():
    """Each class of the tree is called an error, and states what should happen next."""
    every = list(_below(QbsyncError))
    assert len(every) >= 20
    for cls in every:
        assert cls.__name__.endswith("Error")
        assert isinstance(cls.recovery, Recovery)
        assert cls.exit_code > 0


def test_every_error_of_ours_is_in_the_one_tree(modules):
    """No public class outside errors.py, the simulator excepted, is an exception of its own."""
    found = [
        f"{one.path} {node.name}"
        for one in modules
        if not one.path.startswith(("qbsync/errors.py", "qbsync/simulator/"))
        for node in ast.walk(one.tree)
        if isinstance(node, ast.ClassDef) and not node.name.startswith(("_", WORDS_OF_A_PROBLEM))
        for above in node.bases
        if isinstance(above, ast.Name) and above.id.endswith(("Error", "Exception"))
    ]
    assert found == []


def test_the_tree_in_the_docstring_is_the_tree():
    """The drawing at the head of errors.py shows each class below its parent."""
    drawn: dict[str, str] = {}
    stack: list[str] = []
    for line in inspect.getdoc(errors).splitlines():
        words = line.lstrip("│├└─ ").split()
        if words and words[0].endswith("Error") and (stack or words[0] == QbsyncError.__name__):
            depth = (len(line) - len(line.lstrip("│├└─ "))) // 4 - 1
            stack[depth:] = [words[0]]
            drawn[words[0]] = stack[depth - 1] if depth else ""
    real = {cls.__name__: cls.__base__.__name__ for cls in _below(QbsyncError)}
    assert drawn == {**real, QbsyncError.__name__: ""}


def _public(tree):
    """Public classes and functions, those inside functions and private classes left out."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if node.name.startswith("_") or _is_declared_only(node):
                continue
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _public(node)


def _is_declared_only(node):
    """A protocol's read-only field: a property of dots, described by its class."""
    return (
        isinstance(node, ast.FunctionDef)
        and len(node.body) == 1
        and isinstance(node.body[0], ast.Expr)
        and isinstance(node.body[0].value, ast.Constant)
        and node.body[0].value.value is ...
        and any(isinstance(one, ast.Name) and one.id == "property" for one in node.decorator_list)
    )


def _is_sentence(node):
    said = ast.get_docstring(node)
    return bool(said) and said.splitlines()[0].endswith(".")


def _below(cls):
    yield cls
    for child in cls.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _below(child)
