"""Stories of backups that were restored: what is missing is listed, and goes again once or is unlinked."""

from __future__ import annotations

import re
import sqlite3
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
import typer

from qbsync.cli.main import app
from qbsync.flows import drift, insights, linking, missing, setup, world as worlds
from qbsync.model.jobs import JobEvent
from qbsync.model.records import RecordKey, RecordKind
from qbsync.store import queue
from qbsync.store.queue import NewJob

DAY = timedelta(days=1)


class Afterwards:
    """A company whose people went on after a backup: a vendor, a budget, an order, its change, an invoice."""

    def __init__(self, company, people) -> None:
        self.company, self.rig = company, company.rig
        kept, _ = people.commit(100, number="SC-0")
        company.settle()
        self.backup = company.rig.file.snapshot()
        company.rig.clock.passes(DAY)
        vendor = company.state.create_vendor("Carver")
        company.state.budgets.add_line(company.project.id, company.codes[0], Decimal("900.00"))
        company.state.budgets.lock(company.project.id)
        contract, [line] = people.commit(1000)
        change = people.change(contract, (company.codes[1], Decimal("50.00"), "More"))
        company.settle()
        invoice = people.invoice(contract, {line: 400})
        company.settle()
        assert company.differences() == []
        self.real = company.rig.file.snapshot()
        self.kept = str(kept.id)
        self.lost = {
            ("vendor", str(vendor.id)),
            ("budget", str(company.project.id)),
            ("commitment", str(contract.id)),
            ("change_order", str(change.id)),
            ("invoice", str(invoice.id)),
        }

    def restore(self, file: bytes) -> str:
        """Somebody opens another file; gives what the next update says."""
        self.rig.file.restore(file)
        return self.update()

    def update(self) -> str:
        """An update, some hours later."""
        self.rig.clock.passes(timedelta(hours=2))
        return self.company.pc.update()

    def missing(self) -> set[tuple[str, str]]:
        """What is listed."""
        with self.rig.database.read() as tx:
            rows = insights.missing_list(tx, connection=self.rig.name)
        return {(row["kind"], row["procore_id"]) for row in rows}

    def key(self, kind: str) -> RecordKey:
        """The lost record of that kind."""
        [procore_id] = [one for of, one in self.lost if of == kind]
        return RecordKey(kind=RecordKind(kind), procore_id=procore_id)

    def send_again(self, keys=None):
        """A person has these sent again, or all."""
        return missing.send_again(self.rig.desk(), self.rig.name, keys)

    def unlink(self, keys=None):
        """A person unlinks these, or all."""
        return missing.unlink(self.rig.desk(), self.rig.name, keys)

    def confirm(self) -> None:
        """A person says that these are the books now."""
        setup.confirm_file(self.rig.desk(), self.rig.name)


@pytest.fixture
def afterwards(company, people):
    """People went on after a backup was made."""
    return Afterwards(company, people)


def test_what_an_older_company_file_lacks_is_listed_and_goes_again_once(company, afterwards):
    """What was written since the backup is listed while nothing is written; all of it goes again, once."""
    said = afterwards.restore(afterwards.backup)
    assert "a backup seems to have been restored" in said
    assert "It lacks 5 of the linked records" in said
    assert afterwards.missing() == afterwards.lost
    decided = afterwards.send_again()
    assert (len(decided.done), decided.refused) == (5, ())
    afterwards.update()
    assert [one.ref_number for one in company.rig.file.purchase_orders()] == [
        "SC-0"
    ]  # nobody confirmed it yet
    afterwards.confirm()
    company.settle()
    assert company.differences() == []
    assert afterwards.missing() == set()


def test_a_person_decides_record_by_record(company, people, afterwards):
    """One is unlinked and not made again, others go; what is not missing, or decided twice, is refused."""
    afterwards.restore(afterwards.backup)
    afterwards.confirm()
    invoice, kept = (
        afterwards.key("invoice"),
        RecordKey(kind=RecordKind.COMMITMENT, procore_id=afterwards.kept),
    )
    [refused] = afterwards.unlink([invoice, kept]).refused
    assert "is not among what is missing" in refused.message
    [refused] = afterwards.send_again([invoice]).refused
    assert "asks QuickBooks already, to unlink it" in refused.message
    afterwards.update()
    assert afterwards.missing() == afterwards.lost - {("invoice", invoice.procore_id)}
    others = [afterwards.key(kind) for kind in ("vendor", "budget", "commitment", "change_order")]
    assert len(afterwards.send_again(others).done) == 4
    company.settle()
    assert company.rig.file.bills() == []
    assert afterwards.missing() == set()
    people.retry(people.job("invoice", invoice.procore_id))
    company.settle()
    assert company.differences() == []


