"""Stories of an ERP feed in which one thing goes wrong: the others go on, and nothing is lost for good."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from qbsync.errors import ProcoreUnavailableError
from qbsync.flows import unlinking
from qbsync.flows.erp import asking, registration, requests, words
from qbsync.model.records import RecordKey, RecordKind
from qbsync.simulator.procore.erp_rows import FAILED, IN_PROGRESS, SUCCESS, Kind, Stage
from qbsync.store import writebacks
from qbsync.store.tables import WritebackRow

FOREVER = 10**6
REQUESTS = "/rest/v1.0/companies/*/erp_requests/"
METADATA = "/rest/v1.0/companies/*/erp_connections"
DETAILS = "/rest/v1.0/companies/*/erp_request_details"
STAGED = "/rest/v1.0/companies/*/staged_records/sync"


# One request in trouble.


@pytest.mark.parametrize("status", [403, 422, 500], ids=["forbidden", "refused", "in trouble"])
def test_a_request_that_procore_does_not_give_stops_no_other(office, status):
    """One vendor goes to QuickBooks while another's request is refused; the other goes after that."""
    first, bad = office.vendor("First")
    second, _ = office.vendor("Second")
    office.procore.inject("GET", f"{REQUESTS}{bad.id}", status, times=FOREVER)
    office.goes_on()
    assert office.item(Kind.VENDOR, second.id) == (Stage.SYNCED, "")
    assert office.kept(bad).state == "new"
    assert f"ERP request {bad.id}" in office.troubles()
    office.procore.heal()
    office.goes_on()
    assert office.item(Kind.VENDOR, first.id) == (Stage.SYNCED, "")
    assert office.troubles() == {}
    assert office.tool.violations == []


def test_a_fault_of_our_own_stops_no_other_request(office, monkeypatch):
    """What qbsync itself cannot do with one request is kept with it, and the next one is taken in."""
    first, bad = office.vendor("First")
    second, _ = office.vendor("Second")
    right = asking.events_of

    def wrong(request, known):
        if request.id == str(bad.id):
            raise ZeroDivisionError
        return right(request, known)

    monkeypatch.setattr(asking, "events_of", wrong)
    office.goes_on()
    assert office.item(Kind.VENDOR, second.id) == (Stage.SYNCED, "")
    assert "a fault of its own" in office.troubles()[f"ERP request {bad.id}"]
    monkeypatch.setattr(asking, "events_of", right)
    office.goes_on(rounds=3)
    assert office.item(Kind.VENDOR, first.id) == (Stage.SYNCED, "")


def test_a_request_in_trouble_is_asked_for_less_and_less(office):
    """In a day it is asked for at most twice an hour and a handful of times at first."""
    _, bad = office.vendor()
    office.procore.inject("GET", f"{REQUESTS}{bad.id}", 403, times=FOREVER)
    before = len(office.procore.log)
    for _ in range(24 * 6):
        office.pull(after=timedelta(minutes=10))
    asked = [one for one in office.procore.log[before:] if one.path.endswith(f"/{bad.id}")]
    assert 20 < len(asked) < 40


def test_where_nobody_answers_the_pass_ends(office, monkeypatch):
    """Without an answer the pass ends at the first request, and what it did not reach waits as it was."""
    for name in ("One", "Two", "Three"):
        office.vendor(name)
    asked = []

    def nobody(_method, path, **_more):
        if "/erp_requests/" in path:
            asked.append(path)
            raise ProcoreUnavailableError("No answer.", retry_after=None)
        return right(_method, path, **_more)

    right = office.company.client.call
    monkeypatch.setattr(office.company.client, "call", nobody)
    with pytest.raises(ProcoreUnavailableError):
        office.pull()
    assert len(asked) == 1
    monkeypatch.undo()
    office.goes_on()
    assert office.tool.items(Stage.EXPORTING) == []


