from __future__ import annotations

from dataclasses import replace

import pytest

from qbsync.errors import NotFoundError, StateError
from qbsync.flows import linking, matches, review, unlinking
from qbsync.model.jobs import JobEvent
from qbsync.model.records import Commitment, CommitmentType, CostCode, Project, RecordKey, RecordKind, Vendor
from qbsync.procore.feeds.events import ProjectCode, ProjectCodes
from qbsync.store import links

VENDOR = Vendor(procore_id="1", name="Bayline Supply")
PROJECT = Project(procore_id="9", name="Harbor Medical")
CODE = CostCode(procore_id="3", code="01", full_code="01", name="General", list_id="77")
COMMITMENT = Commitment(
    procore_id="5", type=CommitmentType.SUBCONTRACT, project_id="9", vendor_id="1", number="SC-1"
)
KEY = RecordKey(kind=RecordKind.VENDOR, procore_id="1")
ACCEPT, SEND, LOSE, SYNC = JobEvent.ACCEPT, JobEvent.SEND, JobEvent.LOSE, JobEvent.SYNC


@pytest.mark.parametrize(
    "events",
    [
        (),
        (JobEvent.REJECT,),
        (ACCEPT,),
        (ACCEPT, JobEvent.HOLD),
        (ACCEPT, SEND, JobEvent.FAIL),
        (ACCEPT, SEND, LOSE),
    ],
    ids=["staged", "rejected", "queued", "held", "failed", "in_doubt"],
)
def test_linking_ends_the_job_and_tells_procore(acme, events):
    """Wherever the job stands it is synced without a write; Procore is owed the id; the audit knows who."""
    acme.see(VENDOR)
    acme.move(acme.job("1").id, *events)
    linking.link(acme.desk, "acme", KEY, "V-1")
    made = acme.link_of(RecordKind.VENDOR, "1")
    assert (made.quickbooks_id, made.name) == ("V-1", "Bayline Supply")
    assert made.fingerprint == acme.job("1").version
    assert acme.job("1").state == "synced"
    [owed] = acme.owed()
    assert (owed.target, owed.item_id, owed.origin_id) == ("vendor", "1", "V-1")
    assert (acme.audit()[-1].action, acme.audit()[-1].subject, acme.audit()[-1].detail) == (
        "link",
        "vendor 1",
        "V-1",
    )
    assert acme.see(VENDOR).staged == 0


def test_what_waited_for_the_record_goes_on(acme):
    """A job that waited for the linked record waits for the next one it names."""
    acme.see(VENDOR, COMMITMENT)
    acme.move(acme.job("5").id, ACCEPT)
    with acme.database.write() as tx:
        tx.get(type(acme.job("5")), acme.job("5").id).waits_for = "vendor:1"
    linking.link(acme.desk, "acme", KEY, "V-1")
    assert acme.job("5").waits_for == "project:9"


def test_linking_both_ends_of_a_pair_owes_procore_the_pair(acme):
    """A project and a standard code that are linked by hand give their project code its (job, item)."""
    code = ProjectCode(procore_id="901", standard_id="3", full_code="01", origin_id=None)
    acme.fill(ProjectCodes(project_id="9", codes=(code,)))
    acme.see(PROJECT, CODE)
    linking.link(acme.desk, "acme", RecordKey(kind=RecordKind.PROJECT, procore_id="9"), "C-1")
    linking.link(acme.desk, "acme", RecordKey(kind=RecordKind.COST_CODE, procore_id="3"), "I-1")
    owed = {row.target: row for row in acme.owed()}
    assert set(owed) == {"project", "standard_cost_code", "project_cost_code"}
    assert owed["project_cost_code"].origin_id == "C-1|I-1"
    assert owed["standard_cost_code"].scope == {"standard_cost_code_list_id": "77"}


def test_a_link_is_refused_while_quickbooks_has_the_job(acme):
    """Linking while the answer is out would end in two records: it raises and links nothing."""
    acme.see(VENDOR)
    acme.move(acme.job("1").id, ACCEPT, SEND)
    with pytest.raises(StateError, match="with QuickBooks right now"):
        linking.link(acme.desk, "acme", KEY, "V-1")
    assert acme.link_of(RecordKind.VENDOR, "1") is None


def test_a_link_is_refused_while_quickbooks_has_an_older_version(acme):
    """A newer version that is staged beside the one that is out does not open the door."""
    acme.see(VENDOR)
    acme.move(acme.job("1").id, ACCEPT, SEND)
    acme.see(replace(VENDOR, phone="1"))
    with pytest.raises(StateError, match="with QuickBooks right now"):
        linking.link(acme.desk, "acme", KEY, "V-1")
    assert acme.link_of(RecordKind.VENDOR, "1") is None


def test_a_link_answers_the_doubt_of_an_older_version_too(acme):
    """Both the one in doubt and the newer one beside it are decided by the person's link."""
    acme.see(VENDOR)
    acme.move(acme.job("1").id, ACCEPT, SEND, LOSE)
    acme.see(replace(VENDOR, phone="1"))
    linking.link(acme.desk, "acme", KEY, "V-1")
    assert acme.states() == [("1", "synced"), ("1", "synced")]


