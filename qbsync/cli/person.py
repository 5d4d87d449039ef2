"""Who gives a command."""

from __future__ import annotations

import getpass


def actor() -> str:
    """The user of this machine, for the audit."""
    return f"{getpass.getuser()} (command)"
