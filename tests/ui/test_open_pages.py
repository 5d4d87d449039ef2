from __future__ import annotations

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from qbsync.errors import DatabaseBehindError
from qbsync.flows import review
from qbsync.model.records import Project, RecordKey, RecordKind, Vendor
from qbsync.ops.pages import create_pages
from qbsync.store import sessions, troubles, writebacks
from qbsync.store.engine import Database

SECRET_NAME = "Confidential Plumbing"


@pytest.fixture
def troubled(office):
    """A connection whose last session ended badly, with a failed job of a vendor nobody may hear of."""
    office.connect(stopped=f"The file of {SECRET_NAME} changed.", paused_at=office.now)
    job_id = office.stage(Vendor(procore_id="987654", name=SECRET_NAME))
    office.change(job_id, state="failed", error=f"{SECRET_NAME} is in use.", code="3100")
    with office.database.write() as tx:
        session, _ticket = sessions.begin(tx, office.ids["acme"], "closed", office.now - timedelta(minutes=9))
        session.closed_at, session.synced, session.failed = office.now, 12, 1
        session.error = session.result = f"12 synced, {SECRET_NAME} failed."
        troubles.keep(
            tx,
            office.ids["acme"],
            "QuickBooks",
            message=f"QuickBooks could not be reached (0x80040401): {SECRET_NAME}",
            guidance="x",
            now=office.now,
        )
        troubles.keep(
            tx, office.ids["acme"], "vendor 987654", message=SECRET_NAME, guidance="", now=office.now
        )
    return job_id


@pytest.mark.usefixtures("troubled")
def test_support_tells_how_it_went_and_names_no_record(browser):
    """Counts, codes and steps are there; no name, no id of a record is, in page and twin."""
    page, twin = browser.get("/support/acme"), browser.get("/support/acme.json")
    for words in (
        "12 synced, 1 failed",
        "1 job waits for a person",
        "code 3100",
        "code 0x80040401",
        "paused",
    ):
        assert words in page.text
    assert "http://localhost:8700/" in page.text
    for answer in (page, twin):
        assert answer.status_code == 200
        assert SECRET_NAME not in answer.text
        assert "987654" not in answer.text
    assert twin.json["last_session"]["synced"] == 12
    assert {one["code"] for one in twin.json["troubles"]} == {"3100", "0x80040401"}


def test_support_of_a_wrong_file_shows_the_advice_alone(office, browser):
    """Without a code only the steps are shown: the words may name the company."""
    office.connect()
    with office.database.write() as tx:
        troubles.keep(
            tx,
            office.ids["acme"],
            "QuickBooks",
            message=f"{SECRET_NAME} is open.",
            guidance="Open the company file of this connection.",
            now=office.now,
        )
    page = browser.get("/support/acme").text
    assert "Open the company file of this connection." in page
    assert SECRET_NAME not in page


def test_support_before_the_first_update(office, browser):
    """A fresh connection's page says that nothing has happened yet, and what to look at."""
    office.connect(last_contact_at=None)
    page = browser.get("/support/acme").text
    assert "There was no update yet." in page
    assert "has not called yet" in page


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.usefixtures("troubled")
def test_support_answers_without_a_redirect(browser, method):
    """The Web Connector takes 200 alone; a slash at the end does not redirect."""
    for path in ("/support/acme", "/support/acme/"):
        assert browser.client.open(path, method=method).status_code == 200
    assert browser.client.open("/support/nobody", method=method).status_code == 404


def test_support_behind_a_public_name_says_where_the_pages_are(office):
    """Where people come by a public address, the page names localhost and the port it listens on."""
    office.connect()
    pages = create_pages(
        office.database,
        clock=lambda: office.now,
        public_url="https://sync.example.com",
        secret_key="k" * 40,
        ready=lambda: None,
        read_costs=office.read_costs,
    )
    page = pages.test_client().get(
        "/support/acme", environ_overrides={"HTTP_HOST": "sync.example.com", "SERVER_PORT": "8700"}
    )
    assert "http://localhost:8700/" in page.text


def test_health_is_about_the_process_and_readiness_about_the_database(office, browser):
    """`/healthz` stays 200 whatever the database; `/readyz` gives the reason with 503."""
    assert browser.get("/healthz").status_code == 200
    assert browser.get("/readyz").status_code == 200
    office.not_ready = "The database is behind: run `qbsync db upgrade`."
    answer = browser.get("/readyz")
    assert answer.status_code == 503
    assert "qbsync db upgrade" in answer.text
    assert browser.get("/healthz").status_code == 200


def test_a_database_that_is_away_is_not_ready(tmp_path):
    """Whatever the check raises about the database is a 503, and no page falls over without words."""
    database = Database(f"sqlite:///{tmp_path}/empty.sqlite3")

    def look() -> str | None:
        raise DatabaseBehindError("The database is empty.", guidance="Run `qbsync db upgrade`.")

    pages = create_pages(
        database,
        clock=lambda: None,
        public_url="http://localhost",
        secret_key="k",
        ready=look,
        read_costs=lambda _name: None,
    )
    client = pages.test_client()
    assert client.get("/readyz").status_code == 503
    assert "qbsync db upgrade" in client.get("/readyz").text
    assert client.get("/metrics").status_code == 503
    assert client.get("/jobs.json").status_code == 500
    assert "fault of its own" in client.get("/jobs.json").json["error"]
    database.close()


def test_metrics_count_what_the_database_holds(office, browser):
    """Jobs, write-backs, waiting and silence are there by connection, and read anew at each scrape."""
    office.connect()
    office.connect("quiet", last_contact_at=None, stopped="x")
    job_id = office.stage(Vendor(procore_id="1", name="Acme"))
    office.stage(Project(procore_id="2", name="Tower"))
    review.accept(office.desk(), job_id, {})
    key = RecordKey(kind=RecordKind.VENDOR, procore_id="1")
    with office.database.write() as tx:
        owed = writebacks.Owed(key=key, target="vendor", item_id="1", origin_id="8")
        writebacks.owe(tx, office.ids["acme"], [owed], office.now)
    office.now += timedelta(seconds=90)
    found = _metrics(browser.get("/metrics").text)
    assert found["qbsync_jobs", "acme", "vendor", "queued"] == 1
    assert found["qbsync_jobs", "acme", "project", "staged"] == 1
    assert found["qbsync_writebacks", "acme", "owed"] == 1
    assert found["qbsync_oldest_ready_job_age_seconds", "acme"] == 90
    assert found["qbsync_seconds_since_last_contact", "acme"] == 390
    assert ("qbsync_seconds_since_last_contact", "quiet") not in found
    assert found["qbsync_connection_stopped", "quiet"] == 1
    review.hold(office.desk(), job_id)
    again = _metrics(browser.get("/metrics").text)
    assert again["qbsync_jobs", "acme", "vendor", "held"] == 1
    assert ("qbsync_oldest_ready_job_age_seconds", "acme") not in again


def _metrics(text):
    """The samples by name and labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
