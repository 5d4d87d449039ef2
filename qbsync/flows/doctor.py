"""What is missing or wrong with a connection: each thing looked at, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from qbsync.errors import QbsyncError
from qbsync.flows import hook_insights, named_options
from qbsync.flows.checking import Check
from qbsync.flows.erp import checks as erp_checks
from qbsync.model.jobs import JobState
from qbsync.model.names import ListKind
from qbsync.model.taxes import UNTAXED, read_tax_codes
from qbsync.procore.client import ProcoreClient
from qbsync.procore.costs import cost_type_of
from qbsync.qbxml.coding import CLASS_TRACKING
from qbsync.qbxml.preflight import PURCHASE_ORDERS
from qbsync.qbxml.versions import Edition
from qbsync.store import connections, drifts, project_codes, reading, troubles
from qbsync.store.names import StoredNames
from qbsync.store.secrets import Keeper
from qbsync.store.tables import ConnectionRow
from qbsync.store.writebacks import WritebackState

ESTIMATES = "JobsAndEstimatesPreferences/IsUsingEstimates"
"""The preference "Do you create estimates?" (workflows, W3)."""
MISSED_CALLS = 3
"""Calls of the Web Connector that may fail to come before its silence is worth a word."""
_LEAST = timedelta(minutes=10)
_REMARKS = 20
"""Synced jobs with a remark that are shown, the newest."""
_RUN_ONCE = "Run the Web Connector once."
_THEN_RUN = "Then run the Web Connector once."


_PREFERENCES: Mapping[str, tuple[str, str, str, str]] = {
    "estimates": (
        ESTIMATES,
        "Estimates",
        "budgets",
        "Jobs & Estimates, Company Preferences: Yes to estimates",
    ),
    "purchase_orders": (
        PURCHASE_ORDERS,
        "Inventory and purchase orders",
        "commitments, change orders and invoices",
        "Items & Inventory, Company Preferences: tick Inventory and purchase orders are active",
    ),
}


def patience(qbwc_minutes: int) -> timedelta:
    """How long the Web Connector may be silent that should call every so many minutes."""
    return max(_LEAST, MISSED_CALLS * timedelta(minutes=qbwc_minutes))


def of_connection(tx: Session, name: str, now: datetime) -> list[Check]:
    """Everything about a connection that the database can tell; raises NotFoundError."""
    row = connections.named(tx, name)
    return [
        _writing(row),
        _web_connector(row, now),
        _company_file(row),
        _pulls(row),
        _webhooks(tx, row, now),
        *erp_checks.of_connection(tx, row, now),
        *_lists(tx, row),
        *_preferences(row),
        *_tax_codes(tx, row),
        *_classes(row),
        _payments(row),
        *_costs(tx, row),
        *_drift(tx, row),
        *_troubles(tx, row),
        *_jobs(tx, row),
    ]


def _drift(tx: Session, row: ConnectionRow) -> Iterator[Check]:
    counted = drifts.counts(tx, row.id)
    if not connections.options_of(row).drift_minutes and not counted:
        return
    words = ", ".join(f"{count} {sort}" for _, sort, count in counted)
    yield Check(
        name="drift",
        ok=not counted,
        message=f"In QuickBooks not as it was left: {words}."
        if words
        else "QuickBooks has all as it was left.",
        fix=f"qbsync links drift --connection {row.name}" if words else "",
    )


def of_secret(row: ConnectionRow, keeper: Keeper) -> Check:
    """Whether the connection's client secret can be read with this installation's key."""
    try:
        keeper.unseal(row.client_secret)
    except QbsyncError as error:
        return Check(name="secret", ok=False, message=error.message, fix=error.guidance)
    return Check(name="secret", ok=True, message="The client secret can be read.")


def of_sign_in(client: ProcoreClient) -> Check:
    """Whether Procore lets the connection in and shows it the company's projects: one call."""
    try:
        client.get("/rest/v1.1/projects", {"company_id": client.company_id, "per_page": "1"})
    except QbsyncError as error:
        return Check(name="procore_sign_in", ok=False, message=error.message, fix=error.guidance)
    return Check(
        name="procore_sign_in", ok=True, message=f"Procore lets us read company {client.company_id}."
    )


def of_cost_type(client: ProcoreClient, project_id: str, wanted: str) -> Check:
    """Whether Procore has the cost type on which job costs are put: one call."""
    try:
        found = cost_type_of(client, project_id, wanted)
    except QbsyncError as error:
        return Check(name="job_cost_type", ok=False, message=error.message, fix=error.guidance)
    return Check(
        name="job_cost_type", ok=True, message=f"Job costs are put on Procore's cost type {found.name!r}."
    )


