"""Messages: the exact bytes handed to QuickBooks, and the exact answers."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from qbsync.model.ids import MessageSetId
from qbsync.model.records import RecordKey
from qbsync.store.tables import OPEN_MESSAGE, JobRow, MessageRow, PartRow


class MessageState(StrEnum):
    """Where a message stands."""

    SENT = "sent"
    """Handed over; no answer yet."""
    ANSWERED = "answered"
    """The answer is stored and not yet applied."""
    APPLIED = "applied"
    REFUSED = "refused"
    """QuickBooks could not parse it: nothing was executed."""
    LOST = "lost"
    """No answer is to be had; its jobs are in doubt, or it was a read and is asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One request of a message: its requestID, why it is asked, and for which job."""

    request_id: str
    purpose: str
    job_id: int | None = None
    detail: dict[str, Any] = field(default_factory=dict)


def new_set_id(now: datetime) -> MessageSetId:
    """A newMessageSetID: the second and 64 random bits, 21 characters (23 is the most QuickBooks takes)."""
    noise = base64.b32encode(secrets.token_bytes(8)).decode().rstrip("=")
    return MessageSetId(f"{int(now.timestamp()):08x}{noise}")


def save(tx: Session, message: MessageRow, parts: Sequence[Part]) -> None:
    """Keep a message and its parts, before its bytes leave."""
    tx.add(message)
    tx.flush()
    tx.add_all(
        PartRow(
            message_id=message.id,
            request_id=part.request_id,
            purpose=part.purpose,
            job_id=part.job_id,
            detail=part.detail,
        )
        for part in parts
    )
    tx.flush()


def get(tx: Session, message_id: int) -> MessageRow | None:
    """The message of that id."""
    return tx.get(MessageRow, message_id)


def of_set_id(tx: Session, connection_id: int, set_id: str) -> MessageRow | None:
    """The writing message of that newMessageSetID."""
    return tx.scalar(
        sa.select(MessageRow).where(MessageRow.connection_id == connection_id, MessageRow.set_id == set_id)
    )


def open_ones(tx: Session, connection_id: int) -> Sequence[MessageRow]:
    """Messages without an answer, or with one that is not applied, oldest first."""
    return tx.scalars(
        sa.select(MessageRow)
        .where(MessageRow.connection_id == connection_id, OPEN_MESSAGE)
        .order_by(MessageRow.id)
    ).all()


def connections_with_answers(tx: Session) -> Sequence[int]:
    """Connections that hold a stored answer nobody has applied."""
    return tx.scalars(
        sa.select(MessageRow.connection_id)
        .where(OPEN_MESSAGE, MessageRow.state == MessageState.ANSWERED.value)
        .distinct()
    ).all()


def to_acknowledge(tx: Session, connection_id: int) -> MessageSetId | None:
    """The last message whose answer is applied to each of its jobs; QuickBooks may forget it."""
    found = tx.scalar(
        sa.select(MessageRow.set_id)
        .where(
            MessageRow.connection_id == connection_id,
            MessageRow.acknowledge.is_(True),
            MessageRow.set_id.is_not(None),
        )
        .order_by(MessageRow.id.desc())
        .limit(1)
    )
    return None if found is None else MessageSetId(found)


def parts_of(tx: Session, message_id: int) -> Sequence[PartRow]:
    """The message's requests in the order they were written."""
    return tx.scalars(
        sa.select(PartRow)
        .where(PartRow.message_id == message_id)
        .order_by(sa.func.length(PartRow.request_id), PartRow.request_id)
    ).all()


def of_job(tx: Session, job_id: int) -> Sequence[MessageRow]:
    """Every message that carried something of the job, oldest first."""
    return tx.scalars(
        sa.select(MessageRow)
        .join(PartRow, PartRow.message_id == MessageRow.id)
        .where(PartRow.job_id == job_id)
        .order_by(MessageRow.id)
        .distinct()
    ).all()


def first_sent_of(tx: Session, connection_id: int, key: RecordKey) -> datetime | None:
    """When any version of the record was first handed to QuickBooks; None where none ever was."""
    return tx.scalar(
        sa.select(sa.func.min(MessageRow.sent_at))
        .join(PartRow, PartRow.message_id == MessageRow.id)
        .join(JobRow, JobRow.id == PartRow.job_id)
        .where(
            JobRow.connection_id == connection_id,
            JobRow.kind == key.kind.value,
            JobRow.procore_id == key.procore_id,
            PartRow.purpose == "write",
        )
    )


def newest_id(tx: Session, connection_id: int) -> int:
    """The number of the connection's last message; 0 where there was none."""
    query = sa.select(sa.func.max(MessageRow.id)).where(MessageRow.connection_id == connection_id)
    return tx.scalar(query) or 0