def test_all_of_it_is_unlinked_together(company, afterwards):
    """An order, its change and its bill are unlinked in one go; nothing of them is sent again by itself."""
    afterwards.restore(afterwards.backup)
    decided = afterwards.unlink()
    assert (len(decided.done), decided.refused) == (5, ())
    afterwards.confirm()
    company.settle()
    assert afterwards.missing() == set()
    assert [one.ref_number for one in company.rig.file.purchase_orders()] == ["SC-0"]
    assert [one.name for one in company.rig.file.vendors()] == ["Acme", "Bayline"]


def test_an_order_is_not_unlinked_while_its_bill_stays_linked(afterwards):
    """Both are missing and the order alone is to be unlinked: refused, for its invoice depends on it."""
    afterwards.restore(afterwards.backup)
    decided = afterwards.unlink([afterwards.key("commitment"), afterwards.key("change_order")])
    assert afterwards.key("commitment") not in decided.done
    assert any("depends on it" in one.message for one in decided.refused)


def test_the_right_file_ends_it_all(company, afterwards):
    """The file that lacked something was the wrong one: nothing is listed any more, nothing is made twice."""
    afterwards.restore(afterwards.backup)
    afterwards.send_again()
    assert afterwards.missing() == afterwards.lost
    afterwards.restore(afterwards.real)
    assert afterwards.missing() == set()
    company.settle()
    assert company.differences() == []


def test_what_is_there_after_all_is_not_sent_again(company, afterwards):
    """The list was made of another file than the one that is open when it is decided: each is proven."""
    afterwards.restore(afterwards.backup)
    afterwards.confirm()
    afterwards.rig.file.restore(afterwards.real)
    afterwards.send_again()
    afterwards.update()
    afterwards.confirm()
    company.settle()
    assert company.differences() == []
    assert afterwards.missing() == set()


def test_an_update_that_breaks_off_is_taken_up_again(company, afterwards, monkeypatch):
    """QuickBooks is closed while it is asked; the next update goes on, confirmed meanwhile or not."""
    monkeypatch.setattr("qbsync.flows.absences._AT_ONCE", (3, 2, 1))
    rig = company.rig
    rig.file.restore(afterwards.backup)
    rig.clock.passes(timedelta(hours=2))
    pc = rig.pc()
    pc.authenticate()
    for _ in range(3):
        pc.send()
        pc.execute()
        pc.deliver()
    pc.send()
    pc.vanish()
    assert afterwards.missing() < afterwards.lost
    afterwards.confirm()
    rig.clock.passes(timedelta(hours=2))
    company.pc.update()
    assert afterwards.missing() == afterwards.lost


def test_questions_that_quickbooks_cannot_read_end(company, afterwards):
    """Where QuickBooks parses none of the questions nothing is listed, and the update ends as it would."""
    company.rig.file.restore(afterwards.backup)
    company.rig.clock.passes(timedelta(hours=2))
    assert "backup" in company.rig.pc().update(refuses=lambda request: "PurchaseOrderQueryRq" in request)
    assert afterwards.missing() == set()


def test_one_question_without_an_answer_holds_nothing_up(company, afterwards):
    """QuickBooks falls over when asked for one vendor: the rest is listed, that is said, writing goes on."""
    rig = company.rig
    rig.file.restore(afterwards.backup)
    asked = f"<ListID>{rig.linked()[afterwards.key('vendor')].quickbooks_id}</ListID>"
    for _ in range(4):
        rig.clock.passes(timedelta(hours=2))
        rig.pc().update(refuses=lambda request: asked in request, by="0x80040402")
    assert afterwards.missing() == afterwards.lost - {("vendor", afterwards.key("vendor").procore_id)}
    assert "not say of every linked record" in rig.troubles()["linked records"]
    afterwards.confirm()
    later = company.state.create_vendor("Later Vendor")
    company.pull()
    rig.clock.passes(timedelta(hours=2))
    rig.pc().update(refuses=lambda request: asked in request, by="0x80040402")
    assert rig.linked()[RecordKey(kind=RecordKind.VENDOR, procore_id=str(later.id))]