def _writing(row: ConnectionRow) -> Check:
    if row.stopped:
        return Check(
            name="writing",
            ok=False,
            message=f"Nothing is written to QuickBooks: {row.stopped}",
            fix=f"Do what it says; `qbsync connection show {row.name}` has more.",
        )
    if row.paused_at is not None:
        return Check(
            name="writing",
            ok=False,
            message=f"The connection is paused since {row.paused_at:%Y-%m-%d %H:%M} UTC.",
            fix=f"qbsync connection resume {row.name}",
        )
    return Check(name="writing", ok=True, message="It is neither paused nor stopped.")


def _web_connector(row: ConnectionRow, now: datetime) -> Check:
    minutes = connections.options_of(row).qbwc_minutes
    last = row.last_contact_at
    if last is None:
        return Check(
            name="web_connector",
            ok=False,
            message="The Web Connector has never called.",
            fix=f"Make its file with `qbsync qwc {row.name} -o {row.name}.qwc`, add it to the Web Connector "
            "on the PC with QuickBooks, type the password, tick Auto-Run and press Update Selected.",
        )
    said = f"The Web Connector last called at {last:%Y-%m-%d %H:%M} UTC"
    if now - last > patience(minutes):
        return Check(
            name="web_connector",
            ok=False,
            message=f"{said}; it should call every {minutes} minutes.",
            fix="On the PC with QuickBooks: see that someone is logged in to Windows, that the QuickBooks "
            "Web Connector is open, and that Auto-Run is ticked for qbsync there.",
        )
    return Check(name="web_connector", ok=True, message=f"{said}.")


def _company_file(row: ConnectionRow) -> Check:
    seen = row.company_seen
    if not seen.get("confirmed"):
        return Check(
            name="company_file", ok=False, message="The company file has not been seen yet.", fix=_RUN_ONCE
        )
    where = f" at {seen['path']}" if seen.get("path") else ""
    return Check(name="company_file", ok=True, message=f"It is {seen.get('name', '')!r}{where}.")


def _pulls(row: ConnectionRow) -> Check:
    if row.pull_error:
        return Check(
            name="procore_reading",
            ok=False,
            message=f"Procore could not be read: {row.pull_error}",
            fix=f"When that is mended: qbsync pull {row.name}",
        )
    return Check(name="procore_reading", ok=True, message="The last reading of Procore had no error.")


def _webhooks(tx: Session, row: ConnectionRow, now: datetime) -> Check:
    ok, message, fix = hook_insights.fares(tx, row, now)
    return Check(name="webhooks", ok=ok, message=message, fix=fix)


def _lists(tx: Session, row: ConnectionRow) -> Iterator[Check]:
    if row.names_at is None:
        yield Check(
            name="lists",
            ok=False,
            message="QuickBooks' lists have not been read, so what the options name cannot be checked.",
            fix=_RUN_ONCE,
        )
    else:
        yield Check(
            name="lists",
            ok=True,
            message=f"QuickBooks' lists were read at {row.names_at:%Y-%m-%d %H:%M} UTC.",
        )
    for one in named_options.found(tx, row):
        said = one.fault or f"QuickBooks has the {one.word} {one.name!r}."
        yield Check(name=one.option, ok=not one.fault, message=said, fix=one.guidance if one.fault else "")
    options = connections.options_of(row)
    if not options.retainage_item:
        yield Check(
            name="retainage_item",
            ok=False,
            message="No retainage item is chosen; invoices with retainage cannot be sent.",
            fix=f"Have QuickBooks make it: qbsync connection retainage-item {row.name}. Or name a Service "
            f"item that it has: qbsync connection set {row.name} retainage_item=Retainage.",
        )


def _preferences(row: ConnectionRow) -> Iterator[Check]:
    held: Mapping[str, str] = row.company_seen.get("preferences", {})
    for name, (path, word, needed_by, where) in _PREFERENCES.items():
        match held.get(path):
            case "true":
                yield Check(name=name, ok=True, message=f"{word} are switched on in QuickBooks.")
            case None:
                yield Check(
                    name=name,
                    ok=False,
                    message=f"Whether {word.lower()} are switched on in QuickBooks is not known yet.",
                    fix=_RUN_ONCE,
                )
            case _:
                yield Check(
                    name=name,
                    ok=False,
                    message=f"{word} are switched off in QuickBooks; {needed_by} need them.",
                    fix=f"In QuickBooks, as Admin: Edit, Preferences, {where}. {_THEN_RUN}",
                )


