"""What a page is asked: filters and paging of the query string, checked where they come in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from werkzeug.exceptions import BadRequest

from qbsync.flows.insights import JobFilter
from qbsync.model.jobs import JobState
from qbsync.model.offers import OfferState
from qbsync.model.records import RecordKind
from qbsync.store.erp import RequestState
from qbsync.store.writebacks import WritebackState

LARGEST_ID = 2**63 - 1
PAGE = 100
MOST = 1000


class Query(BaseModel):
    """A query string; what is left blank is not asked, and unknown names are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in given.items() if value != ""}


class NewestFirst(Query):
    """A page of what is listed newest first, and where it begins."""

    before: int | None = Field(default=None, ge=1, le=LARGEST_ID)
    limit: int = Field(default=PAGE, ge=1, le=MOST)


class JobQuery(NewestFirst):
    """Which jobs to show, and from where on; `tick` ticks all that can be."""

    state: JobState | None = None
    kind: RecordKind | None = None
    connection: str | None = None
    text: str | None = Field(default=None, max_length=200)
    after: int | None = Field(default=None, ge=1, le=LARGEST_ID)
    tick: bool = False

    def which(self) -> JobFilter:
        """The filter for the insights."""
        return JobFilter(
            state=None if self.state is None else self.state.value,
            kind=None if self.kind is None else self.kind.value,
            connection=self.connection,
            text=None if self.text is None else self.text.strip() or None,
        )


class SessionQuery(NewestFirst):
    """Which sessions to show."""

    connection: str | None = None


class WritebackQuery(NewestFirst):
    """Which write-backs to show."""

    connection: str | None = None
    state: WritebackState | None = None


class OfferQuery(Query):
    """Which offers to show; those that wait unless a state is named."""

    connection: str | None = None
    kind: RecordKind | None = None
    state: OfferState = OfferState.OFFERED
    limit: int = Field(default=PAGE, ge=1, le=MOST)


class RequestQuery(NewestFirst):
    """Which ERP requests to show."""

    connection: str | None = None
    state: RequestState | None = None


class DriftQuery(NewestFirst):
    """Which drift to show; `mended` shows what is as it was left again, too."""

    connection: str | None = None
    kind: RecordKind | None = None
    mended: bool = False


_Q = TypeVar("_Q", bound=Query)


def read(model: type[_Q], given: Mapping[str, Any]) -> _Q:
    """The query as its model; raises BadRequest naming what cannot be."""
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        faults = [
            f"{fault['loc'][0]} cannot be {fault['input']!r}: {fault['msg']}." for fault in error.errors()
        ]
        raise BadRequest(" ".join(faults)) from None


def as_arguments(query: Query, **changed: object) -> dict[str, Any]:
    """The query as arguments of an address; what is at its default is left out."""
    values = {**query.model_dump(mode="json", exclude_defaults=True), **changed}
    return {name: value for name, value in values.items() if value is not None}
