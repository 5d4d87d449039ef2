"""Writes the parts of docs/ that follow from the code, between their markers.

    python tests/docs/generated.py

rewrites the pages in place; the tests beside this file compare.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import itertools
import re
import tempfile
import textwrap
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import UTC, datetime
from enum import Enum
from functools import partial
from pathlib import Path

import typer.main

from qbsync import errors
from qbsync.cli import main
from qbsync.cli.output import Exit
from qbsync.errors import QbsyncError
from qbsync.flows.review import CHOICES
from qbsync.mapping.fields import FIELDS, FieldTable
from qbsync.model.feeds import Feed
from qbsync.model.jobs import TRANSITIONS, JobEvent, JobState
from qbsync.model.offers import TRANSITIONS as OFFER_TRANSITIONS, OfferEvent, OfferState
from qbsync.model.options import Options, defaults
from qbsync.model.records import RecordKind
from qbsync.ops.metrics import DatabaseCollector
from qbsync.procore.erp.paths import ENDPOINTS
from qbsync.procore.erp.told import TOLD as ERP_TOLD
from qbsync.procore.told import TOLD
from qbsync.procore.writebacks import Target
from qbsync.qbxml.limits import max_length
from qbsync.settings import Settings
from qbsync.store import schema
from qbsync.store.engine import Database

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "qbsync"
_WIDTH = 112
_HELD = "\N{SYMBOL FOR SPACE}"
"""Stands for a space at which a line may not be broken."""


def _words() -> types.ModuleType:
    """The words beside the code's, which lie in a file of their own."""
    spec = importlib.util.spec_from_file_location("qbsync_docs_words", Path(__file__).with_name("words.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


WORDS = _words()


def table(*header: str, rows: list[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [_row(header), _row(tuple("---" for _ in header)), *(_row(row) for row in rows)]
    return "\n".join(lines)


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(" ".join(cell.replace("|", "&#124;").split()) for cell in cells) + " |"


def member_words(source: object) -> dict[str, str]:
    """The string that stands after each field of a class, by the field's name."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(source)))
    body = tree.body[0].body
    found = {}
    for node, following in itertools.pairwise(body):
        if isinstance(node, ast.AnnAssign | ast.Assign) and _is_string(following):
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            found[target.id] = inspect.cleandoc(following.value.value)
    return found


def _is_string(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


# Commands


def leaves() -> Iterator[tuple[str, object]]:
    """Every command that can be given, by its full name."""
    yield from _leaves(typer.main.get_command(main.app), "qbsync")


def _leaves(command: object, name: str) -> Iterator[tuple[str, object]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield name, command
        return
    for word in sorted(below):
        # `qwc NAME` writes a file: the word `write` is never typed.
        yield from _leaves(below[word], name if below[word].hidden else f"{name} {word}")


def options_of(command: object) -> list[object]:
    """The options of a command that begin with a dash."""
    return [one for one in command.params if one.opts[0].startswith("-")]


def commands() -> str:
    """Every command with its arguments, options and environment variables."""
    nouns: dict[str, list[str]] = {}
    for name, command in leaves():
        words = name.split()
        noun = words[1] if words[1] in _groups() else "Others"
        nouns.setdefault(noun, []).append(_command(name, command))
    order = [*sorted(noun for noun in nouns if noun != "Others"), "Others"]
    return "\n\n".join(f"## {_noun(noun)}\n\n" + "\n\n".join(nouns[noun]) for noun in order)


def _groups() -> dict[str, object]:
    every = typer.main.get_command(main.app).commands
    return {name: command for name, command in every.items() if hasattr(command, "commands")}


def _noun(noun: str) -> str:
    return "Commands without a noun" if noun == "Others" else f"qbsync {noun}"


def _command(name: str, command: object) -> str:
    arguments = [one for one in command.params if not one.opts[0].startswith("-")]
    chosen = options_of(command)
    usage = [name, *(_argument(one) for one in arguments), *(_usage(one) for one in chosen)]
    parts = [f"### {name}", _wrap(_sentence(inspect.getdoc(inspect.unwrap(command.callback)) or ""))]
    whole = " ".join(word.replace(" ", _HELD) for word in usage)
    parts.append("```sh\n" + _wrap(whole, indent="    ").replace(_HELD, " ") + "\n```")
    types_ = typing.get_type_hints(inspect.unwrap(command.callback))
    rows = [_parameter(one, types_) for one in [*arguments, *chosen]]
    if rows:
        parts.append(table("Argument or option", "Takes", "Default", "Variable", "Meaning", rows=rows))
    return "\n\n".join(parts)


def _sentence(text: str) -> str:
    return " ".join(text.split())


def _wrap(text: str, indent: str = "") -> str:
    return textwrap.fill(
        text, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _argument(one: object) -> str:
    word = one.name.upper()
    many = "..." if one.nargs == -1 else ""
    return f"{word}{many}" if one.required else f"[{word}{many}]"


def _usage(one: object) -> str:
    flag = one.opts[0]
    value = "KEY=VALUE" if one.name == "choices" else one.name.upper()
    text = flag if one.is_flag else f"{flag} {value}"
    text += "..." if one.multiple else ""
    return text if one.required else f"[{text}]"


def _parameter(one: object, hints: dict[str, object]) -> tuple[str, ...]:
    dashed = one.opts[0].startswith("-")
    name = ", ".join(f"`{opt}`" for opt in one.opts) if dashed else f"`{one.name.upper()}`"
    default = "" if one.required or one.default in (None, False, "") else f"`{_plain(one.default)}`"
    variable = f"`{one.envvar}`" if getattr(one, "envvar", None) else ""
    meaning = one.help or MEANINGS[one.name]
    return (name + (" (required)" if one.required else ""), _takes(one, hints), default, variable, meaning)


MEANINGS = {
    "connection": "The connection's name.",
    "code": "The code, as QuickBooks, the Web Connector or Procore shows it.",
    "job": "The job's number.",
    "session": "The session's number.",
    "kind": "The kind of record.",
    "procore_id": "The record's id in Procore.",
    "quickbooks_id": "The ListID in QuickBooks, or the TxnID of a transaction.",
}
"""Arguments that speak for themselves on the command line."""


def _plain(value: object) -> str:
    return str(value.value if isinstance(value, Enum) else value)


def _takes(one: object, hints: dict[str, object]) -> str:
    if getattr(one, "is_flag", False):
        return ""
    hint = hints[one.name]
    inner = [part for part in typing.get_args(hint) if part is not types.NoneType] or [hint]
    kind = inner[0]
    if typing.get_origin(kind) is list:
        kind = typing.get_args(kind)[0]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ", ".join(f"`{member.value}`" for member in kind)
    return {int: "a number", Path: "a path"}.get(kind, "text")


def exits() -> str:
    """The exit codes."""
    return table("Code", "Meaning", rows=[(f"{code.value}", WORDS.EXITS[code.name]) for code in Exit])


def choices() -> str:
    """What `jobs accept --set` takes, by kind."""
    rows = [(f"`{kind.value}`", ", ".join(f"`{name}`" for name in names)) for kind, names in CHOICES.items()]
    return table("Kind", "Keys of `--set`", rows=rows)


# Settings and options


def settings() -> str:
    """Every setting of the installation."""
    said = member_words(Settings)
    rows = []
    for name, field in Settings.model_fields.items():
        default = f"`{field.default}`" if field.default is not None else ""
        rows.append((f"`QBSYNC_{name.upper()}`", f"`{name}`", default, said[name]))
    return table("Variable", "Field", "Default", "Meaning", rows=rows)


def connection_options() -> str:
    """Every option of a connection; those that do not act yet, where there are any, for themselves."""
    parts = []
    for when, title in (
        (WORDS.NOW, "### In this release"),
        (WORDS.LATER, "### Acting only in later releases"),
    ):
        rows = [
            (f"`{one.name}`", words[0], _of_feeds(one.name), words[2], words[3])
            for one in fields(Options)
            if (words := WORDS.OPTIONS[one.name])[1] == when
        ]
        if rows:
            shown = table("Option", "Takes", "Default", "Concerns", "What it does", rows=rows)
            parts.append(f"{title}\n\n{shown}")
    return "\n\n".join(parts)


def _of_feeds(option: str) -> str:
    """An option's default on the direct feed, and on the other where that differs."""
    usual, erp = (_default(getattr(defaults(feed), option)) for feed in (Feed.DIRECT, Feed.ERP))
    return usual if erp == usual else f"{usual}; erp feed: {erp}"


def _default(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"`{text}`" if text else "empty"


# Jobs


def states() -> str:
    """Every state with the words of the page and what leads out of it."""
    said = member_words(JobState)
    rows = []
    for state in JobState:
        ways = [f"{event.value} → `{to.value}`" for (here, event), to in TRANSITIONS.items() if here is state]
        meaning = said[state.name].partition(": ")[2] or said[state.name]
        rows.append(
            (f"`{state.value}`", state.words, _capital(meaning), ", ".join(ways) or "nothing: the end")
        )
    return table("State", "The page says", "Meaning", "Leaves by", rows=rows)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def diagram() -> str:
    """The states and their moves, as a Mermaid diagram; moves between the same two share an arrow."""
    arrows: dict[tuple[JobState, JobState], list[str]] = {}
    for (here, event), to in TRANSITIONS.items():
        arrows.setdefault((here, to), []).append(event.value)
    lines = ["stateDiagram-v2", f"    [*] --> {JobState.STAGED.value}"]
    lines += [f"    {a.value} --> {b.value}: {', '.join(events)}" for (a, b), events in arrows.items()]
    lines.append(f"    {JobState.CANCELLED.value} --> [*]")
    return "```mermaid\n" + "\n".join(lines) + "\n```"


def events() -> str:
    """Every event: who brings it about, when, and what it does to a job."""
    rows = []
    for event in JobEvent:
        ways: dict[str, list[str]] = {}
        for (here, what), to in TRANSITIONS.items():
            if what is event:
                ways.setdefault(to.value, []).append(f"`{here.value}`")
        moves = "; ".join(f"{', '.join(sources)} → `{to}`" for to, sources in ways.items())
        who, when = WORDS.EVENTS[event.value]
        rows.append((f"`{event.value}`", _capital(who), when, moves))
    return table("Event", "Brought about by", "When", "From → to", rows=rows)


# Offers


def offer_states() -> str:
    """Every state of an offer with the words of the page and what leads out of it."""
    said = member_words(OfferState)
    rows = []
    for state in OfferState:
        ways = [
            f"{event.value} → `{to.value}`"
            for (here, event), to in OFFER_TRANSITIONS.items()
            if here is state
        ]
        meaning = said[state.name].partition(": ")[2] or said[state.name]
        rows.append((f"`{state.value}`", state.words, _capital(meaning), ", ".join(ways)))
    return table("State", "The page says", "Meaning", "Leaves by", rows=rows)


def offer_events() -> str:
    """Every event of an offer: who brings it about, and when."""
    rows = [
        (f"`{event.value}`", _capital(WORDS.OFFER_EVENTS[event.value][0]), WORDS.OFFER_EVENTS[event.value][1])
        for event in OfferEvent
    ]
    return table("Event", "Brought about by", "When", rows=rows)


# Errors and metrics


def error_classes() -> list[type[QbsyncError]]:
    """Every class of the tree, a parent before its children."""
    return list(_below(QbsyncError))


def _below(cls: type[QbsyncError]) -> Iterator[type[QbsyncError]]:
    yield cls
    for child in cls.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _below(child)


def error_table() -> str:
    """Every class of error with its recovery and exit code."""
    rows = []
    for cls in error_classes():
        depth = len(cls.__mro__) - len(QbsyncError.__mro__)
        said = _sentence(inspect.getdoc(cls).partition("\n")[0])
        name = "&nbsp;&nbsp;" * depth + f"`{cls.__name__}`"
        rows.append((name, said, f"`{cls.recovery.value}`", str(int(cls.exit_code))))
    return table("Class", "What happened", "Recovery", "Exit code", rows=rows)


def recoveries() -> str:
    """Every recovery and what it asks for."""
    said = member_words(errors.Recovery)
    return table(
        "Recovery", "What is to be done", rows=[(f"`{r.value}`", said[r.name]) for r in errors.Recovery]
    )


def metrics() -> str:
    """Every metric as a scrape of an empty installation names it."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/docs.sqlite3")
        schema.upgrade(database)
        site = types.SimpleNamespace(database=database, clock=lambda: datetime.now(UTC))
        families = list(DatabaseCollector(site).collect())
        database.close()
    rows = [
        (f"`{one.name}`", one.type, ", ".join(f"`{label}`" for label in one._labelnames), one.documentation)
        for one in families
    ]
    return table("Metric", "Type", "Labels", "Meaning", rows=rows)


# Mappings


def erp_endpoints() -> str:
    """The endpoints of the ERP platform, with each address in the order in which it is tried."""
    rows = [
        (
            f"`{one.name}`",
            one.what,
            ", then ".join(f"`{method} {path}`" for method, path in one.candidates),
            one.certainty.value,
        )
        for one in ENDPOINTS.values()
    ]
    return table("Endpoint", "To", "Addresses", "In the reference", rows=rows)


def field_table(kind: RecordKind) -> str:
    """Which value of Procore stands in which field of QuickBooks, for one kind of record."""
    known = FIELDS[kind]
    rows = [(one.source, _paths(one.paths), _limit(known, one.paths), one.decision) for one in known.fields]
    named = ", ".join(f"`{name}`" for name in known.requests)
    return f"Sent as {named}.\n\n" + table("Procore", "QuickBooks", "Limit", "Decision", rows=rows)


def _paths(paths: tuple[str, ...]) -> str:
    """The paths, those that only count on as one."""
    shown: list[str] = []
    for path in paths:
        stem = path.rstrip("0123456789")
        if stem != path and shown and shown[-1].partition(" to ")[0].rstrip("0123456789") == stem:
            shown[-1] = f"{shown[-1].partition(' to ')[0]} to {path.rpartition('/')[2]}"
        else:
            shown.append(path)
    return ", ".join(shown)


def _limit(known: FieldTable, paths: tuple[str, ...]) -> str:
    """The most characters of each path, once where they are the same; references are QuickBooks' own ids."""
    found = [limit for path in paths if (limit := _most(known, path)) is not None]
    same = len(set(found)) == 1 and len(found) == len(paths)
    return str(found[0]) if same else ", ".join(map(str, found))


def _most(known: FieldTable, path: str) -> int | None:
    for request in known.requests:
        verb = request[-3:]
        for above in (path, re.sub(r"(Line|Group)/", rf"\1{verb}/", path)):
            try:
                return max_length(f"{request}Rq", f"{request}/{above}")
            except KeyError:
                continue
    return None


def told_table(*targets: Target) -> str:
    """What Procore is told, target by target."""
    rows = [
        (f"`{target.value}`", f"`{path}`", one.source, one.decision)
        for target in targets
        for one in TOLD[target]
        for path in one.paths
    ]
    return table("Told of", "Procore", "What QuickBooks has", "Decision", rows=rows)


def erp_told_table() -> str:
    """What Procore's ERP tool is told, target by target, external data by their item type."""
    rows = [
        (f"`{label}`", f"`{path}`", one.source, one.decision)
        for label, told in ERP_TOLD.items()
        for one in told
        for path in one.paths
    ]
    return table("Told of", "Procore", "What QuickBooks has", "Decision", rows=rows)


def modules() -> str:
    """Every module of the flows with the first sentence of its docstring."""
    return "\n\n".join(
        f"### `{folder.relative_to(PACKAGE.parent)}/`\n\n"
        + table("Module", "What it does", rows=_modules(folder))
        for folder in (PACKAGE / "flows", PACKAGE / "flows" / "drain", PACKAGE / "flows" / "erp")
    )


def _modules(folder: Path) -> list[tuple[str, str]]:
    docs = {path.stem: ast.get_docstring(ast.parse(path.read_text())) for path in sorted(folder.glob("*.py"))}
    return [
        (f"`{name}`", " ".join((words or "").partition("\n\n")[0].split()))
        for name, words in docs.items()
        if name != "__init__"
    ]


BLOCKS: dict[tuple[str, str], Callable[[], str]] = {
    ("architecture.md", "modules"): modules,
    ("erp-feed.md", "erp-endpoints"): erp_endpoints,
    ("erp-feed.md", "erp-told"): erp_told_table,
    ("commands.md", "commands"): commands,
    ("commands.md", "exit-codes"): exits,
    ("commands.md", "choices"): choices,
    ("settings.md", "settings"): settings,
    ("options.md", "options"): connection_options,
    ("jobs.md", "states"): states,
    ("jobs.md", "diagram"): diagram,
    ("jobs.md", "events"): events,
    ("offers.md", "offer-states"): offer_states,
    ("offers.md", "offer-events"): offer_events,
    ("errors.md", "errors"): error_table,
    ("errors.md", "recoveries"): recoveries,
    ("metrics.md", "metrics"): metrics,
    **{
        (page, f"{kind.value.replace('_', '-')}-fields"): partial(field_table, kind)
        for kind, workflow in WORDS.WORKFLOWS.items()
        for page in ("mapping.md", f"workflows/{workflow}.md")
    },
    ("mapping.md", "told"): partial(told_table, *(one for one in Target if one in TOLD)),
    **{
        (f"workflows/{workflow}.md", "told"): partial(told_table, *targets)
        for workflow, targets in WORDS.TOLD_IN.items()
    },
}
"""Which page has which generated part."""


def part(text: str, name: str) -> str:
    """What a page has between the markers of that name; raises LookupError where it has none."""
    found = re.search(rf"<!-- {name}: begin -->\n(.*?)<!-- {name}: end -->", text, re.DOTALL)
    if found is None:
        raise LookupError(f"no markers {name!r}")
    return found[1].strip("\n")


def replaced(text: str, name: str, body: str) -> str:
    """The page with that part anew."""
    part(text, name)
    between = re.compile(rf"(<!-- {name}: begin -->\n).*?(<!-- {name}: end -->)", re.DOTALL)
    return between.sub(lambda found: f"{found[1]}\n{body}\n\n{found[2]}", text)


def rewrite(folder: Path) -> None:
    """Bring every page up to date."""
    for (page, name), make in BLOCKS.items():
        path = folder / page
        path.write_text(replaced(path.read_text(encoding="utf-8"), name, make()), encoding="utf-8")


if __name__ == "__main__":
    rewrite(ROOT / "docs")