def test_a_deletion_that_procore_refuses_is_answered_in_its_words(office):
    """Procore lets a cost code stay, with a reason: its detail is failed so, and others go on."""
    request = office.tool.delete_cost_codes(office.company.project.id, [office.company.codes[0]])
    office.procore.inject("DELETE", "/rest/v1.0/cost_codes/*", 422, times=FOREVER)
    second, _ = office.vendor("Second")
    office.goes_on()
    detail = office.detail_of(request)
    assert detail.status == FAILED
    assert "is already taken" in detail.messages[0]
    assert office.item(Kind.VENDOR, second.id) == (Stage.SYNCED, "")
    assert office.troubles() == {}


# Endpoints that are inferred.


def test_metadata_that_procore_refuses_keep_no_request_waiting(office):
    """An option changes the metadata, and Procore has no such endpoint: exports go on, a trouble says so."""
    office.procore.inject("PATCH", f"{METADATA}*", 404, times=FOREVER)
    office.rig.set(payment_account="Checking")
    vendor, _ = office.vendor()
    office.goes_on()
    assert office.item(Kind.VENDOR, vendor.id) == (Stage.SYNCED, "")
    assert "erp_paths" in office.troubles()[registration.METADATA]
    office.procore.heal()
    office.goes_on(rounds=1)
    assert office.troubles() == {}


def test_a_refresh_whose_staging_is_refused_is_answered_so(office):
    """Procore forbids the offer: the button fails in words, and the next refresh is answered."""
    office.rig.file.human.add_vendor("Only Here")
    office.procore.inject("PATCH", STAGED, 403, times=FOREVER)
    vendors, payments = office.tool.refresh("vendors"), office.tool.refresh("payments")
    office.goes_on(rounds=4)
    failed = office.detail_of(vendors)
    assert failed.status == FAILED
    assert failed.messages[0].startswith("QuickBooks' vendors could not be offered for import.")
    assert office.detail_of(payments).status == SUCCESS


def test_a_refresh_while_procore_is_in_trouble_is_answered_later(office):
    """A 503 of the staging endpoint closes nothing; after it the button is answered."""
    office.rig.file.human.add_vendor("Only Here")
    office.procore.inject("PATCH", STAGED, 503, times=FOREVER)
    request = office.tool.refresh("vendors")
    office.goes_on(rounds=3)
    assert office.detail_of(request).status == IN_PROGRESS
    office.procore.heal()
    office.goes_on(rounds=1)
    assert office.detail_of(request).status == SUCCESS


def test_a_refresh_of_payments_that_nobody_reads_is_answered_at_once(office):
    """With payment_minutes 0 QuickBooks is never asked for payments, and the button says so."""
    office.rig.set(payment_minutes="0")
    request = office.tool.refresh("payments")
    office.pull()
    office.company.push()
    assert (office.detail_of(request).status, office.detail_of(request).messages) == (
        FAILED,
        (words.PAYMENTS_OFF,),
    )


def test_a_request_is_asked_for_until_its_address_is_right(office):
    """Procore shows no request under the inferred address; exports wait for hours, and are not lost."""
    office.procore.inject("GET", f"{REQUESTS}*", 404, times=FOREVER)
    vendor, request = office.vendor()
    for _ in range(20):
        office.pull(after=timedelta(hours=1))
    assert office.kept(request).state == "new"
    assert "erp_paths" in office.troubles()[f"ERP request {request.id}"]
    office.procore.heal()
    office.rig.set(erp_paths="request=GET /rest/v1.0/companies/{company_id}/erp_requests/{id}")
    office.goes_on(minutes=0)
    assert office.item(Kind.VENDOR, vendor.id) == (Stage.SYNCED, "")


@pytest.mark.parametrize("mend", ["webhook", "address", "person"])
def test_a_request_that_counts_as_gone_comes_back(office, mend):
    """After a week without it, a webhook that names it, another address or a person has it asked for again.

    Procore does not list details here, or the export's would have been given up.
    """
    office.procore.inject("GET", DETAILS, 400, times=FOREVER)
    office.procore.inject("GET", f"{REQUESTS}*", 404, times=FOREVER)
    vendor, request = office.vendor()
    for _ in range(12):
        office.pull(after=timedelta(hours=16))
    assert office.kept(request).state == "gone"
    office.procore.heal()
    if mend == "webhook":
        office.state.outbox.publish("ERP Requests", request.id, "create")
    elif mend == "address":
        office.rig.set(erp_paths="request=GET /rest/v1.0/companies/{company_id}/erp_requests/{id}")
    else:
        assert requests.retry(office.rig.desk(), office.rig.name) == 1
    office.goes_on()
    assert office.item(Kind.VENDOR, vendor.id) == (Stage.SYNCED, "")


