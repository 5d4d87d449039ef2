"""What the ERP feed is told of this connection's links: requests name records by QuickBooks' ids."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from qbsync.flows import world as worlds
from qbsync.flows.erp import external
from qbsync.model.links import Link
from qbsync.model.names import ListKind
from qbsync.model.records import Commitment, CostCode, Project, RecordKey, RecordKind
from qbsync.procore.feeds.erp_known import JobCost, KnownLine
from qbsync.store import erp, links, names, numbers, queue
from qbsync.store.erp import Outcome, Purpose
from qbsync.store.erp_tables import ErpPartRow

_LINED = (RecordKind.COMMITMENT, RecordKind.CHANGE_ORDER)


class StoredKnown:
    """Answers from the links and jobs of one connection, inside one transaction."""

    def __init__(self, tx: Session, connection_id: int) -> None:
        self._tx = tx
        self._id = connection_id

    @property
    def list_id(self) -> str:
        """The standard cost code list that Procore made for QuickBooks."""
        return erp.list_id(self._tx, self._id)

    def cost_code(self, item_id: str) -> CostCode | None:
        """The standard cost code linked to an item; one that was only linked goes by the item's name."""
        link = self._linked(item_id, RecordKind.COST_CODE)
        if link is None:
            return None
        record = self._record(link.key)
        if isinstance(record, CostCode):
            return record
        segments = link.name.split(":")
        return CostCode(
            procore_id=link.key.procore_id, code=segments[-1], full_code="-".join(segments), name=""
        )

    def standard_code(self, full_code: str) -> str:
        """The standard cost code of that whole code."""
        return numbers.cost_code_of(self._tx, self._id, full_code)

    def project(self, job_id: str) -> str:
        """The project linked to a job."""
        link = self._linked(job_id, RecordKind.PROJECT)
        return "" if link is None else link.key.procore_id

    def project_name(self, project_id: str) -> str:
        """A project's name."""
        record = self._record(RecordKey(kind=RecordKind.PROJECT, procore_id=project_id))
        return record.name if isinstance(record, Project) else ""

    def refused_code(self, project_id: str) -> str | None:
        """The job code with which a project was first exported that has failed since."""
        key = RecordKey(kind=RecordKind.PROJECT, procore_id=project_id)
        part = erp.newest_export(self._tx, self._id, key)
        failed = part is not None and part.purpose == Purpose.EXPORT and part.outcome == Outcome.FAILED
        if part is None or not failed or links.find(self._tx, self._id, key) is not None:
            return None
        code: str | None = part.items.get("code")
        return code

    def chosen_name(self, project_id: str, name: str) -> str:
        """What a project of that name was called in QuickBooks instead, while its job is called that."""
        key = RecordKey(kind=RecordKind.PROJECT, procore_id=project_id)
        link, job = links.find(self._tx, self._id, key), queue.of_record(self._tx, self._id, key)
        if link is None or job is None or self.project_name(project_id) != name:
            return ""
        chosen: str = job.choices.get("name", "")
        return chosen if link.name.rpartition(":")[2] == chosen else ""

    def commitment(self, contract_id: str) -> Commitment | None:
        """A commitment that QuickBooks has, as it was last exported."""
        key = RecordKey(kind=RecordKind.COMMITMENT, procore_id=contract_id)
        record = self._record(key) if links.find(self._tx, self._id, key) else None
        return record if isinstance(record, Commitment) else None

    def line(self, origin_id: str) -> KnownLine | None:
        """The line that Procore was told that id of."""
        txn_id = origin_id.partition("|")[0]
        for link in links.of_quickbooks_id(self._tx, self._id, txn_id, _LINED):
            told = {told: line_id for line_id, told in external.line_ids(link).items()}
            if origin_id in told:
                return KnownLine(key=link.key, line_id=told[origin_id])
        return None

    def account(self, value: str) -> str:
        """An account's full name, of its ListID or its full name."""
        known = names.of_id(self._tx, self._id, ListKind.ACCOUNT, value)
        known = known or names.StoredNames(self._tx, self._id).find(ListKind.ACCOUNT, value)
        return "" if known is None else known.full_name

    def job_costs(self, project_id: str) -> Mapping[str, JobCost]:
        """What a project's budget comes to in QuickBooks, or will once it has what is on its way."""
        key = RecordKey(kind=RecordKind.BUDGET, procore_id=project_id)
        # what failed or ended is not synced in Procore either, which names it again unless it was taken back
        return job_costs_in(erp.export_there_or_coming(self._tx, self._id, key))

    def _linked(self, quickbooks_id: str, kind: RecordKind) -> Link | None:
        return next(iter(links.of_quickbooks_id(self._tx, self._id, quickbooks_id, [kind])), None)

    def _record(self, key: RecordKey) -> object:
        job = queue.of_record(self._tx, self._id, key)
        return None if job is None else worlds.record_of(job)


def job_costs_in(part: ErpPartRow | None) -> Mapping[str, JobCost]:
    """What a budget's export said of its project, by job cost; nothing where there is none."""
    kept = part.items.get("job_costs", {}) if part is not None else {}
    return {cost_id: JobCost(**cost) for cost_id, cost in kept.items()}
