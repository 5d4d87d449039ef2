"""Whether items are imported, said for each connection on the ERP feed.

It was off by default there too, and what equals its default is not kept: such a connection stays as it was.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_NAME = "import_items"
_CONNECTIONS = sa.table(
    "connections", sa.column("id"), sa.column("feed", sa.Text()), sa.column("options", sa.JSON())
)


def upgrade() -> None:
    for key, options in _of_the_erp_feed():
        _put(key, {_NAME: False} | options)


def downgrade() -> None:
    for key, options in _of_the_erp_feed():
        _put(key, {name: value for name, value in options.items() if (name, value) != (_NAME, False)})


def _of_the_erp_feed() -> list[tuple[int, dict[str, Any]]]:
    query = sa.select(_CONNECTIONS.c.id, _CONNECTIONS.c.options).where(_CONNECTIONS.c.feed == "erp")
    return [(key, options) for key, options in op.get_bind().execute(query)]


def _put(key: int, options: dict[str, Any]) -> None:
    op.get_bind().execute(sa.update(_CONNECTIONS).where(_CONNECTIONS.c.id == key).values(options=options))
