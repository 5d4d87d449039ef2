"""A locked budget of Procore becomes the one Estimate of its job, and its changes an EstimateMod."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from qbsync.errors import MappingError
from qbsync.mapping.budget import marked
from qbsync.model.context import Context, Review, Shown
from qbsync.model.links import Link, LinkLine
from qbsync.model.money import to_cents
from qbsync.model.names import ListKind
from qbsync.model.records import Budget, RecordKey, RecordKind, key_of, label_of
from qbsync.qbxml import ordinary
from qbsync.qbxml.coding import class_reference, net_of_tax, tax_reference
from qbsync.qbxml.currency import check_job
from qbsync.qbxml.figures import amount_of
from qbsync.qbxml.moments import changed_since
from qbsync.qbxml.owned import Owned
from qbsync.qbxml.parse import Ret
from qbsync.qbxml.preflight import Advice, Preflight, filled, reference, unlinked
from qbsync.qbxml.requests import Body, Request

NEW_LINE = "-1"
"""TxnLineID of a line that a Mod appends, after those that are there (reference, section 3.5)."""
PREFERENCE = "JobsAndEstimatesPreferences/IsUsingEstimates"
_GROUP = "EstimateLineGroupRet"
_LINES = Advice(field="lines", guidance="Correct the lines of the budget in Procore.")
_ADVICE = {
    "EstimateAdd": _LINES,
    "EstimateMod": _LINES,
    "Desc": Advice(field="lines", guidance="Shorten the name of the cost code in Procore."),
    "Amount": _LINES,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Total:
    """What one cost code is budgeted: over all its cost types, or for one of them where those are told."""

    cost_code_id: str
    cost_type_id: str
    cost_type: str
    description: str
    amount: Decimal

    @property
    def key(self) -> str:
        """What tells its line from the others: the cost code's id, and the cost type's where it has one."""
        return f"{self.cost_code_id}/{self.cost_type_id}" if self.cost_type_id else self.cost_code_id


def references(record: Budget) -> tuple[RecordKey, ...]:
    """The project and each cost code, once each."""
    codes = dict.fromkeys(line.cost_code_id for line in record.lines if line.cost_code_id is not None)
    return (_project(record), *(marked.code_of(code) for code in codes))


def touches(record: Budget) -> RecordKey:
    """Its own estimate alone."""
    return key_of(record)


def lives_in(record: Budget) -> RecordKey | None:  # noqa: ARG001  # as for each kind
    """None: it is a record of its own in QuickBooks."""
    return None


def review(record: Budget, context: Context) -> Review:
    """Check the Estimates preference and each line."""
    preflight = Preflight(record)
    _check(record, context, preflight)
    draft = _add(record, context, preflight)
    if context.link is None:
        preflight.check(draft, _ADVICE, edition=context.edition)
    return preflight.review()


def request(record: Budget, context: Context) -> Request:
    """EstimateAdd; for a linked budget EstimateMod, every line of `context.held` named again.

    A line of ours that someone deleted is added again. Raises MappingError where it cannot be sent, or
    where someone changed a line of ours in QuickBooks since.
    """
    preflight = Preflight(record)
    _check(record, context, preflight)
    link = context.link
    draft = _add(record, context, preflight) if link is None else _mod(record, context, link, preflight)
    preflight.check(draft, _ADVICE, edition=context.edition)
    preflight.settle(unlinked(context, references(record)))
    return draft


def outcome(record: Budget, ret: Ret) -> Link:
    """The link that an EstimateRet makes: each cost code joined to the line that carries its mark.

    Raises MappingError where the amounts of ours are not all there to the cent.
    """
    wanted = {total.key: total for total in _totals(record)}
    lines: list[LinkLine] = []
    for line in ret.all(marked.LINE):
        code = marked.named(line)
        if code is None:
            continue
        amount = amount_of(line)
        expected = wanted.pop(code).amount if code in wanted else Decimal(0)
        if amount != expected:
            raise _misfit(record, ret, f"the line {line.text('Desc')!r} is {amount}, Procore has {expected}")
        lines.append(
            LinkLine(
                procore_line_id=code,
                txn_line_id=line.text("TxnLineID"),
                amount=amount,
                item_id=line.text("ItemRef/ListID"),
                class_id=line.text("ClassRef/ListID") if marked.is_typed(code) else "",
            )
        )
    missing = next((total for total in wanted.values()), None)
    if missing is not None:
        raise _misfit(record, ret, f"it has no line for {missing.description}")
    return ordinary.transaction_link(record, ret, tuple(lines))


def owned(record: Budget, link: Link) -> Owned:
    """The job, whether it is active, and each of our lines, with its class where those are cost types.

    A Mod writes amounts alone.
    """
    typed = any(line.cost_type_id for line in record.lines)
    return Owned(
        fields=("CustomerRef", "IsActive", "Memo"),
        line_fields=("ItemRef", *(("ClassRef",) if typed else ()), "Desc", "Amount"),
        lines=frozenset(line.txn_line_id for line in link.lines),
        once=frozenset({"CustomerRef", "IsActive", "Memo", "ItemRef", "ClassRef", "Desc"}),
    )


def probe(record: Budget, context: Context, since: datetime | None) -> Request:
    """The job's estimates changed since `since` (aware), with their lines; the own one where it is linked.

    Raises MappingError while the project is not linked.
    """
    if context.link is not None:
        return reread(context.link)
    preflight = Preflight(record)
    preflight.settle(unlinked(context, [_project(record)]))
    body: dict[str, Body | bool] = {
        "EntityFilter": reference(context, _project(record)),
        "IncludeLineItems": True,
    }
    if since is not None:
        body["ModifiedDateRangeFilter"] = {"FromModifiedDate": changed_since(since)}
    return Request(name="EstimateQueryRq", body=body)


def trace(record: Budget, context: Context, since: datetime) -> Request:  # noqa: ARG001  # as for each kind
    """Ask for every estimate that changed since, with its lines."""
    return ordinary.transactions_since("EstimateQueryRq", since)


def reread(link: Link) -> Request:
    """Ask for the linked estimate, with its lines, by its TxnID."""
    return ordinary.transaction("EstimateQueryRq", link)


remarks = ordinary.nothing_to_say
is_no_news = ordinary.never
holds = ordinary.always
is_ours = ordinary.carries_guid


def resembles(record: Budget, ret: Ret, context: Context) -> bool:
    """Whether it is an estimate of this job with our very lines and amounts, whoever made it."""
    job = context.links.get(_project(record))
    if job is None or ret.text("CustomerRef/ListID") != job.quickbooks_id:
        return False
    return agrees(record, ret, context)


def agrees(record: Budget, ret: Ret, context: Context) -> bool:
    """Whether the estimate has exactly our lines and amounts, each with the class of its cost type."""
    try:
        made = outcome(record, ret)
    except MappingError:
        return False
    types = {total.key: total.cost_type for total in _totals(record) if marked.is_typed(total.key)}
    typed = [(line, types[line.procore_line_id]) for line in made.lines if line.procore_line_id in types]
    classes = [(line, context.names.find(ListKind.CLASS, name)) for line, name in typed]
    return all(known is None or line.class_id == known.list_id for line, known in classes)


def _project(record: Budget) -> RecordKey:
    return RecordKey(kind=RecordKind.PROJECT, procore_id=record.procore_id)


def _check(record: Budget, context: Context, preflight: Preflight) -> None:
    if context.preferences.get(PREFERENCE) == "false":
        preflight.problem(
            "preferences",
            "QuickBooks does not use estimates.",
            "In QuickBooks, as Admin: Edit > Preferences > Jobs & Estimates > Company Preferences > Do you "
            "create estimates? Yes. Run the Web Connector once, then accept the budget.",
        )
    check_job(_project(record), context, preflight)
    if not record.lines:
        preflight.problem("lines", "It has no lines.", "Add budget line items in Procore.")
    for place, line in enumerate(record.lines, start=1):
        code = line.cost_code if line.cost_code_id is None else None
        preflight.check_line(f"line {place}", code=code, amount=line.amount)


def _totals(record: Budget) -> list[_Total]:
    """One total a cost code (and cost type, where told), in the order of the codes."""
    totals: dict[tuple[str, str], _Total] = {}
    for line in sorted(record.lines, key=lambda line: (line.cost_code, line.cost_type)):
        key = (line.cost_code_id or "", line.cost_type_id)
        before = totals.get(key)
        totals[key] = _Total(
            cost_code_id=key[0],
            cost_type_id=key[1],
            cost_type=line.cost_type,
            description=line.description if before is None else before.description,
            amount=to_cents(line.amount) + (Decimal(0) if before is None else before.amount),
        )
    return list(totals.values())


def _add(record: Budget, context: Context, preflight: Preflight) -> Request:
    body = filled(
        {
            "CustomerRef": reference(context, _project(record)),
            "Memo": preflight.line("project_name", f"Budget of {record.project_name}".strip()),
            **net_of_tax(context),
            "ExternalGUID": context.guid,
        }
    )
    lines = [_line(total, context, preflight) for total in _totals(record)]
    return Request(name="EstimateAddRq", body={"EstimateAdd": {**body, "EstimateLineAdd": lines}})


def _line(total: _Total, context: Context, preflight: Preflight) -> Body:
    return filled(
        {
            "ItemRef": reference(context, marked.code_of(total.cost_code_id)),
            "Desc": preflight.line("lines", total.description),
            "Amount": total.amount,
            "Other1": marked.mark(total.key),
            "ClassRef": class_reference("lines", total.cost_type, context, preflight),
            "SalesTaxCodeRef": tax_reference("lines", None, context, preflight),
        }
    )


def _mod(record: Budget, context: Context, link: Link, preflight: Preflight) -> Request:
    held = context.held
    if held is None:
        raise MappingError(
            f"The estimate of {label_of(record)} has not been read.",
            guidance="Retry it; if this comes back, report it.",
            context={"record": str(key_of(record))},
        )
    _check_job(record, context, held, preflight)
    wanted = {total.key: total for total in _totals(record)}
    known = marked.ours(link, held, preflight)
    lines: list[Body] = []
    for line in held.all(marked.LINE):
        line_id = line.text("TxnLineID")
        ours = known.get(line_id)
        if ours is None:
            lines.append({"TxnLineID": line_id})
            continue
        total = wanted.pop(ours.procore_line_id, None)
        amount = total.amount if total is not None else Decimal(0)
        marked.check_item(line, ours, context, preflight)
        marked.check_class(line, ours, "" if total is None else total.cost_type, preflight)
        lines.append(marked.changed(line, ours, amount, preflight))
    lines += [
        {"TxnLineID": NEW_LINE, **_line(total, context, preflight)} for total in _in_order(record, wanted)
    ]
    body: dict[str, str | list[Body]] = {
        "TxnID": link.quickbooks_id,
        "EditSequence": held.text("EditSequence"),
        "EstimateLineMod": lines,
    }
    groups: list[Body] = [{"TxnLineID": line.text("TxnLineID")} for line in held.all(_GROUP)]
    if groups:
        body["EstimateLineGroupMod"] = groups
    return Request(name="EstimateModRq", body={"EstimateMod": body})


def _in_order(record: Budget, wanted: dict[str, _Total]) -> Iterator[_Total]:
    return (total for total in _totals(record) if total.key in wanted)


def _check_job(record: Budget, context: Context, held: Shown, preflight: Preflight) -> None:
    """An estimate that someone gave to another job is not this budget's any more."""
    job = context.links.get(_project(record))
    if job is not None and held.text("CustomerRef/ListID") != job.quickbooks_id:
        preflight.problem(
            "project_name",
            f"The estimate was changed in QuickBooks: it is for {held.text('CustomerRef/FullName')!r}, "
            f"qbsync had made it for {job.name!r}.",
            f"Give it back to {job.name!r} in QuickBooks, then retry.",
        )


def _misfit(record: Budget, ret: Ret, fault: str) -> MappingError:
    return MappingError(
        f"QuickBooks' estimate {ret.text('RefNumber')!r} is not the {label_of(record)}: {fault}.",
        guidance="Compare the two. Correct the line in QuickBooks and retry; or delete the estimate there, "
        "unlink the budget and export it again.",
        context={"record": str(key_of(record)), "txn_id": ret.text("TxnID")},
    )
