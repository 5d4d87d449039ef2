"""What the made-up company does in Procore's ERP Integrations tool alone, beside the story of both feeds.

It comes after that story: the invoices that release retainage are in the books then, and nobody has paid
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from qbsync.simulator.procore.erp_rows import Kind
from qbsync.simulator.procore.invoice_rows import Invoice
from qbsync.simulator.procore.state import ProcoreState
from qbsync.simulator.quickbooks import CompanyFile
from qbsync.simulator.world import WorldSpec
from qbsync.simulator.world_story import Act

REFRESHED: Final = ("vendors", "jobs", "standard_cost_codes", "commitments", "change_orders", "payments")
_RELEASES: Final = "-3"
"""How the numbers of the invoices end that release retainage."""


def begin(state: ProcoreState) -> None:
    """Procore's staff switch the tool on, with all the oddities that its payloads may show."""
    state.erp.activate(seed=7)


def customer_of(world: WorldSpec, project_name: str) -> str:
    """What the approver types beside a project; one that was imported keeps the world's last customer."""
    known = {project.name: project.customer for project in world.projects}
    return known.get(project_name, world.quickbooks_customers[-1])


def acts() -> Sequence[Act]:
    """Procore Pay, an unlink that is refused, one that is proven, and a last Refresh of everything."""
    return (
        Act(name="Procore Pay pays released retainage", in_procore=_pay, in_books=_delete_a_bill),
        Act(name="Unlinks, and every Refresh button", in_procore=_unlink, in_books=lambda _file: None),
    )


def _released(state: ProcoreState) -> list[Invoice]:
    return [row for row in state.invoices.all() if row.invoice_number.endswith(_RELEASES)]


def _pay(state: ProcoreState) -> None:
    """The first release is paid whole, the second in part; the last is left alone."""
    first, second, *_ = _released(state)
    whole = state.invoices.figures(first.id).due
    state.erp.pay(first.id, whole, check="PP-1")
    part = (state.invoices.figures(second.id).due / 2).quantize(whole)
    state.erp.pay(second.id, part, check="PP-2")
    state.erp.transactions_on.add(state.projects()[0].id)
    for project in state.projects():
        if project.origin_id:
            state.erp.update_job_costs(project.id)


def _delete_a_bill(company: CompanyFile) -> None:
    """The bookkeeper deletes the bill of the last release: it is to be entered anew."""
    *_, bill = [row for row in company.bills() if row.ref_number.endswith(_RELEASES)]
    company.human.delete("Bill", bill.txn_id)


def _unlink(state: ProcoreState) -> None:
    """The invoice whose bill is gone is unlinked, and a commitment on which invoices depend cannot be."""
    *_, last = _released(state)
    state.erp.unlink(Kind.REQUISITION, last.id)
    state.erp.unlink(Kind.COMMITMENT, last.contract_id)
    for what in REFRESHED:
        state.erp.refresh(what)
