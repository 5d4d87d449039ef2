from __future__ import annotations

import html
import re
from dataclasses import replace
from decimal import Decimal

import pytest

from qbsync.flows import review
from qbsync.model.jobs import JobState
from qbsync.model.links import Link
from qbsync.model.records import (
    Commitment,
    CommitmentLine,
    CommitmentType,
    Invoice,
    Project,
    RecordKey,
    RecordKind,
    Vendor,
)
from qbsync.store import links

ACME = Vendor(procore_id="1", name="Acme Supply")
TOWER = Project(procore_id="2", name="Tower")
LONG = Commitment(
    procore_id="6",
    type=CommitmentType.SUBCONTRACT,
    project_id="2",
    vendor_id="1",
    number="SC-2026-000014",
    lines=(
        CommitmentLine(
            procore_id="61",
            position=1,
            cost_code_id="3",
            cost_code="01-010",
            description="Beams",
            amount=Decimal(10),
        ),
    ),
)


@pytest.fixture
def acme(office):
    """A staged vendor of a connection named acme; gives the job's id."""
    office.connect()
    return office.stage(ACME)


def test_accept_in_a_row_goes_back_to_the_same_filters(office, browser, acme):
    """One press accepts, notes who did it, and shows the table as it was filtered."""
    answer = browser.post(f"/jobs/{acme}/accept", on="/jobs?state=staged&kind=vendor")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/jobs?state=staged&kind=vendor&done=accept&count=1"
    assert office.job(acme).state == JobState.QUEUED.value
    assert browser.get(f"/jobs/{acme}.json").json["history"][-1]["actor"] == "page"
    assert "1 job accepted." in browser.get(answer.headers["Location"]).text


def test_accept_takes_the_extra_fields_of_the_kind(office, browser):
    """A project's customer typed on the page becomes the job's choice."""
    office.connect()
    office.known("Customer", "Smith", "80000001-1")
    job_id = office.stage(TOWER)
    answer = browser.post(f"/jobs/{job_id}/accept", {"customer": " Smith "}, on=f"/jobs/{job_id}")
    assert answer.status_code == 303
    assert office.job(job_id).choices == {"customer": "Smith"}
    assert office.job(job_id).state == JobState.QUEUED.value


def test_a_refused_accept_keeps_what_was_typed(office, browser):
    """A number that is still too long is a 409 with the reason on the job's page, the input kept."""
    office.connect()
    job_id = office.stage(LONG)
    answer = browser.post(f"/jobs/{job_id}/accept", {"number": "SC-2026-00014"}, on=f"/jobs/{job_id}")
    assert answer.status_code == 409
    assert 'value="SC-2026-00014"' in answer.text
    assert "needs number" in answer.text
    assert office.job(job_id).state == JobState.STAGED.value
    again = browser.post(f"/jobs/{job_id}/accept", {"number": "SC-14"}, on=f"/jobs/{job_id}")
    assert again.status_code == 303
    assert office.job(job_id).choices == {"number": "SC-14"}


def test_a_field_left_blank_is_no_choice(office, browser, acme):
    """Empty fields leave Procore's values alone."""
    browser.post(f"/jobs/{acme}/accept", {"name": "", "terms": " "}, on=f"/jobs/{acme}")
    assert office.job(acme).choices == {}
    assert office.job(acme).state == JobState.QUEUED.value


def test_reject_needs_a_comment_and_keeps_it(office, browser, acme):
    """Without a comment nothing happens; with one the job is rejected for that reason."""
    bare = browser.post(f"/jobs/{acme}/reject", {"comment": " "}, on="/jobs")
    assert bare.status_code == 409
    assert "a comment is missing" in bare.text
    assert office.job(acme).state == JobState.STAGED.value
    browser.post(f"/jobs/{acme}/reject", {"comment": "Wrong <vendor>"}, on="/jobs")
    assert (office.job(acme).state, office.job(acme).because) == (JobState.REJECTED.value, "Wrong <vendor>")
    assert "Wrong &lt;vendor&gt;" in browser.get("/jobs").text