def test_what_needs_a_refused_record_is_refused_with_it(company, afterwards):
    """Procore took the commitment back: neither its change order nor its invoice goes to a missing order."""
    rig = company.rig
    afterwards.restore(afterwards.backup)
    with rig.database.write() as tx:
        drift.withdrawn(tx, rig.id, afterwards.key("commitment"), "taken back", rig.clock())
    decided = afterwards.send_again()
    assert {key.kind for key in decided.done} == {RecordKind.VENDOR, RecordKind.BUDGET}
    assert len(decided.refused) == 3
    assert any("needs the commitment" in str(one) for one in decided.refused)


def test_what_failed_does_not_go_with_what_it_is_a_part_of_unsaid(company, people, afterwards):
    """A change order's newer version failed: that it does not go with its order is said, and how it will."""
    rig = company.rig
    synced = people.job("change_order", afterwards.key("change_order").procore_id)
    with rig.database.write() as tx:
        record, touches = worlds.record_of(synced), synced.touches
        newer = NewJob(record=record, version="2", rank=synced.rank, touches=touches)
        job = queue.stage(tx, rig.id, newer, rig.clock())
        for event in (JobEvent.ACCEPT, JobEvent.SEND, JobEvent.FAIL):
            queue.change(job, event, rig.clock())
    afterwards.restore(afterwards.backup)
    decided = afterwards.send_again()
    assert {key.kind for key in decided.done} == {kind for kind, _ in afterwards.lost} - {"change_order"}
    [refused] = decided.refused
    assert f"Job {job.id}, {job.label!r}, failed" in str(refused)
    afterwards.confirm()
    afterwards.update()
    people.retry(people.job("change_order", afterwards.key("change_order").procore_id))
    company.settle()
    assert company.differences() == []


def test_the_words_of_a_restored_backup_name_a_command_that_runs(company, afterwards):
    """What the Web Connector shows can be typed as it stands."""
    said = afterwards.restore(afterwards.backup)
    commands = [one.split()[1:] for one in re.findall(r"`(qbsync [^`]*)`", said)]
    assert ["links", "missing", "--connection", company.rig.name] in commands
    parse = typer.main.get_command(app)
    for arguments in commands:
        context = parse.make_context("qbsync", list(arguments), resilient_parsing=True)
        name, command, rest = parse.resolve_command(context, list(arguments))
        while rest and hasattr(command, "resolve_command"):
            name, command, rest = command.resolve_command(context, rest)
        command.make_context(name, rest)


def test_a_change_that_the_backup_lacks_is_told_as_drift(company, afterwards):
    """A vendor renamed after the backup has its old name again: that is told, though nothing modified it."""
    company.state.edit_vendor(company.vendors[0].id, address="1 New Street")
    company.settle()
    afterwards.restore(afterwards.backup)
    afterwards.confirm()
    afterwards.send_again()
    company.settle()
    with company.rig.database.read() as tx:
        [row] = insights.drift_list(tx, connection=company.rig.name)
    assert (row["kind"], row["procore_id"], row["sort"]) == ("vendor", str(company.vendors[0].id), "changed")


def test_a_backup_restored_under_another_name_is_listed_too(company, afterwards):
    """A file of another path is told as such; what it lacks is listed all the same, and goes again."""
    company.rig.file.path_shown = r"D:\Restored.QBW"
    said = afterwards.restore(afterwards.backup)
    assert "The company file changed" in said
    assert "It lacks 5 of the linked records" in said
    afterwards.confirm()
    afterwards.send_again()
    company.settle()
    assert company.differences() == []


