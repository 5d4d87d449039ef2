from __future__ import annotations

from dataclasses import replace

import pytest

from qbsync.model.drift import Difference, DriftSort
from qbsync.model.jobs import JobEvent
from qbsync.model.links import Link
from qbsync.model.records import Project, RecordKey, RecordKind, Vendor
from qbsync.store import connections, drifts, links, messages, queue, sessions, writebacks
from qbsync.store.messages import Part
from qbsync.store.queue import Refusal
from qbsync.store.tables import MessageRow
from qbsync.store.writebacks import Owed

VENDOR = Vendor(procore_id="1", name="Café & Sons")
TWIN = Vendor(procore_id="2", name="Bayline Supply")
PROJECT = Project(procore_id="9", name="Clinic")
KEY = RecordKey(kind=RecordKind.VENDOR, procore_id="1")


def _move(acme, job_id, *events, error=""):
    with acme.database.write() as tx:
        job = queue.get(tx, job_id)
        for event in events:
            queue.change(job, event, job.created_at, Refusal(error=error))


def test_the_list_keeps_its_keys_and_its_order(acme, read, run):
    """id, connection, kind, procore_id, state and error stand in each row; newest first; a table in plain."""
    [first, second] = acme.see(VENDOR, PROJECT)
    _move(acme, first, JobEvent.ACCEPT, JobEvent.FAIL, error="Refused.")
    rows = read("jobs", "list")
    assert [row["id"] for row in rows] == [second, first]
    wanted = {
        "id": first,
        "connection": "acme",
        "kind": "vendor",
        "procore_id": "1",
        "state": "failed",
        "error": "Refused.",
    }
    assert {key: rows[1][key] for key in wanted} == wanted
    assert rows[0]["error"] is None
    assert rows[0]["missing"] == ["customer"]
    table = run("jobs", "list")
    [line] = [one for one in table.stdout.splitlines() if "Café & Sons" in one]
    assert line.split()[:4] == [str(first), "acme", "vendor", "1"]
    assert table.stderr == ""


def test_filters_and_limit(acme, read):
    """State, kind, connection and limit narrow the list; whole without a limit."""
    [first, second] = acme.see(VENDOR, PROJECT)
    _move(acme, first, JobEvent.ACCEPT)
    assert [row["id"] for row in read("jobs", "list", "--state", "queued")] == [first]
    assert [row["id"] for row in read("jobs", "list", "--kind", "project")] == [second]
    assert [row["id"] for row in read("jobs", "list", "--limit", "1")] == [second]
    assert len(read("jobs", "list", "--connection", "acme")) == 2
    assert read("jobs", "list", "--state", "synced") == []


@pytest.mark.parametrize(
    "wrong",
    [("--state", "lost"), ("--kind", "invoices"), ("--limit", "0"), ("--limit", "many"), ("--colour",)],
)
def test_a_wrong_filter_is_a_usage_error(acme, run, wrong):  # noqa: ARG001
    """Exit 2, and nothing on stdout that a script could take for data."""
    assert run("jobs", "list", *wrong, code=2).stdout == ""