def test_hold_release_retry_and_cancel_each_move_the_job(office, browser, acme):
    """Every button of the job's page does what it says."""
    page = f"/jobs/{acme}"
    for path, expected in [
        ("accept", JobState.QUEUED),
        ("hold", JobState.HELD),
        ("release", JobState.QUEUED),
    ]:
        assert browser.post(f"{page}/{path}", on=page).status_code == 303
        assert office.job(acme).state == expected.value
    office.change(acme, state=JobState.FAILED.value, error="Refused.")
    assert browser.post(f"{page}/retry", on=page).status_code == 303
    assert office.job(acme).state == JobState.QUEUED.value
    assert browser.post(f"{page}/cancel", on=page).status_code == 303
    assert office.job(acme).state == JobState.CANCELLED.value


def test_a_move_that_may_not_be_is_shown_with_its_guidance(office, browser, acme):
    """Holding a job that was sent meanwhile is a 409 that says what can be done with it."""
    review.accept(office.desk(), acme, {})
    form = {"token": browser.token(f"/jobs/{acme}"), "back": f"/jobs/{acme}"}
    office.change(acme, state=JobState.SENT.value)
    answer = browser.client.post(f"/jobs/{acme}/hold", data=form)
    assert answer.status_code == 409
    assert "cannot hold" in answer.text
    assert "It can:" in answer.text
    assert office.job(acme).state == JobState.SENT.value


@pytest.mark.usefixtures("acme")
def test_deciding_about_a_job_that_is_gone_is_a_404(browser):
    """No such job, no such decision."""
    assert browser.post("/jobs/999/accept", on="/jobs").status_code == 404
    assert browser.post("/jobs/999/cancel", on="/jobs").status_code == 404


def test_several_ticked_jobs_are_accepted_at_once(office, browser, acme):
    """Each ticked job is accepted and the count is told."""
    other = office.stage(Vendor(procore_id="2", name="Beta"))
    answer = browser.post("/jobs/accept", {"job": [acme, other]}, on="/jobs?state=staged")
    assert answer.headers["Location"] == "/jobs?state=staged&done=accept&count=2"
    assert {office.job(acme).state, office.job(other).state} == {JobState.QUEUED.value}
    assert "2 jobs accepted." in browser.get(answer.headers["Location"]).text


def test_what_is_refused_among_several_stays_ticked(office, browser, acme):
    """The sound job goes through; the other is shown with its reason, still ticked, filters kept."""
    tower = office.stage(TOWER)
    answer = browser.post(
        "/jobs/accept", {"job": [acme, tower, 999], "comment": "c"}, on="/jobs?state=staged"
    )
    assert answer.status_code == 409
    assert office.job(acme).state == JobState.QUEUED.value
    assert office.job(tower).state == JobState.STAGED.value
    assert "needs customer" in answer.text
    assert "There is no job 999." in answer.text
    assert "1 of the ticked jobs went through" in answer.text
    assert f'value="{tower}" aria-label="Tick job {tower}, Tower" checked' in answer.text
    assert 'value="staged" selected' in answer.text
    assert 'name="comment" value="c"' in answer.text


def test_several_are_rejected_with_one_comment(office, browser, acme):
    """A bulk rejection needs its comment, as a single one does."""
    bare = browser.post("/jobs/reject", {"job": [acme], "comment": ""}, on="/jobs")
    assert bare.status_code == 409
    assert office.job(acme).state == JobState.STAGED.value
    browser.post("/jobs/reject", {"job": [acme], "comment": "Not ours"}, on="/jobs")
    assert office.job(acme).because == "Not ours"


@pytest.mark.usefixtures("acme")
def test_nothing_ticked_is_said(browser):
    """Pressing a bulk button without a tick explains itself."""
    answer = browser.post("/jobs/accept", on="/jobs")
    assert answer.status_code == 409
    assert "No job is ticked." in answer.text


def test_a_suggestion_is_linked_by_its_button(office, browser):
    """A vendor that QuickBooks already has is joined to it, and nothing is queued."""
    office.connect()
    office.known("Vendor", "Acme Supply", "80000009-1")
    job_id = office.stage(ACME)
    page = browser.get(f"/jobs/{job_id}").text
    assert 'name="quickbooks_id" value="80000009-1"' in page
    answer = browser.post("/links", {"job": job_id, "quickbooks_id": "80000009-1"}, on=f"/jobs/{job_id}")
    assert answer.status_code == 303
    assert office.job(job_id).state == JobState.SYNCED.value
    with office.database.read() as tx:
        link = links.find(tx, office.ids["acme"], RecordKey(kind=RecordKind.VENDOR, procore_id="1"))
    assert isinstance(link, Link)
    assert link.quickbooks_id == "80000009-1"


