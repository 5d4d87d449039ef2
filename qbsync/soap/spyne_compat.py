"""Lets spyne 2.14.0 (2022) be imported on Python 3.11, 3.12 and 3.13, before spyne is.

spyne carries six 1.14.0, whose import hook Python 3.12 no longer accepts, and uses `cgi.parse_header`, which
left the standard library with 3.13. Python looks a dotted name up in sys.modules before it imports the parent
packages, so the five leaf modules that spyne asks six for are enough; a real six would not do, because
spyne's copy has extras of its own (reference: stack.md, section 1).
"""

from __future__ import annotations

import collections.abc
import http.cookies
import logging
import sys
import urllib.error
import urllib.parse
import urllib.request
from email.message import Message
from types import ModuleType
from typing import Final

_LEAVES: Final[dict[str, ModuleType]] = {
    "collections_abc": collections.abc,
    "http_cookies": http.cookies,
    "urllib.parse": urllib.parse,
    "urllib.request": urllib.request,
    "urllib.error": urllib.error,
}


def install() -> None:
    """Put the stand-ins where spyne looks, and keep spyne from logging what passes through it.

    spyne's loggers write whole request bodies, passwords among them, at ERROR when one is malformed, so
    nothing at or below the logger `spyne` is recorded.
    """
    for leaf, module in _LEAVES.items():
        sys.modules.setdefault(f"spyne.util.six.moves.{leaf}", module)
    if sys.version_info >= (3, 13):
        sys.modules.setdefault("cgi", _cgi())
    silent = logging.getLogger("spyne")
    silent.addHandler(logging.NullHandler())
    silent.propagate = False
    silent.setLevel(logging.CRITICAL + 1)


def parse_header(line: str) -> tuple[str, dict[str, str]]:
    """Split a Content-Type line into its value and its parameters, as `cgi.parse_header` did."""
    message = Message()
    message["Content-Type"] = line
    (value, _), *parameters = message.get_params(failobj=[("", "")])
    return value, dict(parameters)


def _cgi() -> ModuleType:
    module = ModuleType("cgi", "A stand-in with the one function that spyne uses.")
    vars(module)["parse_header"] = parse_header
    return module