def test_show_has_the_qbxml_that_was_sent_and_received(acme, read, run):
    """Record, review, attempts, history and the job's own part of each message are shown."""
    [job_id] = acme.see(VENDOR)
    _move(acme, job_id, JobEvent.ACCEPT)
    request = (
        b'<?xml version="1.0"?><QBXML><QBXMLMsgsRq onError="continueOnError">'
        b'<VendorAddRq requestID="1.1"><VendorAdd><Name>Caf&#233;</Name></VendorAdd></VendorAddRq>'
        b'<VendorAddRq requestID="1.2"><VendorAdd><Name>Other</Name></VendorAdd></VendorAddRq>'
        b"</QBXMLMsgsRq></QBXML>"
    )
    with acme.database.write() as tx:
        job = queue.get(tx, job_id)
        session, _ticket = sessions.begin(tx, acme.id, "working", job.created_at)
        message = MessageRow(
            connection_id=acme.id,
            session_id=session.id,
            set_id="abc",
            writes=True,
            state="sent",
            request=request,
            file_id="F",
            machine="PC",
            sent_at=job.created_at,
        )
        messages.save(tx, message, [Part(request_id="1.1", purpose="write", job_id=job_id)])
        queue.attempt(tx, job, "sent again", job.created_at, Refusal(error="Locked.", code="3175"))
        session_id = session.id
    job = read("jobs", "show", str(job_id))
    assert job["record"]["name"] == "Café & Sons"
    assert "Caf" in job["messages"][0]["sent"]
    assert "Other" not in job["messages"][0]["sent"]
    assert job["attempts"][0]["code"] == "3175"
    assert {"review", "choices", "history", "writebacks", "link"} <= set(job)
    plain = run("jobs", "show", str(job_id))
    assert "VendorAdd" in plain.stdout
    assert plain.stderr == ""
    [listed] = read("sessions", "list")
    assert {"id", "connection", "state", "machine", "synced", "failed", "error", "result"} <= set(listed)
    shown = read("sessions", "show", str(session_id))
    assert shown["messages"][0]["requests"] == 1
    assert "Round trips" in run("sessions", "list").stdout


def test_a_job_is_decided_step_by_step(acme, run, read):
    """accept, hold, release, cancel, reject and retry each do their one thing and say it on stderr."""
    [vendor, project] = acme.see(VENDOR, PROJECT)

    def state(job_id):
        return read("jobs", "show", str(job_id))["state"]

    result = run("jobs", "accept", str(project), "--set", "customer=Harbor Medical")
    assert result.stdout == ""
    assert f"Accepted job {project}" in result.stderr
    assert state(project) == "queued"
    run("jobs", "hold", str(project))
    assert state(project) == "held"
    run("jobs", "release", str(project))
    assert state(project) == "queued"
    run("jobs", "cancel", str(project))
    assert state(project) == "cancelled"
    run("jobs", "reject", str(vendor), "--comment", "not ours")
    assert state(vendor) == "rejected"
    run("jobs", "retry", str(vendor))
    assert state(vendor) == "staged"
    history = read("jobs", "show", str(vendor))["history"]
    assert [line["action"] for line in history] == ["reject", "retry"]
    assert all(line["actor"].endswith("(command)") for line in history)


def test_what_is_missing_ends_with_2_and_says_what_to_add(acme, run, read):
    """A project without its customer stays staged."""
    [project] = acme.see(PROJECT)
    result = run("jobs", "accept", str(project), code=2)
    assert "--set customer=" in result.stderr
    assert result.stdout == ""
    assert read("jobs", "show", str(project))["state"] == "staged"
    for wrong in ("customer", "=x", "colour=red"):
        assert run("jobs", "accept", str(project), "--set", wrong, code=2).stderr


def test_of_several_the_good_ones_get_through(acme, run, read):
    """The others are accepted, each failure is said, and the end is 3; a single unknown one ends with 4."""
    [vendor, twin, project] = acme.see(VENDOR, TWIN, PROJECT)
    result = run("jobs", "accept", str(twin), "999", str(project), str(vendor), code=3)
    assert f"Accepted job {vendor}" in result.stderr
    assert "no job 999" in result.stderr
    assert "links link" in result.stderr
    assert {row["id"]: row["state"] for row in read("jobs", "list")} == {
        vendor: "queued",
        twin: "staged",
        project: "staged",
    }
    for verb in ("accept", "retry", "hold", "release", "cancel", "show"):
        assert "no job 999" in run("jobs", verb, "999", code=4).stderr
    run("jobs", "reject", "999", "--comment", "x", code=4)
    run("sessions", "show", "999", code=4)


def test_of_several_none_is_written_beside_what_was_named_for_it(acme, run, read):
    """A failed job that was to be linked is accepted by its number alone."""
    [vendor, twin] = acme.see(VENDOR, TWIN)
    _move(acme, vendor, JobEvent.ACCEPT, JobEvent.FAIL)
    with acme.database.write() as tx:
        queue.get(tx, vendor).choices = {"link_to": "80000001-1771000000"}
    result = run("jobs", "accept", str(vendor), str(twin), code=3)
    assert "is to be linked to 80000001-1771000000" in result.stderr
    assert read("jobs", "show", str(vendor))["state"] == "failed"
    run("jobs", "accept", str(vendor))
    assert read("jobs", "show", str(vendor))["state"] == "queued"


