from __future__ import annotations

import html
import re
from datetime import timedelta
from decimal import Decimal

import pytest

from qbsync.flows import review
from qbsync.model.drift import Difference, DriftSort
from qbsync.model.jobs import JobEvent, JobState
from qbsync.model.records import (
    Commitment,
    CommitmentLine,
    CommitmentType,
    CostCode,
    Project,
    RecordKey,
    RecordKind,
    Vendor,
)
from qbsync.store import drifts, erp, links, messages, queue, sessions, troubles, writebacks
from qbsync.store.tables import MessageRow

ACME = Vendor(procore_id="1", name="Acme Supply")
TOWER = Project(procore_id="2", name="Tower")
CODE = CostCode(procore_id="3", code="010", full_code="01-010", name="Supervision")
STEEL = Commitment(
    procore_id="5",
    type=CommitmentType.SUBCONTRACT,
    project_id="2",
    vendor_id="1",
    number="SC-001",
    title="Steel",
    lines=(
        CommitmentLine(
            procore_id="51",
            position=1,
            cost_code_id="3",
            cost_code="01-010",
            description="Beams",
            amount=Decimal("1200.50"),
        ),
    ),
)


@pytest.fixture
def acme(office):
    """A staged vendor of a connection named acme; gives the job's id."""
    office.connect()
    return office.stage(ACME)


@pytest.fixture
def failed(office, acme):
    """The vendor after QuickBooks refused it, with its message, attempt and session."""
    review.accept(office.desk(), acme, {})
    refusal = queue.Refusal(
        error="The name <b>Acme</b> is in use.", guidance="Rename one of the two.", code="3100"
    )
    with office.database.write() as tx:
        session, _ticket = sessions.begin(tx, office.ids["acme"], "closed", office.now)
        session.closed_at, session.failed, session.result = office.now, 1, "1 failed."
        message = MessageRow(
            connection_id=office.ids["acme"],
            session_id=session.id,
            set_id="set-1",
            writes=True,
            state="applied",
            request=b"<QBXML><VendorAddRq requestID='7'><Name>Acme &amp; Sons</Name></VendorAddRq></QBXML>",
            answer='<QBXML><VendorAddRs requestID="7" statusCode="3100"/></QBXML>',
            file_id="{f}",
            machine="PC1",
            sent_at=office.now,
            answered_at=office.now,
        )
        messages.save(tx, message, [messages.Part(request_id="7", purpose="write", job_id=acme)])
        job = queue.get(tx, acme)
        queue.change(job, JobEvent.SEND, office.now)
        queue.attempt(tx, job, "failed", office.now, refusal)
        queue.change(job, JobEvent.FAIL, office.now, refusal)
    return acme


def test_the_table_shows_each_job_in_the_words_of_its_state(browser, acme):
    """A row says state, kind, connection and the Procore id, and offers to accept and to reject."""
    page = browser.get("/")
    assert page.status_code == 200
    for words in ("Ready to Export", "Acme Supply", "Vendor", "acme, Procore id 1"):
        assert words in page.text
    assert f'action="/jobs/{acme}/accept"' in page.text
    assert f'action="/jobs/{acme}/reject"' in page.text


@pytest.mark.usefixtures("acme")
def test_home_and_jobs_are_the_same_page(browser):
    """`/jobs` is the table's other name."""
    assert "Acme Supply" in browser.get("/jobs").text


def test_the_twin_has_the_keys_of_the_insights(browser, acme):
    """`/jobs.json` lists the same jobs with the keys that others rely on."""
    (job,) = browser.get("/jobs.json").json
    expected = {"id": acme, "connection": "acme", "kind": "vendor", "procore_id": "1", "state": "staged"}
    assert {key: job[key] for key in expected} == expected
    assert job["error"] is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=staged", ["Tower", "Other", "Acme Supply"]),
        ("state=failed", []),
        ("kind=project", ["Tower"]),
        ("connection=acme", ["Tower", "Acme Supply"]),
        ("connection=other&kind=vendor", ["Other"]),
        ("state=&kind=&connection=&text=", ["Tower", "Other", "Acme Supply"]),
        ("text=SUPPLY", ["Acme Supply"]),
        ("text=+tow+&kind=project", ["Tower"]),
        ("text=9", ["Other"]),
        ("text=%25", []),
    ],
)
@pytest.mark.usefixtures("acme")
def test_filters_are_the_same_for_page_and_twin(office, browser, query, expected):
    """State, kind, connection, name and id narrow both; a blank one narrows nothing; newest first."""
    office.connect("other")
    office.stage(Vendor(procore_id="9", name="Other"), connection="other")
    office.stage(TOWER)
    assert [job["label"] for job in browser.get(f"/jobs.json?{query}").json] == expected
    page = browser.get(f"/?{query}").text
    assert all((label in page) == (label in expected) for label in ("Tower", "Acme Supply"))


