"""The bulk upsert of section 2.6 of the reference, the same for every object that has one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final, Generic, TypeVar

from flask import Response

from qbsync.simulator.procore.answers import Json, Refusal, answer
from qbsync.simulator.procore.reading import body
from qbsync.simulator.procore.rows import Row

R = TypeVar("R", bound=Row)
Errors = dict[str, list[str]]
Reader = Callable[[object], object]

MOST_ITEMS: Final = 1000
_TAKEN: Final[Errors] = {"origin_id": ["has already been taken"]}


def text(value: object) -> object:
    """Text, or None."""
    return None if value is None else str(value)


def whole(value: object) -> object:
    """An id or a count; raises ValueError saying so for anything else."""
    try:
        return None if value is None else int(str(value))
    except ValueError:
        raise ValueError("is not a number") from None


def decimal(value: object) -> object:
    """An amount from a string or a JSON number; raises ValueError saying so for anything else."""
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise ValueError("is not a number") from None


def truth(value: object) -> object:
    """A boolean; raises ValueError for anything that is none."""
    if not isinstance(value, bool):
        raise ValueError("is not true or false")  # noqa: TRY004  # a bad attribute, as the other readers say
    return value


def calendar_day(value: object) -> object:
    """A date; a malformed one is kept as null without an error (reference, 2.4)."""
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer(Generic[R]):
    """How one type is written: its rows in the company, those in the scope asked for, and the three moves.

    `readers` are the attributes that a body may set; others are ignored, as Rails ignores what it does not
    permit. `check` judges the attributes read, given the row they would change.
    """

    readers: Mapping[str, Reader]
    find: Callable[[int], R | None]
    in_company: Callable[[], Iterable[R]]
    in_scope: Callable[[R], bool]
    check: Callable[[Json, R | None], Errors]
    create: Callable[[Json], R]
    update: Callable[[R, Json], R]
    show: Callable[[R], Json]

    def sync(self) -> Response:
        """Answer a sync request: always 200 with entities and errors, 413 above 1000 items."""
        updates = body().get("updates")
        if not isinstance(updates, list):
            raise Refusal(400, {"errors": {"updates": ["is missing"]}})
        if len(updates) > MOST_ITEMS:
            raise Refusal(413, {"message": f"Sync takes at most {MOST_ITEMS} items."})
        entities: list[Json] = []
        errors: list[Json] = []
        for item in updates:
            result, problems = self._one(item)
            if result is None:
                errors.append({**item, "errors": problems})
            else:
                entities.append(self.show(result))
        return answer({"entities": entities, "errors": errors})

    def patch(self, row: R, item: object) -> R:
        """Change one row; 422 for a bad attribute, 409 for an origin id that another record has."""
        values, problems = self._read(item if isinstance(item, dict) else {})
        problems = problems or self.check(values, row)
        if problems:
            raise Refusal(422, {"errors": problems})
        if self._taken(values, row):
            raise Refusal(409, {"errors": _TAKEN})
        return self.update(row, values)

    def post(self, item: object) -> R:
        """Create one row; 422 for a bad attribute, 409 for an origin id that another record has."""
        values, problems = self._read(item if isinstance(item, dict) else {})
        problems = problems or self.check(values, None)
        if problems:
            raise Refusal(422, {"errors": problems})
        if self._taken(values, None):
            raise Refusal(409, {"errors": _TAKEN})
        return self.create(values)

    def _one(self, item: Json) -> tuple[R | None, Errors]:
        values, problems = self._read(item)
        if problems:
            return None, problems
        row, problems = self._found(item, values)
        problems = problems or self.check(values, row)
        if not problems and self._taken(values, row):
            problems = _TAKEN
        if problems:
            return None, problems
        return (self.create(values) if row is None else self.update(row, values)), {}

    def _found(self, item: Json, values: Json) -> tuple[R | None, Errors]:
        wanted = item.get("id")
        if wanted is not None:
            # With an id the origin id never finds anything: it is what is to be set.
            row = self.find(int(str(wanted))) if str(wanted).isdigit() else None
            if row is None or not self.in_scope(row):
                return None, {"id": ["Entity with this ID not found"]}
            return row, {}
        origin = values.get("origin_id")
        rows = (row for row in self.in_company() if row.origin_id == origin and self.in_scope(row))
        return (next(rows, None) if origin else None), {}

    def _taken(self, values: Json, row: R | None) -> bool:
        origin = values.get("origin_id")
        if not origin:
            return False
        return any(
            other.origin_id == origin for other in self.in_company() if row is None or other.id != row.id
        )

    def _read(self, item: Json) -> tuple[Json, Errors]:
        values: Json = {}
        problems: Errors = {}
        for name, read in self.readers.items():
            if name not in item:
                continue
            try:
                values[name] = read(item[name])
            except ValueError as error:
                problems[name] = [str(error)]
        if values.get("origin_id") == "":
            values["origin_id"] = None
        return values, problems


def name_is_there(values: Json, row: Row | None) -> Errors:
    """A record needs a name, and keeps one."""
    if "name" not in values and row is not None:
        return {}
    return {} if str(values.get("name") or "").strip() else {"name": ["can't be blank"]}


def with_more(values: Json, own: Iterable[str], more: Mapping[str, object]) -> Json:
    """Attributes as row fields; those that no field holds are put into `more`."""
    fields = set(own)
    rest = {key: value for key, value in values.items() if key not in fields}
    return {**{key: value for key, value in values.items() if key in fields}, "more": {**more, **rest}}
