"""What authenticate and closeConnection say, word for word as the guide wants it."""

from __future__ import annotations

BUSY_SECONDS = 60


def stranger(ticket: str) -> list[str]:
    """The user or the password is wrong."""
    return [ticket, "nvu"]


def nothing_to_do(ticket: str) -> list[str]:
    """There is nothing to send or to ask."""
    return [ticket, "none"]


def busy(ticket: str) -> list[str]:
    """Another session of this connection is live: come again in a minute (guide, pages 62 to 64)."""
    return [ticket, "busy", str(BUSY_SECONDS), ""]


def welcome(ticket: str, company_file: str) -> list[str]:
    """Go on with this company file; an empty path is the one that is open."""
    return [ticket, company_file]


def summary(*, synced: int, failed: int, waiting: int, problem: str, page: str) -> str:
    """The line a bookkeeper reads in the Web Connector's Status column."""
    if problem:
        return f"{problem} See {page}"
    parts = [f"{synced} synced"] if synced else []
    if failed:
        parts.append(f"{failed} failed")
    if not parts:
        parts.append("Nothing to send")
    text = ", ".join(parts)
    if waiting:
        needs = "needs" if waiting == 1 else "need"
        return f"{text}; {waiting} {needs} you: {page}"
    return f"{text}."
