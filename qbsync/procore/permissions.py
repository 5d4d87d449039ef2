"""Which permission to ask Procore for where it forbids something (reference, sections 1.2 and 1.4)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from qbsync.errors import ProcoreForbiddenError

_IN_MANIFEST: Final = "in the app's manifest, and install the app anew in the company."
WEBHOOKS: Final = f"Give the service account the permission Webhooks API: Standard {_IN_MANIFEST}"
COMPANY: Final = f"Give the service account the company permission Admin: Admin {_IN_MANIFEST}"
ERP: Final = (
    f"Give the service account the company permission ERP Integrations: Admin {_IN_MANIFEST} If it has "
    "that: a Procore super user has to switch ERP Integrations on for the company, as a custom integration."
)


@contextmanager
def needing(permission: str) -> Iterator[None]:
    """Say of what Procore forbids within, which permission it takes."""
    try:
        yield
    except ProcoreForbiddenError as error:
        raise ProcoreForbiddenError(error.message, guidance=permission, context=error.context) from error