def test_a_restored_database_lists_what_quickbooks_no_longer_holds(company, people):
    """Our database knows an order that was deleted and made anew since: it is listed, found, not doubled."""
    contract, _ = people.commit(1000)
    company.settle()
    rig = company.rig
    with sqlite3.connect(":memory:") as backup, _connected(rig) as there:
        there.backup(backup)
        [order] = rig.file.purchase_orders()
        rig.file.human.delete("PurchaseOrder", order.txn_id)
        people.retry(people.job("commitment", contract.id))
        company.settle()
        backup.backup(there)
    rig.clock.passes(DAY)
    assert "It lacks 1 of the linked records" in company.pc.update()
    assert missing.send_again(rig.desk(), rig.name, None).refused == ()
    setup.confirm_file(rig.desk(), rig.name)
    company.settle()
    assert len(rig.file.purchase_orders()) == 1
    assert company.differences() == []


def _forgotten(company, people, *, known):
    """Our database is of before an order, its change and its bill went; it may know that they are to go."""
    rig = company.rig
    company.settle()
    with sqlite3.connect(":memory:") as backup, _connected(rig) as there:
        if not known:
            there.backup(backup)
        contract, [line] = people.commit(1000)
        people.change(contract, (company.codes[1], Decimal("50.00"), "More"))
        people.invoice(contract, {line: 400})
        company.pull()
        if known:
            there.backup(backup)
        company.settle()
        backup.backup(there)
    rig.clock.passes(DAY)
    return contract


def test_a_restored_database_finds_an_order_that_was_changed_and_billed_since(company, people):
    """The order, its change and its bill are to go: each is found in QuickBooks as it stands, not doubled."""
    _forgotten(company, people, known=True)
    company.pc.update()
    setup.confirm_file(company.rig.desk(), company.rig.name)
    company.settle()
    assert company.differences() == []
    assert (len(company.rig.file.purchase_orders()), len(company.rig.file.bills())) == (1, 1)


def test_a_person_links_an_order_that_a_restored_database_forgot(company, people):
    """It has its change's line by now, which is none of the commitment's: it fits all the same."""
    contract = _forgotten(company, people, known=False)
    company.pull()
    key = RecordKey(kind=RecordKind.COMMITMENT, procore_id=str(contract.id))
    [order] = company.rig.file.purchase_orders()
    linking.link(company.rig.desk(), company.rig.name, key, order.txn_id)
    company.pc.update()
    setup.confirm_file(company.rig.desk(), company.rig.name)
    company.pc.update()
    assert company.rig.linked()[key].quickbooks_id == order.txn_id


def test_what_people_typed_since_the_backup_is_not_counted_with_what_they_type_again(company, people):
    """A bill and a payment that went with the file leave Procore; typed once more they stand there once."""
    human = company.rig.file.human
    contract, [line] = people.commit(1000)
    company.settle()
    people.invoice(contract, {line: 500})
    company.settle()
    [ours] = company.rig.file.bills()
    backup = company.rig.file.snapshot()
    company.state.create_vendor("Carver")  # a restored file is told by what qbsync wrote since

    def type_them():
        company.rig.clock.passes(DAY)
        human.enter_bill(
            "Acme", [("01:010", "Nails", Decimal("40.00"))], ref_number="B-9", job="Ridge Owners:Tower"
        )
        human.pay_bills({ours.txn_id: None}, account="Checking", ref_number="1001")
        company.settle()

    type_them()
    assert (people.payments(), company.differences()) == ([("500.00", "1001")], [])
    company.rig.file.restore(backup)
    company.rig.clock.passes(timedelta(hours=2))
    assert "backup" in company.pc.update()
    assert len(missing.send_again(company.rig.desk(), company.rig.name, None).done) == 1
    setup.confirm_file(company.rig.desk(), company.rig.name)
    company.settle()
    assert (people.payments(), company.differences()) == ([], [])
    type_them()
    assert (people.payments(), company.differences()) == ([("500.00", "1001")], [])


def _restored(company, backup) -> None:
    """The backup is opened, what it lacks is to go again, and a person says that these are the books now."""
    company.rig.file.restore(backup)
    company.rig.clock.passes(timedelta(hours=2))
    assert "backup" in company.pc.update()
    missing.send_again(company.rig.desk(), company.rig.name, None)
    setup.confirm_file(company.rig.desk(), company.rig.name)