# Closing, once and in the end.


class _DiedError(BaseException):
    """The process is no more."""


def _exported(office, name="Otherco"):
    """A vendor that QuickBooks has, and whose detail is still to be closed."""
    vendor, request = office.vendor(name)
    office.pull()
    office.rig.clock.passes(timedelta(minutes=1))
    office.company.pc.update()
    return vendor, request


def test_a_close_after_which_the_process_died_is_not_sent_again(office, monkeypatch):
    """Procore closed it and nobody was left to keep that: it is looked at before it is closed again."""
    vendor, _ = _exported(office)
    right = office.company.client.call

    def dies(method, path, **more):
        answer = right(method, path, **more)
        if "/erp_request_details/" in path:
            raise _DiedError
        return answer

    monkeypatch.setattr(office.company.client, "call", dies)
    with pytest.raises(_DiedError):
        office.company.push()
    monkeypatch.undo()
    office.goes_on(rounds=1)
    assert office.item(Kind.VENDOR, vendor.id) == (Stage.SYNCED, "")
    assert office.tool.violations == []


def test_a_lost_answer_is_looked_for_among_the_details_of_its_item(office):
    """Hundreds of details are there, and a close's answer was lost: it is found closed, not closed twice."""
    details = office.tool.tables.details
    for _ in range(120):
        row = details.create(
            request_id=1, purpose="refresh", kind=None, record_id=None, item_type=None, item_id=None
        )
        details.edit(row.id, status=SUCCESS)
    vendor, _ = _exported(office)
    office.procore.inject("PATCH", f"{DETAILS}/*", 503, after=True)
    office.company.push()
    office.goes_on(rounds=1)
    assert office.item(Kind.VENDOR, vendor.id) == (Stage.SYNCED, "")
    assert office.tool.violations == []


def test_details_are_closed_where_procore_lists_none(office):
    """The list of details is refused, and one close met trouble: all are closed all the same."""
    vendor, _ = _exported(office)
    office.procore.inject("PATCH", f"{DETAILS}/*", 503)
    office.company.push()
    other, _ = office.vendor("Thirdco")
    office.procore.inject("GET", DETAILS, 400, times=FOREVER)
    office.goes_on()
    assert office.item(Kind.VENDOR, vendor.id) == (Stage.SYNCED, "")
    assert office.item(Kind.VENDOR, other.id) == (Stage.SYNCED, "")


def test_nothing_is_closed_again_while_nobody_can_look(office):
    """A close whose answer was lost waits while the list is in trouble, and is found closed after it."""
    vendor, _ = _exported(office)
    office.procore.inject("PATCH", f"{DETAILS}/*", 503, after=True)
    office.company.push()
    office.procore.inject("GET", DETAILS, 503, times=FOREVER)
    office.goes_on()
    office.procore.heal()
    office.goes_on()
    assert office.item(Kind.VENDOR, vendor.id) == (Stage.SYNCED, "")
    assert office.tool.violations == []


@pytest.mark.parametrize("status", [403, 404, 405])
@pytest.mark.parametrize("names", [("One",), ("One", "Two")], ids=["one", "several"])
def test_a_close_that_may_come_is_tried_again(office, status, names):
    """A right or an endpoint is missing for an hour: when it is there, the details are closed."""
    vendors = [office.vendor(name)[0] for name in names]
    office.procore.inject("PATCH", f"{DETAILS}/*", status, times=FOREVER)
    office.procore.inject("PUT", f"{DETAILS}/*", status, times=FOREVER)
    office.goes_on()
    office.procore.heal()
    office.goes_on()
    assert [office.item(Kind.VENDOR, one.id) for one in vendors] == [(Stage.SYNCED, "")] * len(vendors)


