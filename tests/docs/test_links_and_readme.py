from __future__ import annotations

import re
import shlex
import tomllib
import unicodedata
from functools import cache
from pathlib import Path

import pytest
import typer.main

from qbsync import __version__
from qbsync.cli import main

COMMAND = re.compile(r"`(?:\.venv/bin/)?(qbsync(?: [^`]+)?)`")
WORD = re.compile(r"[a-z-]+")


@pytest.fixture(scope="module")
def project(root):
    """pyproject.toml."""
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def test_links_between_the_pages_resolve(root, pages):
    """Each link to a file of the project leads to one, and each anchor to a heading of its page."""
    broken, held = [], 0
    for name, text in pages.items():
        for target in re.findall(r"\]\(([^)\s]+)\)", _without_code(text)):
            if re.match(r"[a-z]+:", target):
                continue
            held += 1
            path, _, anchor = target.partition("#")
            page = (root / name).parent / path if path else root / name
            if not page.exists() or (anchor and anchor not in _anchors(page)):
                broken.append(f"{name}: {target}")
    assert held > 50
    assert broken == []


def test_every_page_can_be_reached_from_the_index(root, pages):
    """The index, or README, links to each page of docs/."""
    linked = set(re.findall(r"\]\(([\w/-]+\.md)\)", pages["docs/index.md"]))
    docs = root / "docs"
    assert {path.relative_to(docs).as_posix() for path in docs.glob("**/*.md")} - {"index.md"} == linked


@pytest.mark.parametrize("name", ["demo", "test"])
def test_readme_has_its_two_commands(root, pages, project, name):
    """Between its markers README has one command, and what it installs is there."""
    command = _marked(pages["README.md"], name)
    assert len(command.splitlines()) == 1
    assert "-c requirements.lock" in command
    assert (root / "requirements.lock").is_file()
    for extra in re.findall(r"\[(\w+)\]", command):
        assert extra in project["project"]["optional-dependencies"]
    program = command.split("&&")[-1].strip().split()[0]
    assert program in (".venv/bin/qbsync", ".venv/bin/pytest")


def test_commands_in_readme_and_pages_exist(pages):
    """Each command of qbsync that a page shows exists, and takes the options shown."""
    shown = [(name, command) for name, text in pages.items() for command in _shown(text)]
    assert len(shown) > 40
    assert [(name, command, wrong) for name, command in shown if (wrong := _wrong(command))] == []


def test_commands_that_the_code_advises_exist(root):
    """Each command of qbsync that a message, a page's template or a docstring names exists."""
    found = []
    for path in sorted((root / "qbsync").rglob("*")):
        if path.suffix in (".py", ".html"):
            text = re.sub(r'"\s*\n\s*f?"', "", path.read_text(encoding="utf-8"))
            found += [(path.name, re.sub(r"\{[^}]*\}", "NAME", one)) for one in COMMAND.findall(text)]
    assert len(found) > 20
    assert [(name, command, wrong) for name, command in found if (wrong := _wrong(command))] == []


def test_versions_agree(pages, project):
    """The newest heading of the changelog, the package and pyproject name one version."""
    newest = re.search(r"^## \[?v?(\d+\.\d+\.\d+)", pages["CHANGELOG.md"], re.MULTILINE)
    assert newest is not None
    assert newest[1] == __version__ == project["project"]["version"]


def _marked(text, name):
    block = re.search(rf"<!-- {name} -->\n(.*?)<!-- end -->", text, re.DOTALL)
    assert block is not None
    return re.fullmatch(r"```sh\n(.*?)\n```", block[1].strip(), re.DOTALL)[1]


def _shown(text):
    """Commands in code spans, and lines of code that begin with one."""
    yield from (" ".join(one.split()) for one in COMMAND.findall(_without_blocks(text)))
    for block in re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        for line in re.sub(r"\n {4}", " ", block).splitlines():
            yield from re.findall(r"(?:^|/)(qbsync .*)", line)


def _wrong(command):
    """The first word of a command that qbsync does not know; empty where it knows all."""
    words = shlex.split(re.sub(r"[\[\]]|\.\.\.", " ", command))[1:]
    group = _qbsync()
    options = {opt for one in group.params for opt in one.opts} | {"--help"}
    for word in words:
        if word.startswith("-"):
            if word not in options:
                return word
        elif hasattr(group, "commands") and word in group.commands:
            group = group.commands[word]
            options = {opt for one in group.params for opt in one.opts} | {"--help"}
        elif hasattr(group, "commands") and "write" in group.commands:
            group = group.commands["write"]  # qwc NAME
            options = {opt for one in group.params for opt in one.opts} | {"--help"}
        elif hasattr(group, "commands") and WORD.fullmatch(word):
            return word
    return ""


@cache
def _qbsync():
    return typer.main.get_command(main.app)


def _without_blocks(text):
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


def _without_code(text):
    return re.sub(r"`[^`\n]+`", "", _without_blocks(text))


def _anchors(page: Path):
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", _without_blocks(page.read_text(encoding="utf-8")), re.MULTILINE)
    return {_slug(heading) for heading in headings}


def _slug(heading):
    kept = (c for c in heading.lower() if c in " -_" or unicodedata.category(c)[0] in "LN")
    return "".join(kept).replace(" ", "-")
