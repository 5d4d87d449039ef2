"""What Procore's pages do not let a person do."""

from __future__ import annotations


class ForbiddenMoveError(Exception):
    """Procore would not offer this move, or would refuse it; nothing has changed."""


SENT = "cannot be changed because it was sent to ERP Integrations"
"""Of a record that waits there, or went through it (workflows, section 3)."""
SYNCED = "cannot be edited or deleted because it is synced with an ERP system"
"""Procore's words for a record that its origin id has locked (reference, 2.9)."""