def test_a_close_of_which_procore_does_not_accept_the_values_is_final(office):
    """Asked for again it would be refused again: it is kept as refused, with Procore's words."""
    _exported(office)
    office.procore.inject("PATCH", f"{DETAILS}/*", 422)
    office.company.push()
    with office.rig.database.read() as tx:
        [refused] = writebacks.listing(tx, connection_id=office.rig.id, state="refused")
    assert (refused.target, "is already taken" in refused.error) == ("request_detail", True)


@pytest.mark.parametrize("end", ["by a person", "in Procore", "by a merge"])
def test_an_end_that_is_owed_survives_the_end_of_its_link(office, end):
    """A vendor is parted while its detail is still to be closed: the detail is closed all the same."""
    vendor, request = _exported(office)
    office.procore.inject("PATCH", f"{DETAILS}/*", 503)
    office.company.push()
    key = RecordKey(kind=RecordKind.VENDOR, procore_id=str(vendor.id))
    if end == "by a person":
        unlinking.unlink(office.rig.desk(), office.rig.name, key)
    elif end == "in Procore":
        office.tool.raise_event("unlink_vendor", {"vendor": {"id": vendor.id}})
    else:
        master = office.company.vendors[0]
        data = {
            "master_vendor": {"id": master.id, "origin_id": office.state.vendor(master.id).origin_id},
            "source_vendors": [{"id": vendor.id, "origin_id": office.state.vendor(vendor.id).origin_id}],
        }
        office.tool.raise_event("merge_vendors", data)
    office.goes_on()
    assert office.detail_of(request).status == SUCCESS


def test_an_end_that_was_lost_is_owed_again(office):
    """A database lost what it owed: the detail is open in Procore, all is decided, and it is closed."""
    _, request = _exported(office)
    office.procore.inject("PATCH", f"{DETAILS}/*", 503)
    office.company.push()
    with office.rig.database.write() as tx:
        tx.execute(sa.delete(WritebackRow).where(WritebackRow.target == "request_detail"))
    office.goes_on(rounds=2, minutes=60)
    assert office.detail_of(request).status == SUCCESS


# Details are one type's own.


def test_a_detail_of_another_type_with_the_same_number_is_left_alone(office):
    """An invoice names no detail and cannot be used: its own is failed, not a vendor's of that number."""
    details = office.tool.tables.details
    mine = details.create(
        request_id=1, purpose="export", kind=None, record_id=None, item_type="requisition", item_id=4242
    )
    bill = {"procore_requisition_id": 4242, "contract_id": 1, "invoice_number": "Z", "line_items": []}
    office.tool.raise_event("create_requisitions", {"requisitions": [bill]})
    other = details.create(
        request_id=2, purpose="export", kind=None, record_id=None, item_type="vendor", item_id=4242
    )
    office.goes_on(rounds=1)
    assert details.find(mine.id).status == FAILED
    assert details.find(other.id).status == IN_PROGRESS


@pytest.mark.parametrize("kind", ["unlink", "cost code", "cost type"])
def test_a_detail_that_the_request_does_not_name_is_found_by_its_item(office, kind):
    """Unlinks and deletions are answered where their request leaves the detail out."""
    project, code = office.company.project.id, office.company.codes[0]
    if kind == "unlink":
        contract = _commitment(office)
        request = office.tool.unlink(Kind.COMMITMENT, contract.id)
        data = {name: value for name, value in request.data.items() if name != "request_detail_id"}
    else:
        pairs = [(code, office.company.cost_type.id)]
        name, request = (
            ("cost_codes", office.tool.delete_cost_codes(project, [code]))
            if kind == "cost code"
            else ("cost_type_assignments", office.tool.delete_assignments(project, pairs))
        )
        [row] = request.data[name]
        bare = {field: value for field, value in row.items() if field != "request_detail_id"}
        data = {**request.data, name: [bare]}
    office.tool.tables.requests.edit(request.id, data=data)
    office.goes_on()
    assert office.detail_of(request).status in (SUCCESS, FAILED)
    assert office.tool.violations == []


