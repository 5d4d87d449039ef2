"""What jobs cost in QuickBooks, as Procore is to have it: direct costs, each cost once.

Every line that is on a job is kept as QuickBooks last showed it. What Procore has already is left out: the
lines of bills and vendor credits that qbsync made of its invoices, but not what someone added to one.
Payments of bills cost nothing anew, and neither does a line on an account that is none of expenses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from sqlalchemy.orm import Session

from qbsync.errors import (
    ConfigError,
    ProcoreForbiddenError,
    ProcoreMissingError,
    ProcorePayloadError,
    ProcoreRefusedError,
    ProcoreUnavailableError,
)
from qbsync.mapping.invoice.lines import RETAINAGE
from qbsync.model.costs import CostLine, DirectCost, Places, direct_costs, fingerprint
from qbsync.model.feeds import Feed
from qbsync.model.links import LinkLine
from qbsync.model.names import EXPENSE_TYPES, ListKind
from qbsync.model.records import (
    ChangeOrder,
    ChangeOrderLine,
    Commitment,
    CommitmentLine,
    Invoice,
    InvoiceLine,
    RecordKey,
    RecordKind,
)
from qbsync.procore.client import ProcoreClient
from qbsync.procore.costs import bring_about
from qbsync.procore.writebacks import Result, Target
from qbsync.qbxml.cost_lines import KINDS, cost_lines
from qbsync.qbxml.parse import Ret
from qbsync.store import (
    connections,
    costs,
    links,
    marks,
    project_codes,
    queue,
    records,
    versions,
    writebacks,
)
from qbsync.store.engine import Database
from qbsync.store.names import StoredNames
from qbsync.store.tables import ConnectionRow, LinkRow, WritebackRow
from qbsync.store.writebacks import Owed

_CONFLICT = "409"
TRANSACTIONS = "erp/transactions/"
"""Before a project's id: the mark of whether Procore wants its costs as single transactions."""
_SHOWN = 5
"""Refusals that are named one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectCosts:
    """What one project costs: `owed` are the direct costs that Procore is to have.

    `sent` are the lines behind them, `ours` those of bills that Procore sent as invoices, `unplaced` those
    that no cost code of the project takes. `others` name the job and are no cost, such as a deposit.
    A project `by_figures` takes no direct costs: Procore shows its figures alone.
    """

    project_id: str
    by_figures: bool
    owed: tuple[DirectCost, ...]
    sent: tuple[CostLine, ...]
    ours: tuple[CostLine, ...]
    unplaced: tuple[CostLine, ...]
    others: tuple[CostLine, ...]
    places: Places


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLines:
    """The lines on one job: those that cost it something, and the `others`, on accounts of another type."""

    costs: tuple[CostLine, ...]
    others: tuple[CostLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Linked:
    """Procore's ids of a connection's items and vendors by QuickBooks', and the links of its bills.

    `doubted` are the TxnIDs of bills that QuickBooks shows otherwise than they were sent.
    """

    items: dict[str, str]
    vendors: dict[str, str]
    bills: dict[str, LinkRow]
    doubted: frozenset[str]
    names: StoredNames


def seen(tx: Session, connection_id: int, rets: Sequence[Ret]) -> None:
    """Keep transactions as QuickBooks shows them, deleted ones too."""
    shown = [ret for ret in rets if ret.tag != "TxnDeletedRet" or ret.text("TxnDelType") in KINDS]
    lines = [line for ret in shown if ret.tag != "TxnDeletedRet" for line in cost_lines(ret)]
    costs.replace(tx, connection_id, [ret.text("TxnID") for ret in shown], lines)


def only(tx: Session, connection_id: int, kind: str, txn_ids: Iterable[str]) -> None:
    """Keep that QuickBooks has these transactions of a kind and no others."""
    gone = costs.of_kind(tx, connection_id, kind) - set(txn_ids)
    costs.replace(tx, connection_id, sorted(gone), ())


def any_project(tx: Session, connection_id: int) -> bool:
    """Whether any project is linked, without which nothing costs anything that Procore could want."""
    return bool(links.listing(tx, connection_id=connection_id, kind=RecordKind.PROJECT.value, limit=1))


def owe_changed(tx: Session, connection: ConnectionRow, now: datetime) -> None:
    """Owe Procore the job costs of each project whose direct costs are not as it was last told.

    Those that a project has no longer asked for since are taken off: it shows figures alone.
    """
    owed = []
    for project in of_projects(tx, connection):
        wanted = fingerprint(project.owed)
        told = marks.one(tx, connection.id, _told(project.project_id))
        refused = writebacks.refused_before(tx, connection.id, Target.JOB_COSTS.value, project.project_id)
        # of what it refused Procore may have taken a part: it has not what it was told before that
        heard = told if refused is None else refused
        if wanted != heard and (project.owed or heard):
            owed.append(
                Owed(
                    key=RecordKey(kind=RecordKind.PROJECT, procore_id=project.project_id),
                    target=Target.JOB_COSTS.value,
                    item_id=project.project_id,
                    origin_id=wanted,
                    scope={"project_id": project.project_id},
                )
            )
    writebacks.owe(tx, connection.id, owed, now)


def of_projects(tx: Session, connection: ConnectionRow) -> Iterator[ProjectCosts]:
    """What each linked project costs."""
    linked = _Linked(
        items=_by_quickbooks_id(tx, connection.id, RecordKind.COST_CODE),
        vendors=_by_quickbooks_id(tx, connection.id, RecordKind.VENDOR),
        bills=bills_of(tx, connection.id),
        doubted=versions.taken_otherwise(tx, connection.id, RecordKind.INVOICE),
        names=StoredNames(tx, connection.id),
    )
    for link in links.listing(tx, connection_id=connection.id, kind=RecordKind.PROJECT.value):
        yield _of_project(tx, connection, link, linked)


def send(
    database: Database, client: ProcoreClient, rows: Sequence[WritebackRow], renew: Callable[[], None]
) -> Iterator[Result]:
    """Bring each of these projects to what it costs now, one after the other (409 says why: section 2.6).

    `renew` is called before each step that writes.
    """
    for connection_id, members in groupby(rows, key=lambda row: row.connection_id):
        with database.read() as tx:
            connection = connections.get(tx, connection_id)
            options = connections.options_of(connection)
            by_project = {one.project_id: one for one in of_projects(tx, connection)}
        for row in members:
            project = by_project.get(row.item_id)
            if project is None:  # its link has ended: Procore keeps what it was told
                yield Result(id=row.id, refused=None)
                continue
            yield _send_one(client, row, project, options.job_cost_type, renew)


def told(tx: Session, row: WritebackRow) -> None:
    """Keep that Procore has the job costs as the write-back says."""
    marks.put(tx, row.connection_id, _told(row.item_id), row.origin_id or "")


def _send_one(
    client: ProcoreClient, row: WritebackRow, project: ProjectCosts, cost_type: str, renew: Callable[[], None]
) -> Result:
    try:
        refused = bring_about(client, project.project_id, project.owed, cost_type=cost_type, renew=renew)
    except ConfigError as error:
        return Result(id=row.id, refused=f"{error.message} {error.guidance}".strip())
    except (ProcoreForbiddenError, ProcoreMissingError, ProcoreRefusedError) as error:
        if error.context.get("status") == _CONFLICT:
            return Result(id=row.id, refused=None, postponed=error)
        return Result(id=row.id, refused=error.for_people())
    except (ProcoreUnavailableError, ProcorePayloadError) as error:
        if isinstance(error, ProcoreUnavailableError) and "status" not in error.context:
            raise
        return Result(id=row.id, refused=None, postponed=error)
    return Result(id=row.id, refused=_in_words(refused) or None)


def _in_words(refused: Sequence[str]) -> str:
    more = f" and {len(refused) - _SHOWN} more" if len(refused) > _SHOWN else ""
    return "; ".join(refused[:_SHOWN]) + more


def _of_project(
    tx: Session,
    connection: ConnectionRow,
    link: LinkRow,
    linked: _Linked,
) -> ProjectCosts:
    options = connections.options_of(connection)
    codes = project_codes.listing(tx, connection.id, project_id=link.procore_id)
    by_standard = {row.standard_id: row.procore_id for row in codes}
    uncoded = options.uncoded_cost_code.strip()
    places = Places(
        cost_codes={item: by_standard[code] for item, code in linked.items.items() if code in by_standard},
        vendors=linked.vendors,
        uncoded=next((row.procore_id for row in codes if uncoded and row.full_code == uncoded), ""),
    )
    lines = of_job(tx, connection.id, link.quickbooks_id, linked.bills, linked.names)
    retainage = options.retainage_item.casefold()
    every = (*lines.costs, *lines.others)
    doubted = {(line.txn_id, line.line_id): "" for line in every if line.txn_id in linked.doubted}
    own = doubted | _own(tx, connection.id, lines, linked.bills)
    counted = [
        line
        for line in lines.costs
        if line.place.casefold() != retainage and own.get((line.txn_id, line.line_id)) != RETAINAGE
    ]
    mine = [line for line in counted if (line.txn_id, line.line_id) in own]
    theirs = [line for line in counted if (line.txn_id, line.line_id) not in own]
    erp = connection.feed == Feed.ERP.value
    asked = marks.one(tx, connection.id, f"{TRANSACTIONS}{link.procore_id}") == "true"
    by_figures = erp and not asked
    by_transaction = erp or options.cost_transactions
    return ProjectCosts(
        project_id=link.procore_id,
        by_figures=by_figures,
        owed=() if by_figures else direct_costs(theirs, places, by_transaction=by_transaction),
        sent=tuple(line for line in theirs if places.of(line)),
        ours=tuple(mine),
        unplaced=tuple(line for line in theirs if not places.of(line)),
        others=lines.others,
        places=places,
    )


def of_job(
    tx: Session,
    connection_id: int,
    job_id: str,
    bills: Mapping[str, LinkRow] | None = None,
    names: StoredNames | None = None,
) -> JobLines:
    """What a job cost; a line of our own bill on an account has the item of the cost code it bills.

    `bills` are the links of our bills by TxnID, and `names` QuickBooks' lists, where the caller has them.
    """
    lines = costs.of_job(tx, connection_id, job_id)
    bare = {line.txn_id for line in lines if not line.item_id}
    ours = bills_of(tx, connection_id) if bills is None and bare else bills or {}
    billed = {
        txn_id: _billed(tx, connection_id, ours[txn_id].procore_id) for txn_id in bare if txn_id in ours
    }
    lines = [
        replace(line, item_id=line.item_id or billed.get(line.txn_id, {}).get(line.line_id, ""))
        for line in lines
    ]
    known = names or StoredNames(tx, connection_id)
    return JobLines(
        costs=tuple(line for line in lines if _costs(known, line)),
        others=tuple(line for line in lines if not _costs(known, line)),
    )


def _costs(names: StoredNames, line: CostLine) -> bool:
    """Whether a line costs the job something: on an item, or on an account of expenses.

    One on a bank, receivables, liability, equity or income account moves money and costs nothing; so, until
    QuickBooks' accounts are read, does one on an account that is not known.
    """
    if line.item_id:
        return True
    account = names.of_id(ListKind.ACCOUNT, line.account_id) or names.find(ListKind.ACCOUNT, line.place)
    return account is not None and account.type in EXPENSE_TYPES


def _own(
    tx: Session, connection_id: int, lines: JobLines, bills: Mapping[str, LinkRow]
) -> dict[tuple[str, str], str]:
    """The lines that are invoices of Procore's, by TxnID and TxnLineID, each with the item that it bills.

    Of one of our bills those that we wrote, and not what someone added. Where those are not as we wrote them
    any more, nobody can tell what the others stand for: then the whole bill is the invoice.
    """
    there = [line for line in (*lines.costs, *lines.others) if line.txn_id in bills]
    wrote = {txn_id: links.to_link(bills[txn_id]).lines for txn_id in {line.txn_id for line in there}}
    whole: dict[str, list[CostLine]] = {}
    for line in costs.of_txns(tx, connection_id, wrote):
        whole.setdefault(line.txn_id, []).append(line)
    intact = {txn_id for txn_id, ours in wrote.items() if _as_written(ours, whole.get(txn_id, ()))}
    own: dict[tuple[str, str], str] = {}
    for line in there:
        items = {one.txn_line_id: one.procore_line_id for one in wrote[line.txn_id]}
        if line.line_id in items or line.txn_id not in intact:
            own[line.txn_id, line.line_id] = items.get(line.line_id, "")
    return own


def _as_written(wrote: Sequence[LinkLine], shown: Sequence[CostLine]) -> bool:
    """Whether each line that we wrote stands there, all on one job and of the amount that we wrote."""
    by_id = {line.line_id: line for line in shown}
    ours = [one for one in wrote if one.amount is None or one.amount]
    found = [(one, by_id[one.txn_line_id]) for one in ours if one.txn_line_id in by_id]
    return (
        len(found) == len(ours)
        and len({line.job_id for _, line in found}) == 1
        and all(one.amount in (None, line.amount) for one, line in found)
    )


def bills_of(tx: Session, connection_id: int) -> dict[str, LinkRow]:
    """The links of a connection's own bills, by TxnID."""
    rows = links.listing(tx, connection_id=connection_id, kind=RecordKind.INVOICE.value)
    return {row.quickbooks_id: row for row in rows}


