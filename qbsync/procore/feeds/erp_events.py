"""What an ERP request asks of qbsync, one event a record or action (reference, section 4.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from qbsync.model.records import CommitmentType, Record, RecordKey
from qbsync.procore.feeds.erp_known import JobCost
from qbsync.procore.feeds.events import ProjectCodes


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """Under which names of external data Procore is told the ids of one record.

    `header` is "work_order_contract:410077"; `lines` the item type of each line by the line's id;
    `assignments` cost codes and cost types that become synced; `transactions` a budget's, and `job_costs`
    what it comes to by job cost; `cost_types` the Procore ids of a project's by their origin ids. `code` is
    the job code that Procore itself gives a project, before the approver enters another.
    """

    header: str
    lines: Mapping[str, str] = field(default_factory=dict)
    assignments: tuple[tuple[str, str], ...] = ()
    transactions: tuple[str, ...] = ()
    job_costs: Mapping[str, JobCost] = field(default_factory=dict)
    cost_types: Mapping[str, str] = field(default_factory=dict)
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A record of Procore carries that QuickBooks id now: imported, or linked by a person there."""

    key: RecordKey
    quickbooks_id: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A record that a person accepted in Procore.

    `detail` is the request detail to close, empty where Procore did not name it: it is looked up by the
    number in `items.header`. `choices` are the approver's extra fields, `origin_id` what Procore carries for
    it, `codes` a project's cost codes. `named` are other records that the request names with the ids which
    they carry; a connector before this one may have left them.
    """

    detail: str
    record: Record
    items: Items
    choices: Mapping[str, str] = field(default_factory=dict)
    origin_id: str = ""
    codes: ProjectCodes | None = None
    named: tuple[Joined, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reread:
    """An invoice whose request does not say all: it is read by its public show before it is exported.

    `payment_due` is what the request says is due, if it does; it stands in where the show does not say it.
    `choices` are the approver's, as of an export.
    """

    detail: str
    key: RecordKey
    project_id: str
    items: Items
    choices: Mapping[str, str] = field(default_factory=dict)
    payment_due: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A part that cannot be used: its detail is closed as failed with these words.

    `header` is the name of the record in external data, empty where it is not known.
    """

    detail: str
    header: str
    message: str


class RefreshOf(StrEnum):
    """Which of the tool's Refresh buttons was pressed."""

    VENDORS = "vendors"
    JOBS = "jobs"
    COST_CODES = "standard_cost_codes"
    CATEGORIES = "standard_categories"
    COMMITMENTS = "commitments"
    CHANGE_ORDERS = "commitment_change_orders"
    PAYMENTS = "contract_payments"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresh:
    """Procore wants what QuickBooks has; `list_id` is the standard cost code list where it names one."""

    detail: str
    of: RefreshOf
    list_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderJoined:
    """A commitment carries a purchase order's id: imported, or left by another connector, and named now.

    Its lines are read before it is joined. `type` is None where the request does not say it. One that a
    request only names is `left`: it may be linked, or on its way, by then.
    """

    key: RecordKey
    quickbooks_id: str
    type: CommitmentType | None
    project_id: str
    left: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """A record of Procore carries no QuickBooks id any more."""

    key: RecordKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Vendors became one in Procore; `quickbooks_ids` are what each carried, the remaining one's first."""

    key: RecordKey
    sources: tuple[RecordKey, ...]
    quickbooks_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlink:
    """A person wants a record unlinked: only once it is gone from QuickBooks.

    `order_id` is the TxnID under which Procore has the purchase order, as far as the request names it.
    """

    detail: str
    key: RecordKey
    items: Items
    order_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """A super user made Procore forget ids; `keys` are what is named, a project stands for all of it."""

    keys: tuple[RecordKey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IdLost:
    """A super user made Procore forget the id of a payment that it was told of: `item_id` is that id.

    `held_as` is the id of the payment in Procore.
    """

    item_id: str
    held_as: str


class DeletionOf(StrEnum):
    """What Procore wants to delete."""

    COST_CODE = "cost_code"
    ASSIGNMENT = "cost_type_assignment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """Procore asks whether a project's cost code, or a cost type of one, may be deleted.

    `pair` is the cost code's id in QuickBooks, "job ListID|item ListID"; `job_cost_id` and `cost_type`, the
    cost type's origin id, are an assignment's.
    """

    detail: str
    of: DeletionOf
    record_id: str
    project_id: str
    pair: str
    label: str = ""
    job_cost_id: str = ""
    cost_type: str = ""

    @property
    def header(self) -> str:
        """What is to be deleted, as request details name it."""
        return f"{self.of.value}:{self.record_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """A super user deleted cost codes of a project: nothing more is told about them."""

    record_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobNotice:
    """Procore asks for a job's costs, every two hours; `transactions`: as single transactions too."""

    project_id: str
    transactions: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataWanted:
    """Procore wants the connection's metadata again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Nothing is to be done; `why` says what it was."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsupported:
    """What qbsync does not do: its details are closed as failed with these words."""

    details: tuple[str, ...]
    message: str


ErpEvent = (
    Export
    | Reread
    | Broken
    | Refresh
    | Joined
    | OrderJoined
    | Parted
    | Merged
    | Unlink
    | Reset
    | IdLost
    | Delete
    | Forgotten
    | JobNotice
    | MetadataWanted
    | Noted
    | Unsupported
)


def header_of(event: ErpEvent) -> str:
    """The item of an event by which Procore lists its request detail; empty where it has none."""
    match event:
        case Export() | Unlink() | Reread():
            return event.items.header
        case Broken() | Delete():
            return event.header
        case _:
            return ""