def _commitment(office):
    """A subcontract that QuickBooks has."""
    state, company = office.state, office.company
    contract = state.create_commitment(
        "work_order_contract", company.project.id, company.vendors[0].id, number="SC-1", title="Walls"
    )
    state.create_line(contract.id, company.codes[0], amount=Decimal("100.00"), description="Walls")
    state.approve(contract.id)
    office.sends(Kind.COMMITMENT, contract.id)
    office.goes_on()
    return contract


def _loose_detail(office):
    return office.tool.tables.details.create(
        request_id=1, purpose="refresh", kind=None, record_id=None, item_type=None, item_id=None
    )


@pytest.mark.parametrize(
    ("name", "data", "status"),
    [
        ("create_budget_in_procore", {"budget": {}}, SUCCESS),
        ("unlink_vendor", {"vendor": {"id": 1}}, SUCCESS),
        ("create_requisitions", {"requisitions": []}, FAILED),
        ("link_vendor", {"vendor": {"id": None}}, FAILED),
    ],
    ids=["noted", "a notice", "nothing in it", "unreadable"],
)
def test_every_detail_that_a_request_names_comes_to_an_end(office, name, data, status):
    """Whatever is or is not in it, a request with a detail leaves none open, and says why where it failed."""
    detail = _loose_detail(office)
    office.tool.raise_event(name, {**data, "request_detail_id": detail.id})
    office.goes_on(rounds=1)
    closed = office.tool.tables.details.find(detail.id)
    assert (closed.status, bool(closed.messages)) == (status, status == FAILED)


def test_a_detail_of_the_whole_request_waits_for_all_that_is_in_it(office):
    """Two cost codes have details of their own, their request one more: it ends when both are synced."""
    tool = office.tool
    codes = [
        office.state.create_standard_cost_code(tool.code_list(), number, "Work") for number in ("7", "8")
    ]
    for code in codes:
        tool.send(Kind.STANDARD_COST_CODE, code.id)
    [request] = tool.accept_all(Kind.STANDARD_COST_CODE, [code.id for code in codes])
    detail = _loose_detail(office)
    tool.tables.requests.edit(request.id, around={"request_detail_id": detail.id})
    office.pull()
    office.company.push()
    assert tool.tables.details.find(detail.id).status == IN_PROGRESS
    office.goes_on()
    assert tool.tables.details.find(detail.id).status == SUCCESS
    assert tool.violations == []


def test_an_export_that_nobody_hears_of_is_shown_as_a_trouble(office):
    """A budget that cannot be read has no detail in Procore: what is wrong is shown on our page."""
    request = office.tool.raise_event("create_budget", {"budget": {"id": 5}, "job_costs": []})
    office.pull()
    assert "Procore shows no request detail for budget 5" in office.troubles()[f"ERP request {request.id}"]
    for _ in range(4):
        office.pull(after=timedelta(days=1))
    assert office.troubles() == {}


# Requests that come out of order, or too late, or half.


def test_an_older_unlink_does_not_part_what_was_linked_after_it(office):
    """Procore shows the older request later: the vendor stays joined, as the newer one says."""
    vendor = office.company.vendors[0]
    notice = {"vendor": {"id": vendor.id, "origin_id": office.state.vendor(vendor.id).origin_id}}
    old = office.tool.raise_event("unlink_vendor", notice)
    office.tool.raise_event("link_vendor", notice)
    office.procore.inject("GET", f"{REQUESTS}{old.id}", 404)
    office.pull()
    office.pull(after=timedelta(minutes=5))
    assert office.kept(old).state == "done"
    assert office.link_of(RecordKind.VENDOR, vendor.id) is not None


def test_an_older_export_is_answered_that_a_newer_one_took_its_place(office):
    """A job is exported under two names and the older request comes last: QuickBooks keeps the newer name."""
    old = next(one for one in office.tool.events if one.name == "create_or_update_job")
    first, second = (
        office.tool.raise_event(
            old.name,
            {**old.data, "job": {**old.data["job"], "name": name}},
            {"request_detail_id": _loose_detail(office).id},
        )
        for name in ("Tower A", "Tower B")
    )
    office.procore.inject("GET", f"{REQUESTS}{first.id}", 404)
    office.goes_on()
    details = office.tool.tables.details
    ends = {
        name: details.find(one.around["request_detail_id"]) for name, one in (("A", first), ("B", second))
    }
    assert (ends["A"].status, ends["A"].messages) == (FAILED, (words.OVERTAKEN,))
    assert ends["B"].status == SUCCESS
    jobs = [job for job in office.rig.jobs() if job.kind == "project"]
    assert jobs[-1].record["name"] == "Tower B"
    assert {(job.record["name"], job.state) for job in jobs} == {("Tower", "synced"), ("Tower B", "synced")}


