"""The field types and the reading of Procore's payloads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, StrictBool, ValidationError

from qbsync.errors import ProcorePayloadError
from qbsync.model.money import to_decimal

_ISO_DATE = 10
_LONGEST_ID = 64


class Payload(BaseModel):
    """A part of Procore's JSON; keys we do not use are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def _id(value: object) -> str:
    """v1 ids are integers beyond 32 bits, v2 ids are strings (section 2.8): both become text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and 0 < len(value.strip()) <= _LONGEST_ID:
        return value.strip()
    raise ValueError(f"{value!r} is not an id")


def _text(value: object) -> str:
    """Numbers are accepted too: a contract's number comes as either (section 7, item 11)."""
    match value:
        case None:
            return ""
        case str():
            return value.strip()
        case bool():
            raise ValueError(f"{value!r} is not text")
        case int() | Decimal():
            return str(value)
        case _:
            raise ValueError(f"{value!r} is not text")


def _amount(value: object) -> Decimal:
    if isinstance(value, float):
        raise ValueError(f"{value!r} went through binary; amounts are strings or exact numbers")  # noqa: TRY004
    return to_decimal(value)


def _day(value: object) -> object:
    match value:
        case None | "":
            return None
        case str():
            return date.fromisoformat(value.strip()[:_ISO_DATE])
        case _:
            raise ValueError(f"{value!r} is not a date")


def _moment(value: object) -> object:
    match value:
        case None | "":
            return None
        case str():
            moment = datetime.fromisoformat(value.strip())
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        case _:
            raise ValueError(f"{value!r} is not a moment")


def _nothing_is_zero(value: object) -> object:
    return Decimal(0) if value is None or value == "" else value


def _nothing_is_true(value: object) -> object:
    return True if value is None else value


def _nothing_is_none(value: object) -> object:
    return None if value == "" else value


Id = Annotated[str, BeforeValidator(_id)]
OptionalId = Annotated[Id | None, BeforeValidator(_nothing_is_none)]
Text = Annotated[str, BeforeValidator(_text)]
Amount = Annotated[Decimal, BeforeValidator(_amount)]
Quantity = Annotated[Amount, BeforeValidator(_nothing_is_zero)]
"""An amount that may be missing, which is zero."""
OptionalAmount = Annotated[Amount | None, BeforeValidator(_nothing_is_none)]
"""An amount that Procore may leave unsaid."""
Day = Annotated[date | None, BeforeValidator(_day)]
Moment = Annotated[datetime | None, BeforeValidator(_moment)]
"""UTC; text without a zone is UTC (section 2.4)."""
Active = Annotated[StrictBool, BeforeValidator(_nothing_is_true)]
"""Active unless Procore says otherwise; short views leave the field out."""

M = TypeVar("M", bound=Payload)


def read(model: type[M], raw: object, *, what: str) -> M:
    """The payload, or ProcorePayloadError naming each field that is wrong; `what` names it ("a vendor")."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise ProcorePayloadError(
            f"Procore sent {what} that qbsync cannot use: {_words(error)}.",
            guidance="Correct the record in Procore; if it looks right there, report this.",
            context={"procore_id": id_in(raw)} if id_in(raw) else {},
        ) from None


def id_in(raw: object) -> str:
    """The id of a raw record, for naming one that cannot be read; empty where there is none."""
    value = raw.get("id") if isinstance(raw, dict) else None
    return str(value)[:_LONGEST_ID] if isinstance(value, int | str) else ""


def moment_in(raw: object, key: str) -> datetime | None:
    """A raw record's moment in UTC, also of one that cannot be read otherwise; None where there is none."""
    value = raw.get(key) if isinstance(raw, dict) else None
    try:
        moment = _moment(value)
    except ValueError:
        return None
    return moment if isinstance(moment, datetime) else None


def places(given: Sequence[int | None]) -> list[int]:
    """The positions as Procore gives them where they are all there and differ; else those of its order."""
    if None in given or len(set(given)) != len(given):
        return list(range(1, len(given) + 1))
    return [place for place in given if place is not None]


def _words(error: ValidationError) -> str:
    """Each place and its reason, without pydantic's dressing and without the input of secret fields."""
    parts = []
    for problem in error.errors(include_url=False, include_context=False, include_input=False)[:5]:
        place = ".".join(str(part) for part in problem["loc"]) or "the record"
        reason = problem["msg"].removeprefix("Value error, ")
        parts.append(f"{place}: {reason[:200]}")
    return "; ".join(parts)