@pytest.mark.parametrize(
    "query", ["state=nonsense", "kind=x", "before=0", "before=99999999999999999999", "limit=0"]
)
@pytest.mark.usefixtures("acme")
def test_a_filter_that_cannot_be_is_refused_in_words(browser, query):
    """A wrong state, kind, place or limit is a 400 that names it, as a page and as JSON."""
    name = query.split("=")[0]
    page, twin = browser.get(f"/?{query}"), browser.get(f"/jobs.json?{query}")
    assert (page.status_code, twin.status_code) == (400, 400)
    assert f"{name} cannot be" in page.text
    assert f"{name} cannot be" in twin.json["error"]


@pytest.mark.usefixtures("acme")
def test_an_unknown_connection_is_said_to_be_unknown(browser):
    """Filtering by a connection that is not there is a 404 naming it."""
    page = browser.get("/jobs.json?connection=nobody")
    assert page.status_code == 404
    assert "nobody" in page.json["error"]


def test_the_table_is_paged_by_before(office, browser):
    """Each page links to the older jobs until there are none, and the twin does by its Link header."""
    office.connect()
    made = [office.stage(Vendor(procore_id=str(n), name=f"Vendor {n}")) for n in range(5)]
    seen, path = [], "/jobs.json?limit=2&state=staged"
    while path:
        answer = browser.get(path)
        seen += [job["id"] for job in answer.json]
        link = answer.headers.get("Link", "")
        path = link.partition(">")[0].lstrip("<")
    assert seen == made[::-1]
    assert f"limit=2&amp;before={made[3]}" in browser.get("/?limit=2").text.replace(
        f"before={made[3]}&amp;limit=2", f"limit=2&amp;before={made[3]}"
    )


def test_the_table_leads_back_to_newer_jobs(office, browser):
    """From the oldest page the links lead to the newest, page by page, and there they end."""
    office.connect()
    made = [office.stage(Vendor(procore_id=str(n), name=f"Vendor {n}")) for n in range(5)]
    shown, path = [], f"/jobs?limit=2&before={made[1]}"
    while path:
        page = browser.get(path).text
        shown.append([int(one) for one in re.findall(r'aria-label="Tick job (\d+),', page)])
        found = re.search(r'href="([^"]+)" rel="prev">Newer jobs', page)
        path = html.unescape(found[1]) if found else ""
    assert shown == [[made[0]], [made[2], made[1]], [made[4], made[3]]]
    assert "Newer jobs" not in browser.get("/jobs?limit=2").text


def test_a_row_says_what_a_job_waits_for_and_how_many_warnings_it_has(office, browser):
    """An accepted commitment names the vendor that must be synced first; its warning is counted."""
    office.connect()
    job_id = office.stage(STEEL)
    review.accept(office.desk(), job_id, {})
    page = browser.get("/?state=queued").text
    assert "Waits for vendor 1." in " ".join(page.split())
    assert "1 warning" in page


@pytest.mark.usefixtures("failed")
def test_a_row_shows_error_and_guidance(browser):
    """A failed job's row carries what happened and what to do, escaped."""
    page = browser.get("/?state=failed").text
    assert "The name &lt;b&gt;Acme&lt;/b&gt; is in use." in page
    assert "Rename one of the two." in page


def test_markup_in_a_name_is_shown_and_never_run(office, browser):
    """A vendor named like a script appears as text on the table and on its page."""
    office.connect()
    job_id = office.stage(Vendor(procore_id="1", name="<script>alert(1)</script>"))
    for path in ("/", f"/jobs/{job_id}"):
        page = browser.get(path).text
        assert "<script" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_a_line_a_connection_tells_of_contact_counts_and_troubles(office, browser):
    """Silence, a stop, an error of Procore and what a pull could not read stand above the table."""
    office.connect(
        last_contact_at=office.now - timedelta(hours=30), stopped="Another file.", pull_error="403."
    )
    office.stage(ACME)
    with office.database.write() as tx:
        troubles.keep(
            tx, office.ids["acme"], "vendor 8", message="No name.", guidance="Name it.", now=office.now
        )
    page = " ".join(browser.get("/").text.split())
    assert "silent, for 1 day now" in page
    assert 'Silent since <time datetime="2026-11-21T06:00:00+00:00">2026-11-21 06:00 UTC</time>' in page
    for words in ("Ready to Export: 1", "Another file.", "403.", "vendor 8: No name.", "Name it."):
        assert words in page


@pytest.mark.usefixtures("acme")
def test_a_connection_that_calls_is_not_called_silent(browser):
    """Five minutes after a call nothing is wrong."""
    assert "called 5 minutes ago" in browser.get("/").text
    assert "silent" not in browser.get("/").text


