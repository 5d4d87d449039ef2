"""What the demo shows at its end: the job table, and Procore's ledger beside QuickBooks'."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from typing import TypedDict

from rich.console import Console
from rich.table import Table

from qbsync.cli.demo_company import Company
from qbsync.cli.output import Exit
from qbsync.model.feeds import Feed
from qbsync.model.jobs import JobState
from qbsync.simulator import world_books
from qbsync.simulator.ledger import Difference, differences, summary
from qbsync.simulator.ledger_books import VENDOR, Chosen
from qbsync.simulator.procore.erp_rows import FAILED
from qbsync.simulator.procore.erp_tool import ErpTool
from qbsync.simulator.world_story import RETAINAGE_ITEM
from qbsync.store import inbox

_SHOWN = 20


def show(company: Company) -> Exit:
    """Print the tables; CHECK_FAILED where a ledger differs or a job did not come through."""
    console = Console(file=sys.stdout, highlight=False, markup=False)
    console.print(_jobs(company))
    found = differences(company.procore.state, company.file, chosen=spelled(company), **judged(company))
    console.print(_ledger(company, found))
    for one in found[:_SHOWN]:
        console.print(f"  {one}")
    stuck = [job for job in company.jobs() if job["state"] not in (JobState.SYNCED, JobState.CANCELLED)]
    for job in stuck[:_SHOWN]:
        console.print(f"  {job['kind']} {job['label']}: {job['state_words']}. {job['error'] or ''}".rstrip())
    trips = sum(update.round_trips for update in company.updates)
    console.print(f"{trips} round trips in {len(company.updates)} updates; {len(found)} differences.")
    kept = _deliveries(company)
    told = ", ".join(f"{count} {outcome}" for outcome, count in kept.items())
    console.print(
        f"Webhooks told of {sum(kept.values())} events ({told}); {company.heard} jobs came by them."
    )
    if company.way.feed is Feed.ERP:
        console.print(_requests(company.procore.state.erp))
    return Exit.CHECK_FAILED if found or stuck else Exit.OK


def _requests(tool: ErpTool) -> str:
    """How Procore's requests were answered; what is wrong with an answer is among the differences."""
    closed = Counter(one.detail_id for one in tool.closings)
    details = tool.tables.details.live()
    once = sum(closed[one.id] == 1 for one in details)
    refused = sum(one.status == FAILED for one in details)
    return (
        f"{len(tool.events)} ERP requests: {once} of {len(details)} request details closed exactly once, "
        f"{refused} of them as failed."
    )


def show_calls(company: Company, seconds: float) -> None:
    """Print the calls to Procore by endpoint, as the simulated one counted them, and how long it all took."""
    console = Console(file=sys.stdout, highlight=False, markup=False)
    made = Counter(company.procore.calls)
    for endpoint, count in made.most_common():
        console.print(f"{count:6}  {endpoint}", soft_wrap=True)
    console.print(f"{made.total()} calls to Procore; {seconds:.0f} seconds from start to end.")


def _deliveries(company: Company) -> dict[str, int]:
    with company.app.database.read() as tx:
        return {outcome: count for (_, outcome), count in sorted(inbox.counts(tx).items())}


class _Judged(TypedDict):
    """What the comparison is told: what QuickBooks may have alone, and what means something of its own."""

    before: set[str]
    retainage_item: str
    uncoded_item: str


def judged(company: Company) -> _Judged:
    """What of the company file the comparison is told beforehand."""
    return _Judged(
        before={RETAINAGE_ITEM, world_books.ARCHIVED.name},
        retainage_item=RETAINAGE_ITEM,
        uncoded_item=company.world.uncoded_item,
    )


def spelled(company: Company) -> Chosen:
    """How the books spell the vendor that was linked by suggestion."""
    name, spec = world_books.twin(company.world)
    return {(VENDOR, str(row.id)): name for row in company.procore.state.vendors() if row.name == spec.name}


def _jobs(company: Company) -> Table:
    counted = Counter((job["kind"], job["state"]) for job in company.jobs())
    states = [state for state in JobState if any(one == state.value for _, one in counted)]
    table = Table("Jobs", *(state.words for state in states), box=None)
    for kind in dict.fromkeys(kind for kind, _ in sorted(counted)):
        table.add_row(kind, *(str(counted[kind, state.value]) for state in states))
    return table


def _ledger(company: Company, found: Sequence[Difference]) -> Table:
    table = Table(
        "Ledger", "Procore", "QuickBooks", "Amount", "Amount in QuickBooks", "Differences", box=None
    )
    for row in summary(company.procore.state, company.file, found, **judged(company)):
        table.add_row(
            row.kind.replace("_", " "),
            str(row.procore),
            str(row.quickbooks),
            "" if row.procore_amount is None else f"{row.procore_amount:,.2f}",
            "" if row.quickbooks_amount is None else f"{row.quickbooks_amount:,.2f}",
            str(row.differences),
        )
    return table
