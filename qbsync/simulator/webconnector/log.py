"""The Web Connector's log, in the manner of QWCLog.txt."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

_SHOWN = 50


class Log:
    """Lines of what was called and answered; qbXML shortened, passwords never."""

    def __init__(self, clock: Callable[[], datetime], path: Path | None = None) -> None:
        self._clock = clock
        self._path = path
        self.lines: list[str] = []

    def write(self, where: str, text: str) -> None:
        """Add a line, and append it to the file if there is one."""
        line = f"{self._clock():%Y%m%d.%H:%M:%S UTC} : QBWebConnector.{where} : {text}"
        self.lines.append(line)
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")


def shortened(text: str) -> str:
    """The first 50 characters, as the DEBUG level shows XML."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