@pytest.mark.parametrize(
    ("record", "kind", "quickbooks_id", "error", "words"),
    [
        (VENDOR, RecordKind.VENDOR, "V-404", NotFoundError, "Vendor list has no V-404"),
        (VENDOR, RecordKind.VENDOR, "C-1", NotFoundError, "Vendor list has no C-1"),
        (CODE, RecordKind.COST_CODE, "I-2", StateError, "is a Inventory item"),
        (VENDOR, RecordKind.PROJECT, "C-1", NotFoundError, "not known here"),
    ],
)
def test_what_cannot_be_linked_is_refused_in_words(acme, record, kind, quickbooks_id, error, words):  # noqa: PLR0917
    """A wrong id, list, type or kind says what is wrong, and leaves job and links alone."""
    acme.see(record)
    key = RecordKey(kind=kind, procore_id=record.procore_id)
    with pytest.raises(error, match=words):
        linking.link(acme.desk, "acme", key, quickbooks_id)
    assert acme.states() == [(record.procore_id, "staged")]
    assert acme.link_of(kind, record.procore_id) is None
    assert acme.audit() == []


def test_two_records_of_a_kind_never_share_a_link(acme):
    """The second vendor that is to be linked to the same one is refused and told which has it."""
    other = replace(VENDOR, procore_id="2")
    acme.see(VENDOR, other)
    linking.link(acme.desk, "acme", KEY, "V-1")
    with pytest.raises(StateError, match="already linked to the vendor 1"):
        linking.link(acme.desk, "acme", RecordKey(kind=RecordKind.VENDOR, procore_id="2"), "V-1")
    with pytest.raises(StateError, match="vendor 1 is already linked"):
        linking.link(acme.desk, "acme", KEY, "V-1")


def test_a_vendors_link_ends_and_raises_its_generation(acme):
    """Unlinking is free for a vendor; nothing is staged by itself after that, and a person may ask again."""
    acme.see(VENDOR)
    linking.link(acme.desk, "acme", KEY, "V-1")
    unlinking.unlink(acme.desk, "acme", KEY)
    assert acme.link_of(RecordKind.VENDOR, "1") is None
    with acme.database.read() as tx:
        assert links.generations(tx, acme.id, [KEY]) == {KEY: 1}
    assert acme.audit()[-1].action == "unlink"
    acme.set(auto_accept="all")
    assert acme.see(VENDOR).staged == 0
    review.retry(acme.desk, acme.job("1").id)
    assert acme.job("1").state == "queued"


def test_anything_but_a_vendor_keeps_its_link_until_quickbooks_has_shown_that_it_is_gone(acme):
    """A project's unlink only asks QuickBooks; what is not linked is said so."""
    acme.see(PROJECT)
    key = RecordKey(kind=RecordKind.PROJECT, procore_id="9")
    with pytest.raises(NotFoundError, match="is not linked"):
        unlinking.unlink(acme.desk, "acme", key)
    linking.link(acme.desk, "acme", key, "C-1")
    assert unlinking.unlink(acme.desk, "acme", key) == acme.job("9").id
    assert (acme.job("9").state, acme.job("9").step) == ("queued", "prove")
    assert acme.link_of(RecordKind.PROJECT, "9") is not None


def test_a_vendor_is_not_unlinked_while_its_change_is_with_quickbooks(acme):
    """The answer would bring the link back without a word: the person is asked to wait for it."""
    acme.see(VENDOR)
    linking.link(acme.desk, "acme", KEY, "V-1")
    acme.see(replace(VENDOR, phone="1"))
    acme.move(acme.job("1").id, ACCEPT, SEND)
    with pytest.raises(StateError, match="with QuickBooks right now"):
        unlinking.unlink(acme.desk, "acme", KEY)
    assert acme.link_of(RecordKind.VENDOR, "1") is not None


def test_suggestions_are_the_staged_records_that_quickbooks_seems_to_have(acme):
    """Each names the job and the entry of QuickBooks' list; accepted ones are no suggestions any more."""
    acme.see(VENDOR, replace(VENDOR, procore_id="2", name="Nobody knows"), CODE)
    with acme.database.read() as tx:
        found = matches.suggest(tx, acme.id)
    assert {(one.key.procore_id, one.known.list_id) for one in found} == {("1", "V-1"), ("3", "I-1")}
    assert found[0].job_id == acme.job("1").id
    review.accept(acme.desk, acme.job("3").id, {})
    with acme.database.read() as tx:
        assert [one.key.procore_id for one in matches.suggest(tx, acme.id)] == ["1"]


def test_an_unknown_connection_is_said_so(acme):
    """Linking and unlinking in a connection that does not exist raise NotFoundError."""
    for do in (
        lambda: linking.link(acme.desk, "nobody", KEY, "V-1"),
        lambda: unlinking.unlink(acme.desk, "nobody", KEY),
    ):
        with pytest.raises(NotFoundError, match="no connection 'nobody'"):
            do()


def test_a_commitment_is_linked_after_its_purchase_order_was_read(acme):
    """Linking by TxnID queues a question; nothing is linked before QuickBooks has shown the lines."""
    acme.see(COMMITMENT)
    key = RecordKey(kind=RecordKind.COMMITMENT, procore_id=COMMITMENT.procore_id)
    linking.link(acme.desk, "acme", key, "1A-1771000000")
    job = acme.job(COMMITMENT.procore_id)
    assert (job.state, job.step, job.choices["link_to"]) == ("queued", "link", "1A-1771000000")
    assert acme.link_of(RecordKind.COMMITMENT, COMMITMENT.procore_id) is None