def test_an_older_join_still_joins_what_was_exported_after_it(office):
    """An import notice comes late: the project has no link of its own yet, and gets it."""
    known = office.rig.file.human.add_vendor("Ridge Glass")
    vendor = office.state.create_vendor("Glass of Ridge")
    old = office.tool.raise_event("link_vendor", {"vendor": {"id": vendor.id, "origin_id": known}})
    office.tool.raise_event("unlink_standard_cost_codes", {"standard_cost_codes": []})
    office.procore.inject("GET", f"{REQUESTS}{old.id}", 404)
    office.goes_on()
    assert office.link_of(RecordKind.VENDOR, vendor.id) == known


def test_a_vendor_that_is_linked_while_its_export_waits_is_adopted(office):
    """The approver links it in Procore before the next update: its export ends, and nothing is made."""
    known = office.rig.file.human.add_vendor("Newco Inc")
    vendor, request = office.vendor("Newco")
    office.pull()
    office.state.edit_vendor(vendor.id, origin_id=known)
    office.tool.raise_event("link_vendor", {"vendor": {"id": vendor.id, "origin_id": known, "name": "Newco"}})
    office.goes_on()
    assert office.link_of(RecordKind.VENDOR, vendor.id) == known
    assert office.detail_of(request).status == SUCCESS
    assert [one.name for one in office.rig.file.vendors() if one.name == "Newco"] == []
    assert office.troubles() == {}


def test_a_vendor_that_is_linked_while_quickbooks_has_it_waits_for_the_answer(office):
    """The export is with QuickBooks: the link is taken in after its answer, in place of what was made."""
    known = office.rig.file.human.add_vendor("Newco Inc")
    vendor, request = office.vendor("Newco")
    office.pull()
    office.company.pc.until_write()
    office.tool.raise_event("link_vendor", {"vendor": {"id": vendor.id, "origin_id": known, "name": "Newco"}})
    office.pull()
    assert office.link_of(RecordKind.VENDOR, vendor.id) is None
    office.goes_on(rounds=3)
    assert office.link_of(RecordKind.VENDOR, vendor.id) == known
    assert office.detail_of(request).status != IN_PROGRESS


def test_an_id_that_another_record_carries_joins_nothing(office):
    """Two vendors are linked to one of QuickBooks: the second waits, in words, until the first lets it go."""
    first, second = office.company.vendors
    taken = office.state.vendor(first.id).origin_id
    new = office.state.create_vendor("Newco")
    office.tool.raise_event("link_vendor", {"vendor": {"id": new.id, "origin_id": taken}})
    office.pull()
    assert office.link_of(RecordKind.VENDOR, new.id) is None
    assert "already linked" in " ".join(office.troubles().values())
    office.tool.raise_event("unlink_vendor", {"vendor": {"id": first.id}})
    office.goes_on()
    assert office.link_of(RecordKind.VENDOR, new.id) == taken
    assert office.link_of(RecordKind.VENDOR, second.id) == office.state.vendor(second.id).origin_id


def test_one_unreadable_vendor_spoils_no_other_of_its_notice(office):
    """Of two vendors that were linked at once one cannot be read: the other is joined, a trouble says so."""
    known = office.rig.file.human.add_vendor("Newco Inc")
    vendor = office.state.create_vendor("Newco")
    vendors = [{"id": None, "origin_id": "X"}, {"id": vendor.id, "origin_id": known}]
    request = office.tool.raise_event("link_all_vendors", {"vendors": vendors})
    office.pull()
    assert office.link_of(RecordKind.VENDOR, vendor.id) == known
    assert "vendor" in office.troubles()[f"ERP request {request.id}"]
