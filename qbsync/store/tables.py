"""The tables, and nothing else.

Times are aware and kept in UTC. `JSON` columns hold values that only qbsync reads. States and kinds are kept
as their words. A row object is a value inside the transaction that read it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from qbsync.model.jobs import OUT, PENDING, JobState

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""A key that grows: SQLite numbers rows by INTEGER alone."""


class UtcTime(sa.types.TypeDecorator[datetime]):
    """An aware time, kept as UTC whatever the database."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse naive times; SQLite keeps what it is given, so give it UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """SQLite gives naive times back: they are UTC."""
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class Table(DeclarativeBase):
    """The declarative root; constraints are named alike on every database."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcTime, dict[str, Any]: sa.JSON, list[Any]: sa.JSON, str: sa.Text}  # noqa: RUF012


def _key() -> Mapped[int]:
    return mapped_column(BIG, primary_key=True, autoincrement=True)


def _connection() -> Mapped[int]:
    return mapped_column(BIG, sa.ForeignKey("connections.id", ondelete="CASCADE"))


class ConnectionRow(Table):
    """One Procore company joined to one company file."""

    __tablename__ = "connections"

    id: Mapped[int] = _key()
    name: Mapped[str] = mapped_column(unique=True)
    procore_company: Mapped[str]
    feed: Mapped[str]
    procore_api: Mapped[str]
    procore_login: Mapped[str]
    client_id: Mapped[str]
    client_secret: Mapped[str]
    """Encrypted."""
    token: Mapped[str] = mapped_column(default="")
    """Encrypted; empty before the first."""
    user: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    failed_logins: Mapped[int] = mapped_column(default=0)
    login_after: Mapped[datetime | None]
    """Before this time no password is looked at."""
    owner_id: Mapped[str]
    file_id: Mapped[str]
    company_file: Mapped[str] = mapped_column(default="")
    """The path to open where QuickBooks is closed; empty: whatever file is open."""
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    paused_at: Mapped[datetime | None]
    stopped: Mapped[str] = mapped_column(default="")
    """Why nothing is written until a person acts; empty while all is well."""
    company_seen: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """name and path of the company file, as confirmed; versions, edition and preferences as last seen."""
    counter: Mapped[int] = mapped_column(BIG, default=0)
    """Writing messages sent so far; our private counter in the company file must never be behind it."""
    batch_size: Mapped[int] = mapped_column(default=0)
    last_contact_at: Mapped[datetime | None]
    names_at: Mapped[datetime | None]
    """When QuickBooks' lists were last read to the end."""
    payments_at: Mapped[datetime | None]
    costs_at: Mapped[datetime | None]
    """When QuickBooks' payments were last read to the end."""
    drift_at: Mapped[datetime | None]
    """When QuickBooks' linked records were last compared."""
    orders_at: Mapped[datetime | None]
    """When QuickBooks' purchase orders were last read for Procore's ERP tool."""
    pull_at: Mapped[datetime | None]
    """When Procore is asked next; None: at once."""
    pulling_until: Mapped[datetime | None]
    """While a pull is under way: until when no other one begins; a pull that died is forgotten then."""
    pushing_until: Mapped[datetime | None]
    """The same of a push: two at once would each write what the other has not written yet."""
    pull_error: Mapped[str] = mapped_column(default="")
    calls_left: Mapped[int] = mapped_column(BIG, default=0, server_default="0")
    """How many calls the polling of Procore might still make at `calls_left_at`; see model.calls."""
    calls_left_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


# Written as text: SQLite uses a partial index only where the query repeats its condition word for word.
IN_PENDING = sa.text("state IN (" + ", ".join(f"'{s.value}'" for s in PENDING) + ")")
IN_OUT = sa.text("state IN (" + ", ".join(f"'{s.value}'" for s in OUT) + ")")
READY = sa.text(f"state = '{JobState.QUEUED.value}' AND waits_for = '' AND step = 'write'")
TO_LOOK_UP = sa.text(f"state = '{JobState.QUEUED.value}' AND waits_for = '' AND step <> 'write'")
WAITING = sa.text(f"state = '{JobState.QUEUED.value}' AND waits_for <> ''")
NUMBERED = sa.text("state IN ('queued', 'held', 'sent', 'in_doubt') AND number_key <> ''")
IN_DOUBT = sa.text(f"state = '{JobState.IN_DOUBT.value}'")

OPEN_MESSAGE = sa.text("state IN ('sent', 'answered')")
OPEN_WRITEBACK = sa.text("state IN ('owed', 'retrying')")
ACTIVE_LINK = sa.text("ended_at IS NULL")