def test_a_change_order_that_a_backup_has_under_another_description_is_not_missing(company, people):
    """Someone wrote over its mark before the backup: what went with the backup goes again, not its lines."""
    contract, [line] = people.commit(1000)
    people.change(contract, (line.cost_code_id, Decimal(200), "More", line.id))
    company.settle()
    [order] = company.rig.file.purchase_orders()
    company.rig.file.human.edit_line("PurchaseOrder", order.txn_id, 1, Desc="Drywall")
    backup = company.rig.file.snapshot()
    company.state.create_vendor("Carver")
    company.settle()
    company.rig.file.restore(backup)
    company.rig.clock.passes(timedelta(hours=2))
    assert "It lacks 1 of the linked records" in company.pc.update()
    assert len(missing.send_again(company.rig.desk(), company.rig.name, None).done) == 1
    setup.confirm_file(company.rig.desk(), company.rig.name)
    company.settle()
    [order] = company.rig.file.purchase_orders()
    assert [str(one.amount) for one in order.lines] == ["1000.00", "200.00"]


def test_a_payment_older_than_the_connection_is_not_told_after_a_restored_backup(company, people):
    """It is none of Procore's business, or a former connector told it: it is told no sooner than before."""
    contract, [line] = people.commit(1000)
    company.settle()
    people.invoice(contract, {line: 500})
    company.settle()
    rig = company.rig
    [ours] = rig.file.bills()
    rig.change_connection(lambda row: setattr(row, "created_at", rig.clock() + 3 * DAY))
    rig.file.human.pay_bills({ours.txn_id: None}, account="Checking", ref_number="1001")
    company.settle()
    backup = rig.file.snapshot()
    company.state.create_vendor("Carver")
    company.settle()
    assert people.payments() == []
    _restored(company, backup)
    company.settle()
    assert people.payments() == []


def test_many_payments_are_read_whole_before_any_is_taken_off(company, people, monkeypatch):
    """They come in pages and an update breaks off among them: only the one that went with the file goes."""
    contract, [line] = people.commit(1000)
    company.settle()
    for number in ("I-1", "I-2", "I-3", "I-4"):
        people.invoice(contract, {line: 100}, number=number)
        company.settle()
    rig = company.rig
    *kept, last = rig.file.bills()
    for place, bill in enumerate(kept):
        rig.file.human.pay_bills({bill.txn_id: None}, account="Checking", ref_number=str(1001 + place))
    company.settle()
    backup = rig.file.snapshot()
    company.state.create_vendor("Carver")
    rig.file.human.pay_bills({last.txn_id: None}, account="Checking", ref_number="1004")
    company.settle()
    told = {row.id: row.check_number for row in company.state.payments.all()}
    assert len(told) == 4
    monkeypatch.setattr("qbsync.flows.streams.PAGE", "1")
    _restored(company, backup)
    rig.clock.passes(timedelta(hours=2))
    pc = rig.pc()
    pc.authenticate()
    while not re.search(r"<BillPaymentCheckQueryRq [^>]*Continue", request := pc.send()):
        assert request
        pc.execute()
        pc.deliver()
    pc.vanish()
    rig.clock.passes(timedelta(hours=2))
    company.pc.update()
    company.push()
    company.settle()
    left = {row.id: row.check_number for row in company.state.payments.all()}
    assert left == {one: number for one, number in told.items() if number != "1004"}
    assert company.differences() == []


def test_what_went_with_a_backup_goes_again_on_the_erp_feed(erp_company, people_of):
    """An order and a bill that came from Procore's ERP tool go again once; Procore has their new ids."""
    company, people = erp_company, people_of(erp_company)
    company.settle()
    backup = company.rig.file.snapshot()
    company.rig.clock.passes(DAY)
    contract, [line] = people.commit(1000)
    company.settle()
    people.invoice(contract, {line: 400})
    company.settle()
    company.rig.file.restore(backup)
    company.rig.clock.passes(timedelta(hours=2))
    assert "It lacks 2 of the linked records" in company.pc.update()
    assert missing.send_again(company.rig.desk(), company.rig.name, None).refused == ()
    setup.confirm_file(company.rig.desk(), company.rig.name)
    company.settle()
    assert company.differences() == []


@contextmanager
def _connected(rig):
    with rig.database.engine.connect() as there:
        yield there.connection.driver_connection
