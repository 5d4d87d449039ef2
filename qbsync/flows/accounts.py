"""The Procore client of a connection, its token kept encrypted in the database."""

from __future__ import annotations

import json
from datetime import datetime

from qbsync.procore.auth import Token, TokenSource
from qbsync.procore.client import ProcoreClient
from qbsync.store import connections
from qbsync.store.engine import Database
from qbsync.store.secrets import Keeper
from qbsync.store.tables import ConnectionRow


class StoredToken:
    """Keeps one connection's token; implements procore.auth.TokenStore."""

    def __init__(self, database: Database, keeper: Keeper, connection_id: int) -> None:
        self._database = database
        self._keeper = keeper
        self._connection_id = connection_id

    def load(self) -> Token | None:
        """The token last saved, or None."""
        with self._database.read() as tx:
            sealed = connections.get(tx, self._connection_id).token
        if not sealed:
            return None
        kept = json.loads(self._keeper.unseal(sealed))
        return Token(
            access_token=kept["access_token"],
            obtained_at=datetime.fromisoformat(kept["obtained_at"]),
            expires_at=datetime.fromisoformat(kept["expires_at"]),
        )

    def save(self, token: Token) -> None:
        """Keep this token in place of the last."""
        kept = {
            "access_token": token.access_token,
            "obtained_at": token.obtained_at.isoformat(),
            "expires_at": token.expires_at.isoformat(),
        }
        with self._database.write() as tx:
            connections.get(tx, self._connection_id).token = self._keeper.seal(json.dumps(kept))


def client_of(database: Database, keeper: Keeper, row: ConnectionRow) -> ProcoreClient:
    """The Procore client of a connection."""
    tokens = TokenSource(
        login_url=row.procore_login,
        client_id=row.client_id,
        client_secret=keeper.unseal(row.client_secret),
        store=StoredToken(database, keeper, row.id),
    )
    return ProcoreClient(api_url=row.procore_api, company_id=row.procore_company, tokens=tokens)