def partial_index(name: str, *columns: str, where: sa.TextClause, unique: bool = False) -> sa.Index:
    """An index of the rows alone that fulfil a condition."""
    return sa.Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


class JobRow(Table):
    """One piece of work on one version of one record."""

    __tablename__ = "jobs"
    __table_args__ = (
        partial_index("ix_jobs_ready", "connection_id", "rank", "id", where=READY),
        partial_index("ix_jobs_to_look_up", "connection_id", "rank", "id", where=TO_LOOK_UP),
        partial_index("ix_jobs_waiting", "connection_id", "waits_for", where=WAITING),
        partial_index("ix_jobs_in_doubt", "connection_id", "not_before", where=IN_DOUBT),
        partial_index(
            "uq_jobs_pending", "connection_id", "kind", "procore_id", where=IN_PENDING, unique=True
        ),
        partial_index("uq_jobs_out", "connection_id", "kind", "procore_id", where=IN_OUT, unique=True),
        partial_index("ix_jobs_touching", "connection_id", "touches", where=READY),
        partial_index("ix_jobs_numbered", "connection_id", "kind", "number_key", where=NUMBERED),
        sa.Index("ix_jobs_record", "connection_id", "kind", "procore_id", "id"),
        sa.Index("ix_jobs_state", "connection_id", "state", "id"),
    )

    id: Mapped[int] = _key()
    connection_id: Mapped[int] = _connection()
    kind: Mapped[str]
    procore_id: Mapped[str]
    version: Mapped[str]
    foreign_id: Mapped[str] = mapped_column(default="")
    """The origin_id the record carried in Procore when it was staged; empty where it had none."""
    label: Mapped[str]
    record: Mapped[dict[str, Any]]
    choices: Mapped[dict[str, Any]] = mapped_column(default=dict)
    number_key: Mapped[str] = mapped_column(default="", server_default="")
    """The number by which a commitment or an invoice is to go, as it is compared; see store.numbers."""
    review: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What preflight found: problems, warnings, missing choices, a suggestion."""
    state: Mapped[str]
    rank: Mapped[int]
    """Which kinds go first."""
    step: Mapped[str] = mapped_column(default="write")
    """What is due next while queued: see session.steps."""
    touches: Mapped[str] = mapped_column(default="", server_default="")
    """The record, as kind:procore_id, whose QuickBooks record is written or linked to: once a message."""
    held: Mapped[str] = mapped_column(default="", server_default="")
    """What QuickBooks showed of the record to be changed, as XML, since it was last written."""
    waits_for: Mapped[str] = mapped_column(default="")
    """The record that must be synced first, as kind:procore_id; empty when ready."""
    not_before: Mapped[datetime | None]
    """A transient refusal, or a doubt, is looked at again after this time."""
    bisect: Mapped[str] = mapped_column(default="")
    """The half of a message QuickBooks could not parse that this job is tried with."""
    refusals: Mapped[int] = mapped_column(default=0)
    """Transient refusals in a row."""
    message_id: Mapped[int | None] = mapped_column(BIG)
    error: Mapped[str] = mapped_column(default="")
    guidance: Mapped[str] = mapped_column(default="")
    code: Mapped[str] = mapped_column(default="")
    """The status code or HRESULT behind the error."""
    because: Mapped[str] = mapped_column(default="")
    """Why it was cancelled or rejected."""
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class AttemptRow(Table):
    """One answer to one job, kept for ever: what was tried and what came of it."""

    __tablename__ = "attempts"

    id: Mapped[int] = _key()
    job_id: Mapped[int] = mapped_column(BIG, sa.ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    message_id: Mapped[int | None] = mapped_column(BIG)
    at: Mapped[datetime]
    outcome: Mapped[str]
    code: Mapped[str] = mapped_column(default="")
    error: Mapped[str] = mapped_column(default="")


class MessageRow(Table):
    """One qbXML message set: the exact bytes handed over and the exact answer."""

    __tablename__ = "messages"
    __table_args__ = (
        partial_index("ix_messages_open", "connection_id", "id", where=OPEN_MESSAGE),
        sa.Index("ix_messages_session", "session_id"),
        sa.Index("ix_messages_acknowledge", "connection_id", "acknowledge", "id"),
    )

    id: Mapped[int] = _key()
    connection_id: Mapped[int] = _connection()
    session_id: Mapped[int] = mapped_column(BIG)
    set_id: Mapped[str | None] = mapped_column(unique=True)
    """newMessageSetID; null for reads."""
    writes: Mapped[bool]
    state: Mapped[str]
    """sent, answered (stored, not yet applied), applied, refused (nothing executed), lost."""
    acknowledge: Mapped[bool] = mapped_column(default=False)
    """Its answer was well-formed and is applied to each of its jobs: the next message may name it as old."""
    request: Mapped[bytes]
    answer: Mapped[str] = mapped_column(default="")
    hresult: Mapped[str] = mapped_column(default="")
    hmessage: Mapped[str] = mapped_column(default="")
    file_id: Mapped[str]
    machine: Mapped[str]
    times_sent: Mapped[int] = mapped_column(default=1)
    sent_at: Mapped[datetime]
    again_at: Mapped[datetime | None]
    """When it was last handed over again, to `machine`; None while it went once."""
    answered_at: Mapped[datetime | None]
    applied_at: Mapped[datetime | None]


class PartRow(Table):
    """One request of a message: whose it is."""

    __tablename__ = "message_parts"

    message_id: Mapped[int] = mapped_column(
        BIG, sa.ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True
    )
    request_id: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    """write, look, reread, probe, absence, or sweep."""
    job_id: Mapped[int | None] = mapped_column(BIG, index=True)
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)


class SessionRow(Table):
    """One Web Connector update."""

    __tablename__ = "sessions"
    __table_args__ = (sa.Index("ix_sessions_connection", "connection_id", "id"),)

    id: Mapped[int] = _key()
    connection_id: Mapped[int] = _connection()
    ticket_hash: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str]
    """See session.machine."""
    machine: Mapped[str] = mapped_column(default="")
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    message_id: Mapped[int | None] = mapped_column(BIG)
    """The message whose answer is awaited."""
    planned: Mapped[int] = mapped_column(default=0)
    synced: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    round_trips: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(default="")
    """What getLastError says."""
    result: Mapped[str] = mapped_column(default="")
    """What closeConnection said."""


class LinkRow(Table):
    """A Procore record joined to its ListID or TxnID; ended by an unlink."""

    __tablename__ = "links"
    __table_args__ = (
        partial_index(
            "uq_links_record",
            "connection_id",
            "kind",
            "procore_id",
            where=ACTIVE_LINK,
            unique=True,
        ),
        partial_index("ix_links_named", "connection_id", "kind", "name_key", where=ACTIVE_LINK),
        sa.Index("ix_links_record", "connection_id", "kind", "procore_id", "id"),
        sa.Index("ix_links_quickbooks", "connection_id", "quickbooks_id"),
    )

    id: Mapped[int] = _key()
    connection_id: Mapped[int] = _connection()
    kind: Mapped[str]
    procore_id: Mapped[str]
    quickbooks_id: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    name_key: Mapped[str] = mapped_column(default="", server_default="")
    """The name, or number, as it is compared."""
    edit_sequence: Mapped[str] = mapped_column(default="")
    fingerprint: Mapped[str] = mapped_column(default="")
    lines: Mapped[list[Any]] = mapped_column(default=list)
    """[[Procore line id, TxnLineID, amount, rate], ...]; the last two are null where not known."""
    held: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    """[[field, value, words], ...] of what is ours, as QuickBooks showed it when it was written."""
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class MarkRow(Table):
    """How far a stream has been read: Procore's feed, or a QuickBooks list."""

    __tablename__ = "marks"

    connection_id: Mapped[int] = mapped_column(
        BIG, sa.ForeignKey("connections.id", ondelete="CASCADE"), primary_key=True
    )
    stream: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class WritebackRow(Table):
    """A Procore call that is owed since QuickBooks has answered."""

    __tablename__ = "writebacks"
    __table_args__ = (
        partial_index("ix_writebacks_open", "connection_id", "id", where=OPEN_WRITEBACK),
        sa.Index("ix_writebacks_item", "connection_id", "target", "item_id"),
        # else SQLite gives a replaced row's id to its successor, and the answer to the one settles the other
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = _key()
    connection_id: Mapped[int] = _connection()
    kind: Mapped[str]
    procore_id: Mapped[str]
    target: Mapped[str]
    scope: Mapped[dict[str, Any]] = mapped_column(default=dict)
    item_id: Mapped[str]
    origin_id: Mapped[str | None]
    origin_data: Mapped[str | None]
    turn: Mapped[int] = mapped_column(default=0)
    """Rows of one record go by turn: lines before the header, origin_id last."""
    state: Mapped[str]
    """owed, retrying, done or refused."""
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