def test_the_job_page_shows_everything_known(office, browser, failed):
    """Record, error with its code explained, attempt, qbXML both ways, write-back and history."""
    key = RecordKey(kind=RecordKind.VENDOR, procore_id="1")
    owed = writebacks.Owed(key=key, target="vendor", item_id="1", origin_id="80000001-1")
    with office.database.write() as tx:
        writebacks.owe(tx, office.ids["acme"], [owed], office.now)
    page = browser.get(f"/jobs/{failed}").text
    assert "Failed to Export" in page
    assert "Code 3100" in page
    assert "&lt;Name&gt;Acme &amp;amp; Sons&lt;/Name&gt;" in page
    assert "statusCode=&#34;3100&#34;" in page
    assert "80000001-1" in page
    assert "colleague" in page
    twin = browser.get(f"/jobs/{failed}.json").json
    assert twin["record"]["name"] == "Acme Supply"
    assert [one["outcome"] for one in twin["attempts"]] == ["failed"]


def test_a_commitment_is_shown_line_by_line(office, browser):
    """Each line of a commitment's schedule of values is a row of a table."""
    office.connect()
    page = browser.get(f"/jobs/{office.stage(STEEL)}").text
    assert '<th scope="col">Cost code</th>' in page
    assert "<td>1200.50</td>" in "".join(line.strip() for line in page.splitlines())


@pytest.mark.usefixtures("acme")
def test_no_job_is_a_404_in_words(browser):
    """An id that is not there, or none that could be, is a 404; the twin says so in JSON."""
    assert "There is no job 999." in browser.get("/jobs/999").text
    assert browser.get("/jobs/999").status_code == 404
    assert browser.get("/jobs/999.json").json["error"] == "There is no job 999."
    assert browser.get(f"/jobs/{2**70}").status_code == 404


@pytest.mark.parametrize(
    ("state", "buttons"),
    [
        (JobState.STAGED, {"accept", "reject", "cancel", "link"}),
        (JobState.REJECTED, {"retry", "cancel", "link"}),
        (JobState.QUEUED, {"hold", "cancel", "link"}),
        (JobState.SENT, set()),
        (JobState.IN_DOUBT, {"retry", "cancel", "link"}),
        (JobState.SYNCED, {"retry"}),
        (JobState.FAILED, {"retry", "reject", "cancel", "link"}),
        (JobState.HELD, {"release", "cancel", "link"}),
        (JobState.CANCELLED, set()),
    ],
)
def test_a_job_has_the_buttons_its_state_allows(office, browser, acme, state, buttons):
    """Every state offers exactly what can be done in it."""
    office.change(acme, state=state.value)
    page = browser.get(f"/jobs/{acme}").text
    offered = {
        name for name in ("accept", "reject", "hold", "release", "retry", "cancel") if f'/{name}"' in page
    }
    offered |= {"link"} if 'action="/links"' in page else set()
    assert offered == buttons


def test_a_linked_job_is_not_offered_again(office, browser, acme):
    """A synced job whose link stands has no retry: it would be made twice."""
    key = RecordKey(kind=RecordKind.VENDOR, procore_id="1")
    with office.database.write() as tx:
        links.save(tx, office.ids["acme"], links.Link(key=key, quickbooks_id="80000001-1"), office.now)
    office.change(acme, state="synced")
    page = browser.get(f"/jobs/{acme}").text
    assert "/retry" not in page
    assert "80000001-1" in page


def test_fields_at_accept_are_prefilled_and_offer_what_quickbooks_has(office, browser):
    """A needed number starts as Procore's own; a customer is chosen from QuickBooks' list."""
    office.connect()
    office.known("Customer", "Smith & Co", "80000001-1")
    commitment = office.stage(
        Commitment(
            procore_id="6", type=CommitmentType.SUBCONTRACT, project_id="2", vendor_id="1", number="N" * 14
        )
    )
    page = " ".join(browser.get(f"/jobs/{commitment}").text.split())
    assert f'name="number" value="{"N" * 14}"' in page
    assert "Number in QuickBooks (needed)" in page
    project = " ".join(browser.get(f"/jobs/{office.stage(TOWER)}").text.split())
    assert 'name="customer" value="" autocomplete="off" list="offers-customer"' in project
    assert '<option value="Smith &amp; Co">' in project


@pytest.mark.usefixtures("failed")
def test_sessions_and_their_messages_have_pages_and_twins(browser):
    """The session table and a session say what was exchanged."""
    assert "1 failed." in browser.get("/sessions?connection=acme").text
    (row,) = browser.get("/sessions.json").json
    assert row["failed"] == 1
    assert "writes" in browser.get(f"/sessions/{row['id']}").text
    assert browser.get(f"/sessions/{row['id']}.json").json["messages"][0]["requests"] == 1
    assert browser.get("/sessions/999").status_code == 404


