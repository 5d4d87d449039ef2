"""Connections: their rows, their options and their secrets."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from qbsync.errors import ConfigError, NotFoundError
from qbsync.model.feeds import Feed
from qbsync.model.options import Options, defaults
from qbsync.store.secrets import Keeper, hash_password, new_password
from qbsync.store.tables import ConnectionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConnection:
    """What a person gives to make a connection."""

    name: str
    procore_company: str
    feed: str
    procore_api: str
    procore_login: str
    client_id: str
    client_secret: str
    company_file: str = ""

    def __repr__(self) -> str:
        return f"NewConnection(name={self.name!r}, procore_company={self.procore_company!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCredentials:
    """With what a connection signs in to Procore from now on; None leaves what there is."""

    client_id: str | None = None
    client_secret: str | None = None
    procore_api: str | None = None
    procore_login: str | None = None

    def __repr__(self) -> str:
        return f"NewCredentials(client_id={self.client_id!r})"


def add(tx: Session, new: NewConnection, keeper: Keeper, now: datetime) -> tuple[ConnectionRow, str]:
    """Make a connection; gives the row and the Web Connector's password, which is kept only as a hash."""
    if tx.scalar(sa.select(ConnectionRow.id).where(ConnectionRow.name == new.name)):
        raise ConfigError(f"There already is a connection {new.name!r}.")
    password = new_password()
    row = ConnectionRow(
        name=new.name,
        procore_company=new.procore_company,
        feed=new.feed,
        procore_api=new.procore_api,
        procore_login=new.procore_login,
        client_id=new.client_id,
        client_secret=keeper.seal(new.client_secret),
        user=f"qbsync-{new.name}",
        password_hash=hash_password(password),
        owner_id=_guid(),
        file_id=_guid(),
        company_file=new.company_file,
        options={},
        company_seen={},
        drift_at=now,  # nothing is linked yet
        created_at=now,
    )
    tx.add(row)
    tx.flush()
    return row, password


def named(tx: Session, name: str) -> ConnectionRow:
    """The connection of that name; raises NotFoundError."""
    row = tx.scalar(sa.select(ConnectionRow).where(ConnectionRow.name == name))
    if row is None:
        names = tx.scalars(sa.select(ConnectionRow.name).order_by(ConnectionRow.name)).all()
        known = f"There are: {', '.join(names)}." if names else "Make one with `qbsync connection add`."
        raise NotFoundError(f"There is no connection {name!r}.", guidance=known)
    return row


def get(tx: Session, connection_id: int) -> ConnectionRow:
    """The connection of that id."""
    row = tx.get(ConnectionRow, connection_id)
    if row is None:
        raise NotFoundError(f"There is no connection {connection_id}.")
    return row


def of_user(tx: Session, user: str) -> ConnectionRow | None:
    """The connection whose Web Connector signs in so; None for a stranger."""
    return tx.scalar(sa.select(ConnectionRow).where(ConnectionRow.user == user))


def lock(tx: Session, connection_id: int) -> ConnectionRow:
    """The connection, for this transaction alone: every SOAP call of one connection takes its turn.

    SQLite's write transaction is that already; PostgreSQL locks the row.
    """
    row = tx.scalar(
        sa.select(ConnectionRow)
        .where(ConnectionRow.id == connection_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFoundError(f"There is no connection {connection_id}.")
    return row


def every(tx: Session) -> Sequence[ConnectionRow]:
    """All connections by name."""
    return tx.scalars(sa.select(ConnectionRow).order_by(ConnectionRow.name)).all()


def options_of(row: ConnectionRow) -> Options:
    """The connection's options; what was never set has its default."""
    known = {f.name for f in fields(Options)}
    given = {key: value for key, value in row.options.items() if key in known}
    return replace(defaults(Feed(row.feed)), **given)


def set_options(row: ConnectionRow, options: Options) -> None:
    """Keep the options that differ from their defaults."""
    usual = asdict(defaults(Feed(row.feed)))
    row.options = {key: value for key, value in asdict(options).items() if value != usual[key]}


def set_credentials(row: ConnectionRow, new: NewCredentials, keeper: Keeper) -> None:
    """Sign in to Procore with these from now on; the token that was got with the old ones is dropped."""
    if new.client_secret is not None:
        row.client_secret = keeper.seal(new.client_secret)
    row.client_id = row.client_id if new.client_id is None else new.client_id
    row.procore_api = row.procore_api if new.procore_api is None else new.procore_api
    row.procore_login = row.procore_login if new.procore_login is None else new.procore_login
    row.token = ""
    row.pull_at = None


def rotate_password(row: ConnectionRow) -> str:
    """Give the Web Connector's user a new password and return it; the .qwc stays as it is."""
    password = new_password()
    row.password_hash = hash_password(password)
    row.failed_logins = 0
    row.login_after = None
    return password


def remove(tx: Session, row: ConnectionRow) -> None:
    """Forget the connection and everything that belongs to it; QuickBooks and Procore stay as they are."""
    tx.delete(row)


def due_for_pull(tx: Session, now: datetime) -> Sequence[int]:
    """Connections whose Procore should be asked now, the longest overdue first."""
    return tx.scalars(
        sa.select(ConnectionRow.id)
        .where(
            ConnectionRow.paused_at.is_(None),
            sa.or_(ConnectionRow.pull_at.is_(None), ConnectionRow.pull_at <= now),
        )
        .order_by(ConnectionRow.pull_at.asc().nulls_first(), ConnectionRow.id)
    ).all()


def _guid() -> str:
    return "{" + str(uuid.uuid4()) + "}"