def _billed(tx: Session, connection_id: int, invoice_id: str) -> dict[str, str]:
    """The item of the cost code that each line of an invoice's bill bills, by TxnLineID."""
    key = RecordKey(kind=RecordKind.INVOICE, procore_id=invoice_id)
    link, job = links.find(tx, connection_id, key), queue.synced_of_record(tx, connection_id, key)
    if link is None or job is None:
        return {}
    record = records.from_json(key.kind, job.record)
    assert isinstance(record, Invoice)
    coded = Coded(tx, connection_id)
    codes = {
        item.procore_id: RecordKey(kind=RecordKind.COST_CODE, procore_id=code)
        for item in record.lines
        if (code := coded.code_of(record, item)) is not None
    }
    items = links.find_all(tx, connection_id, codes.values())
    return {
        line.txn_line_id: items[codes[line.procore_line_id]].quickbooks_id
        for line in link.lines
        if codes.get(line.procore_line_id) in items
    }


class Coded:
    """The cost codes of what invoices bill; each commitment and change order is read once."""

    def __init__(self, tx: Session, connection_id: int) -> None:
        self._tx, self._connection_id = tx, connection_id
        self._lines: dict[RecordKey, Sequence[CommitmentLine | ChangeOrderLine]] = {}

    def code_of(self, record: Invoice, item: InvoiceLine) -> str | None:
        """The standard cost code of an invoice's item: its own, else that of what it bills on, if it has one.

        Procore's feed does not always tell an item's own; a whole change order has one where all its lines
        agree.
        """
        if item.cost_code_id is not None:
            return item.cost_code_id
        key = RecordKey(kind=RecordKind.COMMITMENT, procore_id=record.commitment_id)
        wanted = item.commitment_line_id
        if item.change_order_id is not None:
            key = RecordKey(kind=RecordKind.CHANGE_ORDER, procore_id=item.change_order_id)
            wanted = item.change_order_line_id
        found = {line.cost_code_id for line in self._lines_of(key) if wanted in (None, line.procore_id)}
        return found.pop() if len(found) == 1 else None

    def _lines_of(self, key: RecordKey) -> Sequence[CommitmentLine | ChangeOrderLine]:
        if key not in self._lines:
            job = queue.of_record(self._tx, self._connection_id, key)
            record = None if job is None else records.from_json(key.kind, job.record)
            self._lines[key] = record.lines if isinstance(record, Commitment | ChangeOrder) else ()
        return self._lines[key]


def _by_quickbooks_id(tx: Session, connection_id: int, kind: RecordKind) -> dict[str, str]:
    rows: Iterable[LinkRow] = links.listing(tx, connection_id=connection_id, kind=kind.value)
    return {row.quickbooks_id: row.procore_id for row in rows}


def _told(project_id: str) -> str:
    return f"told/costs/{project_id}"