def test_jobs_are_accepted_by_what_they_are(acme, run, read):
    """All staged ones of a kind and connection, oldest first; what misses something is said."""
    vendors = acme.see(*(Vendor(procore_id=str(one), name=f"Vendor {one}") for one in range(1, 4)))
    [project] = acme.see(PROJECT)
    result = run("jobs", "accept", "--kind", "vendor", "--connection", "acme", "--state", "staged")
    assert result.stderr.splitlines() == [f"Accepted job {one}" for one in vendors]
    assert "needs customer" in run("jobs", "accept", "--connection", "acme", code=2).stderr
    assert read("jobs", "list", "--text", "CLIN")[0]["id"] == project
    assert run("jobs", "accept", "--kind", "vendor").stderr == "No job is like that.\n"


@pytest.mark.parametrize("wrong", [(), ("1", "--kind", "vendor"), ("--state", "synced")])
def test_it_must_be_said_which_jobs_are_accepted(acme, run, read, wrong):
    """Neither none, nor numbers with options, nor a state that nothing is accepted from: exit 2."""
    acme.see(VENDOR)
    run("jobs", "accept", *wrong, code=2)
    assert read("jobs", "list")[0]["state"] == "staged"


def test_an_illegal_decision_ends_with_2_and_says_what_can_be_done(acme, run, read):
    """The words are the page's; nothing changes."""
    [vendor] = acme.see(VENDOR)
    result = run("jobs", "release", str(vendor), code=2)
    assert "Ready to Export" in result.stderr
    assert "It can: accept" in result.stderr
    assert read("jobs", "show", str(vendor))["state"] == "staged"


def test_links_are_suggested_made_listed_and_ended(acme, run, read):
    """Suggest names the twin, link joins it, list keeps its keys, unlink ends it."""
    [_vendor, twin] = acme.see(VENDOR, TWIN)
    [suggestion] = read("links", "suggest", "acme")
    assert (suggestion["job"], suggestion["procore_id"], suggestion["quickbooks_id"]) == (twin, "2", "V-1")
    assert run("links", "link", "acme", "vendor", "2", "V-1").stdout == ""
    [row] = read("links", "list")
    wanted = {"connection": "acme", "kind": "vendor", "procore_id": "2", "quickbooks_id": "V-1"}
    assert {key: row[key] for key in wanted} == wanted
    assert read("links", "list", "--kind", "project") == []
    assert "V-1" in run("links", "list").stdout
    assert read("links", "suggest", "acme") == []
    run("links", "link", "acme", "vendor", "1", "V-1", code=2)
    run("links", "link", "acme", "vendor", "1", "V-404", code=4)
    run("links", "link", "acme", "invoices", "1", "V-1", code=2)
    run("links", "unlink", "acme", "vendor", "2")
    assert read("links", "list") == []
    run("links", "unlink", "acme", "vendor", "2", code=4)


def test_drift_is_listed_until_it_is_mended(acme, run, read):
    """The command gives each difference with its keys; what is mended only where that is asked for."""
    key = RecordKey(kind=RecordKind.VENDOR, procore_id="2")
    changed = Difference(sort=DriftSort.CHANGED, field="Name", what="name", ours="Twin", theirs="Other")

    def see(found):
        with acme.database.write() as tx:
            now = connections.get(tx, acme.id).created_at
            drifts.see(tx, acme.id, key, "V-1", found, now=now, among=tuple(DriftSort))

    see([changed])
    [row] = read("links", "drift")
    wanted = {"connection": "acme", "kind": "vendor", "procore_id": "2", "quickbooks_id": "V-1"}
    assert {name: row[name] for name in wanted} == wanted
    assert (row["sort"], row["ours"], row["quickbooks"], row["gone_at"]) == ("changed", "Twin", "Other", None)
    assert read("links", "drift", "--connection", "acme", "--kind", "project") == []
    assert "Other" in run("links", "drift").stdout
    see([])
    assert read("links", "drift") == []
    assert len(read("links", "drift", "--mended")) == 1
    run("links", "drift", "--connection", "nobody", code=4)