def _tax_codes(tx: Session, row: ConnectionRow) -> Iterator[Check]:
    """Whether the map of tax codes does for the edition, and names codes that QuickBooks has."""
    codes = read_tax_codes(connections.options_of(row).tax_codes)
    edition = row.company_seen.get("edition", "")
    canadian = edition not in ("", Edition.US.value)
    fault, fix = "", f'qbsync connection set {row.name} tax_codes="GST=G, none=E", with your own codes.'
    if codes and edition == Edition.US.value:
        fault = "tax_codes is set, and the company file is of the US edition, whose lines take no tax."
        fix = f"qbsync connection set {row.name} tax_codes="
    elif canadian and UNTAXED not in codes:
        fault = "QuickBooks wants a sales tax code on each line; tax_codes names none= for lines without tax."
    names = StoredNames(tx, row.id)
    for code in dict.fromkeys(filter(None, codes.values())):
        known = names.find(ListKind.SALES_TAX_CODE, code)
        if canadian and not fault and names.known(ListKind.SALES_TAX_CODE) and not (known and known.active):
            fault = f"QuickBooks has no active sales tax code {code!r}."
    if codes or fault:
        yield Check(
            name="tax_codes",
            ok=not fault,
            message=fault or "Each tax code of the map is one of QuickBooks'.",
            fix=fix if fault else "",
        )


def _classes(row: ConnectionRow) -> Iterator[Check]:
    """Whether QuickBooks tracks classes, where they stand for cost types."""
    if connections.options_of(row).cost_types != "class":
        return
    held = row.company_seen.get("preferences", {}).get(CLASS_TRACKING)
    yield Check(
        name="classes",
        ok=held == "true",
        message="Class tracking is switched on in QuickBooks."
        if held == "true"
        else "Cost types become classes, and as far as is known QuickBooks does not track classes.",
        fix=""
        if held == "true"
        else "In QuickBooks, as Admin: Edit, Preferences, Accounting, Company Preferences: tick Use class "
        f"tracking for transactions. {_THEN_RUN}",
    )


def _payments(row: ConnectionRow) -> Check:
    return _read_every(
        "payments", "Payments", connections.options_of(row).payment_minutes, option="payment_minutes"
    )


def _costs(tx: Session, row: ConnectionRow) -> Iterator[Check]:
    """How often job costs are read, and whether those without a cost code have one to go on."""
    options = connections.options_of(row)
    yield _read_every("costs", "Job costs", options.cost_minutes, option="cost_minutes")
    uncoded = options.uncoded_cost_code.strip()
    codes = project_codes.listing(tx, row.id)
    if not uncoded or not codes:
        return
    projects = {code.project_id for code in codes}
    lacking = projects - {code.project_id for code in codes if code.full_code == uncoded}
    message = f"Costs that name no cost code go on {uncoded!r} in each project."
    if lacking:
        which = (
            "No project has" if lacking == projects else f"{len(lacking)} of {len(projects)} projects lack"
        )
        message = f"{which} the cost code {uncoded!r}; there, costs that name no cost code stay out."
    yield Check(
        name="uncoded_cost_code",
        ok=not lacking,
        message=message,
        fix="Add that code to the projects in Procore, written as there, or qbsync connection set "
        f"{row.name} uncoded_cost_code=..."
        if lacking
        else "",
    )


def _read_every(name: str, words: str, minutes: int, *, option: str) -> Check:
    if not minutes:
        message = f"{words} in QuickBooks are not looked for: they are switched off ({option} is 0)."
    else:
        message = f"{words} in QuickBooks are set to be looked for every {minutes} minutes."
    return Check(name=name, ok=True, message=message)


def _troubles(tx: Session, row: ConnectionRow) -> Iterator[Check]:
    shown = {named_options.subject_of(one.option) for one in named_options.NAMED} | erp_checks.subjects()
    for one in troubles.listing(tx, row.id):
        if one.subject in shown:
            continue  # each of these has a check of its own, as things are now
        yield Check(name="trouble", ok=False, message=f"{one.subject}: {one.message}", fix=one.guidance)


def _jobs(tx: Session, row: ConnectionRow) -> Iterator[Check]:
    counts = reading.counts_by_state(tx, row.id)
    for state in (JobState.FAILED, JobState.IN_DOUBT):
        count = counts.get(state.value, 0)
        yield Check(
            name=f"jobs_{state.value}",
            ok=not count,
            message=f"{count or 'No'} {'job' if count == 1 else 'jobs'}: {state.words}.",
            fix=f"qbsync jobs list --connection {row.name} --state {state.value}" if count else "",
        )
    for job in reading.remarked(tx, row.id, _REMARKS):
        yield Check(
            name="remark",
            ok=False,
            message=f"Job {job.id}, {job.label!r}, is synced, but: {job.error}",
            fix=job.guidance,
        )
    refused = reading.writebacks_by_state(tx, row.id).get(WritebackState.REFUSED.value, 0)
    yield Check(
        name="writebacks_refused",
        ok=not refused,
        message=f"{refused or 'No'} {'write-back' if refused == 1 else 'write-backs'} refused by Procore.",
        fix=f"qbsync writebacks list --connection {row.name} --state refused" if refused else "",
    )