@pytest.mark.usefixtures("acme")
def test_connections_have_pages_and_twins_without_secrets(browser):
    """A connection's page shows options and user, never the secret or its hash."""
    page = browser.get("/connections/acme").text
    assert "qbsync-acme" in page
    assert "Recovery wait seconds" in page
    assert "argon2" not in page
    assert "sealed-secret" not in page
    assert browser.get("/connections/acme.json").json["jobs"] == {"staged": 1}
    assert [row["name"] for row in browser.get("/connections.json").json] == ["acme"]
    assert "acme" in browser.get("/connections").text
    assert browser.get("/connections/nobody").status_code == 404


@pytest.mark.parametrize("path", ["/sessions", "/writebacks", "/drift", "/requests"])
@pytest.mark.usefixtures("acme")
def test_lists_are_paged_to_their_end(office, browser, path):
    """Of each list the links lead to every row, newest first, the twin's by its Link header, and back."""
    _three_of_each(office)
    shown, address, pages = [], f"{path}.json?limit=2", 0
    while address:
        answer = browser.get(address)
        shown += [row["id"] for row in answer.json]
        address = answer.headers.get("Link", "").partition(">")[0].lstrip("<")
        pages += 1
    assert (len(shown), pages) == (3, 2)
    assert shown == sorted(shown, reverse=True)
    first = browser.get(f"{path}?limit=2").text
    older = re.search(r'href="([^"]+)" rel="next">Older', first)
    last = browser.get(html.unescape(older[1])).text
    assert 'rel="next"' not in last
    assert f'<a href="{path}?limit=2">Newest</a>' in last


def _three_of_each(office):
    connection_id = office.ids["acme"]
    key = RecordKey(kind=RecordKind.VENDOR, procore_id="1")
    with office.database.write() as tx:
        for number in range(3):
            sessions.begin(tx, connection_id, "closed", office.now)
            one = writebacks.Owed(key=key, target="vendor", item_id=str(number), origin_id="80")
            writebacks.owe(tx, connection_id, [one], office.now)
            erp.heard(tx, connection_id, f"9{number}", office.now)
            changed = Difference(sort=DriftSort.CHANGED, field=str(number), what="name", ours="", theirs="")
            drifts.see(tx, connection_id, key, "V-1", [changed], now=office.now, among=())


@pytest.mark.usefixtures("acme")
def test_write_backs_have_a_page_and_a_twin_with_filters(office, browser):
    """Write-backs are listed by state and connection."""
    key = RecordKey(kind=RecordKind.VENDOR, procore_id="1")
    owed = [
        writebacks.Owed(key=key, target="vendor", item_id=str(n), origin_id=f"8000-{n}") for n in range(3)
    ]
    with office.database.write() as tx:
        writebacks.owe(tx, office.ids["acme"], owed, office.now)
        row = writebacks.listing(tx)[0]
        writebacks.settle(row, office.now, refused="Procore <says> no")
    assert len(browser.get("/writebacks.json?state=owed&connection=acme").json) == 2
    page = browser.get("/writebacks?state=refused").text
    assert "Procore &lt;says&gt; no" in page
    assert "8000-0" not in page
    assert 'rel="next">Older' in browser.get("/writebacks?limit=1").text
    assert browser.get("/writebacks?state=odd").status_code == 400


def test_an_empty_installation_says_what_comes_first(browser):
    """Without a connection the page names the command that makes one, and nothing fails."""
    page = browser.get("/")
    assert page.status_code == 200
    assert "qbsync connection add" in page.text
    assert browser.get("/jobs.json").json == []


def test_many_connections_are_not_all_put_above_the_table(office, browse):
    """Beyond fifty the table leads to the page of connections."""
    for number in range(52):
        office.connect(f"c{number:02}")
    page = browse().get("/").text
    assert '/connections/c49"' in page
    assert '/connections/c50"' not in page
    assert "2 more" in page


def test_every_field_has_a_label_and_every_header_a_scope(browser, failed):
    """Inputs that are seen are labelled, headers say what they head, and no page has a script or a style."""
    for path in ("/", f"/jobs/{failed}", "/connections", "/sessions", "/writebacks", "/connections/acme"):
        page = browser.get(path).text
        assert page.count("<th ") == page.count("<th scope=")
        assert "<script" not in page
        assert " style=" not in page
        for tag in page.split("<input ")[1:]:
            tag = tag.partition(">")[0]  # noqa: PLW2901
            labelled = 'type="hidden"' in tag or "aria-label=" in tag
            assert labelled or f'<label for="{tag.partition("id=")[2].split(chr(34))[1]}">' in page