def test_link_all_links_the_sure_and_says_what_it_did(acme, run, read):
    """The twin of the very name is linked; a second run finds nothing to do; an unknown connection is 4."""
    acme.see(TWIN)
    assert "Linked vendor 2 to" in run("links", "link-all", "acme").stderr
    assert [row["procore_id"] for row in read("links", "list")] == ["2"]
    assert "nothing to link" in run("links", "link-all", "acme").stderr
    run("links", "link-all", "nobody", code=4)


def test_link_all_ends_with_3_where_two_records_mean_one_entry(acme, run, read):
    """Neither is linked, and both are named."""
    acme.see(TWIN, replace(TWIN, procore_id="77"))
    assert "Several vendors" in run("links", "link-all", "acme", code=3).stderr
    assert read("links", "list") == []


def test_a_project_is_unlinked_once_quickbooks_was_asked(acme, run, read):
    """A linked project that was synced keeps its link, and its job is queued to look whether it is gone."""
    link = Link(key=RecordKey(kind=RecordKind.PROJECT, procore_id="9"), quickbooks_id="C-1")
    [job_id] = acme.see(PROJECT)
    _move(acme, job_id, JobEvent.ACCEPT, JobEvent.ADOPT)
    with acme.database.write() as tx:
        links.save(tx, acme.id, link, queue.get(tx, job_id).created_at)
    run("links", "unlink", "acme", "project", "9")
    assert [one["quickbooks_id"] for one in read("links", "list")] == ["C-1"]
    assert read("jobs", "show", str(job_id))["state"] == "queued"


def test_writebacks_are_listed_and_owed_again(acme, run, read):
    """A refused one is owed again by its number; one that is done ends with 2, an unknown one with 4."""
    [job_id] = acme.see(VENDOR)
    with acme.database.write() as tx:
        moment = queue.get(tx, job_id).created_at
        owed = [Owed(key=KEY, target="vendor", item_id=item, origin_id="80") for item in ("1", "2")]
        writebacks.owe(tx, acme.id, owed, moment)
        refused, done = writebacks.due(tx, acme.id, moment)
        writebacks.settle(refused, moment, refused="Procore said no.")
        writebacks.settle(done, moment, refused=None)
        refused_id, done_id = refused.id, done.id
    rows = read("writebacks", "list")
    assert [row["id"] for row in rows] == [done_id, refused_id]
    assert {"id", "connection", "kind", "procore_id", "target", "origin_id", "state", "error"} <= set(rows[0])
    assert [row["error"] for row in read("writebacks", "list", "--state", "refused")] == ["Procore said no."]
    assert "Procore said no." in run("writebacks", "list").stdout
    assert run("writebacks", "retry", str(refused_id)).stdout == ""
    assert [row["id"] for row in read("writebacks", "list", "--state", "owed")] == [refused_id]
    run("writebacks", "retry", str(done_id), code=2)
    run("writebacks", "retry", "999", code=4)
    run("writebacks", "retry", "999", str(done_id), code=3)


@pytest.mark.usefixtures("database")
def test_status_says_that_there_is_no_connection(run, read):
    """Before the first connection it says what comes first, to people; a script reads an empty list."""
    said = run("status")
    assert (said.stdout, said.stderr) == (
        "",
        "There is no connection yet. Make one with `qbsync connection add`.\n",
    )
    assert read("status") == []


def test_status_says_how_each_connection_fares(acme, run, read):
    """Counts by state and the last contact, in a line and as JSON."""
    acme.see(VENDOR, PROJECT)
    assert run("status").stdout == "acme: 2 staged; last contact never\n"
    [row] = read("status")
    assert (row["name"], row["jobs"], row["last_contact_at"]) == ("acme", {"staged": 2}, None)