def test_an_id_that_quickbooks_does_not_have_is_not_linked(office, browser, acme):
    """A ListID that was never read is refused on the job's page, in words."""
    answer = browser.post("/links", {"job": acme, "quickbooks_id": "nope"}, on=f"/jobs/{acme}")
    assert answer.status_code == 409
    assert "has no nope" in answer.text
    assert office.job(acme).state == JobState.STAGED.value
    assert browser.post("/links", {"quickbooks_id": "x"}, on=f"/jobs/{acme}").status_code == 400


@pytest.mark.parametrize(
    "back",
    ["https://evil.example/", "//evil.example/jobs", "/support/x", "javascript:alert(1)", "", "/jobs\\@evil"],
)
def test_a_form_leads_back_to_our_own_pages_alone(browser, acme, back):
    """Whatever `back` says, the answer stays here."""
    answer = browser.post(f"/jobs/{acme}/accept", {"back": back}, on=f"/jobs/{acme}")
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/jobs/{acme}?done=accept&count=1"


@pytest.mark.usefixtures("acme")
def test_words_about_what_was_done_come_from_a_list(browser):
    """An address cannot put its own words on the page."""
    assert "paid me" not in browser.get("/jobs?done=paid+me").text
    assert browser.get("/jobs?done=accept&count=x").status_code == 200


@pytest.mark.parametrize(("lines", "shown"), [("items", False), ("expenses", True)])
def test_an_invoices_account_is_asked_only_where_bills_book_on_one(office, browser, lines, shown):
    """Bills that are linked to the order have no account to choose; the others offer QuickBooks' own."""
    office.connect(options={"bill_lines": lines})
    office.known("Account", "Job Expenses", "80000007-1", "Expense")
    invoice = Invoice(
        procore_id="7",
        project_id="2",
        commitment_id="6",
        commitment_type=CommitmentType.SUBCONTRACT,
        vendor_id="1",
        number="I-1",
    )
    page = browser.get(f"/jobs/{office.stage(invoice)}").text
    assert ("Expense account in QuickBooks" in page) is shown
    assert ('<option value="Job Expenses">' in page) is shown


def test_all_shown_are_ticked_by_a_link_and_accepted(office, browser, acme):
    """A day's vendors are ticked without a script, what failed among them is not, and all go at one press."""
    made = [acme, *(office.stage(Vendor(procore_id=str(n), name=f"Vendor {n}")) for n in range(2, 9))]
    office.change(made[-1], state=JobState.FAILED.value, error="Refused.")
    page = browser.get("/jobs?kind=vendor").text
    [link] = re.findall(r'href="(/jobs\?[^"]*tick=true[^"]*)#several">Tick all shown', page)
    ticked = re.findall(r'name="job" value="(\d+)"[^>]* checked', browser.get(html.unescape(link)).text)
    assert sorted(map(int, ticked)) == made[:-1]
    answer = browser.post("/jobs/accept", {"job": ticked}, on=html.unescape(link))
    assert {office.job(one).state for one in made[:-1]} == {JobState.QUEUED.value}
    assert "checked" not in browser.get(answer.headers["Location"].replace("tick=true", "")).text


def test_a_link_that_did_not_fit_is_tried_again_or_given_up_on_the_jobs_own_page(office, browser):
    """Its page says what each button does; ticked among others it is not accepted: that would write it."""
    office.connect()
    job_id = office.stage(replace(LONG, number="SC-1"))
    named = {"link_to": "1A-1771000000"}
    office.change(job_id, state=JobState.FAILED.value, choices=named, step="link", error="It has 2 lines.")
    page = browser.get(f"/jobs/{job_id}").text
    assert "Retry: read 1A-1771000000 in QuickBooks again" in page
    assert "Accept: write it, and do not link it to 1A-1771000000" in page
    refused = browser.post("/jobs/accept", {"job": job_id}, on="/jobs")
    assert refused.status_code == 409
    assert "is to be linked to 1A-1771000000" in html.unescape(refused.text)
    assert office.job(job_id).state == JobState.FAILED.value
    assert browser.post(f"/jobs/{job_id}/accept", on=f"/jobs/{job_id}").status_code == 303
    assert (office.job(job_id).state, office.job(job_id).choices) == (JobState.QUEUED.value, {})
