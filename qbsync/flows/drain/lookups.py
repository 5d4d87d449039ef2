"""What a read for a queued job means: adopt what QuickBooks has, write, or fail."""

from __future__ import annotations

from dataclasses import replace

from qbsync.errors import MappingError
from qbsync.flows import drift, owed, proofs, unlinking, world as worlds
from qbsync.flows.drain import anew, endings
from qbsync.flows.drain.endings import NAME_TAKEN, Answer
from qbsync.flows.drain.scene import Scene
from qbsync.flows.linking import LISTS, LOOK_UP, way_on
from qbsync.mapping import mapping_for
from qbsync.model.context import Context
from qbsync.model.feeds import Feed
from qbsync.model.jobs import JobEvent, JobState
from qbsync.model.links import Link
from qbsync.model.records import RecordKind
from qbsync.qbxml.owned import lines_of
from qbsync.qbxml.parse import Ret
from qbsync.store import costs, links, names, queue
from qbsync.store.queue import Refusal
from qbsync.store.tables import JobRow


def reread(scene: Scene, job: JobRow, answer: Answer, context: Context) -> None:
    """Keep what QuickBooks has of the record to be changed, so that the Mod is built from what is there now.

    A part that is found in it already (a change order's lines) is taken for synced: its answer was lost.
    """
    record = worlds.record_of(job)
    link = worlds.changed_by(record, context)
    if answer.records and link is not None:
        shown = answer.records[0]
        if context.link is None and mapping_for(queue.key_of_job(job).kind).agrees(record, shown, context):
            endings.synced(scene, job, shown, JobEvent.ADOPT, "QuickBooks has it already")
            return
        fresh = replace(link, edit_sequence=shown.text("EditSequence"))
        links.save(scene.tx, scene.connection.id, fresh, scene.now)
        job.held = shown.xml
        job.step = "write"
        return
    if answer.status.tells_what_is_there:
        gone = f"QuickBooks no longer has {_what(job, link)}."
        endings.fail(scene, job, _gone(gone, _anew(scene, job, link), answer))
        return
    endings.postpone(scene, job, answer.status)


def confirmed(scene: Scene, job: JobRow, answer: Answer) -> None:
    """Count a record as exported once QuickBooks shows it again as it was written."""
    if answer.records:
        endings.synced(scene, job, answer.records[0], JobEvent.ADOPT, "")
        return
    if answer.status.tells_what_is_there:
        gone = f"QuickBooks took {job.label!r}, but no longer has it."
        endings.fail(scene, job, _gone(gone, _anew(scene, job, None), answer))
        return
    endings.postpone(scene, job, answer.status)


def _gone(error: str, guidance: str, answer: Answer) -> Refusal:
    """What is said of a record that somebody deleted in QuickBooks."""
    return Refusal(error=error, guidance=guidance, code=str(answer.status.code))


def _anew(scene: Scene, job: JobRow, link: Link | None) -> str:
    """What to do where somebody deleted a record in QuickBooks: on the ERP feed Procore exports it again."""
    exported = scene.connection.feed == Feed.ERP.value
    if link is not None and link.key != queue.key_of_job(job):
        return _home_anew(scene, link, exported=exported)
    if exported:
        return "If it was deleted on purpose, then export it again. It is made anew."
    return "If it was deleted on purpose, retry: qbsync makes sure that it is gone and exports it anew."


def _home_anew(scene: Scene, link: Link, *, exported: bool) -> str:
    """What to do where the record is gone that a part is to be added to."""
    home = queue.synced_of_record(scene.tx, scene.connection.id, link.key)
    kind = link.key.kind.words
    its_job = f"job {home.id}, the {kind}'s" if home is not None else f"the {kind}'s job"
    if exported:
        return (
            f"If it was deleted on purpose, unlink that {kind} in the ERP tool, after what depends on it. "
            f"Export that {kind} first, then export it again. Or retry {its_job}: all of it is exported anew."
        )
    return (
        f"If it was deleted on purpose, retry {its_job}: qbsync makes sure that it is gone and exports it "
        "anew. Then retry this one."
    )


def looked_up(scene: Scene, job: JobRow, answer: Answer, context: Context) -> None:
    """Decide a queued job by what QuickBooks has under its natural key: adopt it, write it, or fail."""
    record = worlds.record_of(job)
    mapping = mapping_for(queue.key_of_job(job).kind)
    if not answer.status.tells_what_is_there:
        endings.postpone(scene, job, answer.status)
        return
    ours = next((ret for ret in answer.records if mapping.is_ours(record, ret, context.guid)), None)
    like = next(
        (
            ret
            for ret in answer.records
            if mapping.resembles(record, ret, context) and not _may_recur(scene, job, ret)
        ),
        None,
    )
    if ours is not None and mapping.agrees(record, ours, context):
        endings.synced(scene, job, ours, JobEvent.ADOPT, "found in QuickBooks by its ExternalGUID")
    elif ours is not None:
        _older(scene, job, ours)
    elif like is not None and _adopts(scene, job):
        endings.synced(scene, job, like, JobEvent.ADOPT, "adopted: it was in QuickBooks already")
    elif like is not None or job.step == "name_taken":
        endings.fail(scene, job, _name_taken(job, like))
    else:
        _write_next(scene, job)


def _write_next(scene: Scene, job: JobRow) -> None:
    """After a search by our mark, one by name or number may still be due."""
    looks = _adopts(scene, job) or worlds.looks_first(job)
    job.step = "look" if job.step == "trace" and looks else "write"


def _may_recur(scene: Scene, job: JobRow, ret: Ret) -> bool:
    """Whether it is another commitment's purchase order, and the connection lets two have the same number.

    One that nobody is linked to was typed by a person: of this vendor, number and job it is the same one.
    """
    kind = RecordKind.COMMITMENT
    if queue.key_of_job(job).kind is not kind or not scene.world.options.allow_duplicate_numbers:
        return False
    return bool(links.of_quickbooks_id(scene.tx, scene.connection.id, ret.text("TxnID"), (kind,)))


def _adopts(scene: Scene, job: JobRow) -> bool:
    """Whether the record takes what QuickBooks has for its own, by the lists as they are now."""
    return worlds.review(scene.world, worlds.record_of(job), job.choices, job.foreign_id).adopts


def named(scene: Scene, job: JobRow, answer: Answer, context: Context) -> None:
    """Link the job to the record a person named, if QuickBooks has it and it fits."""
    if not answer.status.tells_what_is_there:
        endings.postpone(scene, job, answer.status)
        return
    chosen = job.choices.get(worlds.LINK_TO, "")
    shown = next(iter(answer.records), None)
    whose = "" if shown is None else _of_another(job, shown, context)
    asked = worlds.ASKED in job.choices
    if asked:
        proofs.forget(job)
    if shown is not None and not whose:
        endings.synced(scene, job, shown, JobEvent.ADOPT, "linked by a person")
        if job.state == JobState.SYNCED.value:
            _joined(job, asked=asked)
        return
    if shown is None and asked:
        queue.attempt(scene.tx, job, "proven gone from QuickBooks: unlinked", scene.now)
        unlinking.unknown_gone(scene.world, job, chosen, scene.now)
        return
    error = (
        f"QuickBooks has no record {chosen} to link {job.label!r} to: {answer.status.message}"
        if shown is None
        else f"QuickBooks' {chosen} is of {whose}, {job.label!r} is not."
    )
    refusal = Refusal(
        error=error,
        guidance=f"{LOOK_UP} {way_on(scene.world, job)}",
        code=str(answer.status.code),
    )
    endings.fail(scene, job, refusal)


def _joined(job: JobRow, *, asked: bool) -> None:
    """The link says from now on where the record is; one that was to be unlinked is still there."""
    job.foreign_id = ""
    if asked:
        job.error = f"The {RecordKind(job.kind).words} is still in QuickBooks."
        job.guidance = "Delete it there before you unlink it again."


def _of_another(job: JobRow, shown: Ret, context: Context) -> str:
    """The vendor or job that a named transaction is of, where that is not the record's own; else empty."""
    for key in mapping_for(queue.key_of_job(job).kind).references(worlds.record_of(job)):
        tag, link = _HEADERS.get(key.kind, ""), context.links.get(key)
        if tag and link is not None and shown.text(f"{tag}/ListID") not in ("", link.quickbooks_id):
            return shown.text(f"{tag}/FullName")
    return ""


_HEADERS = {RecordKind.VENDOR: "VendorRef", RecordKind.PROJECT: "CustomerRef"}
"""What a transaction as a whole names of a record."""


def proven(scene: Scene, job: JobRow, answer: Answer) -> None:
    """Export a synced record anew, or end its link, only once QuickBooks has shown that it is gone."""
    record, key = worlds.record_of(job), queue.key_of_job(job)
    link, mapping = links.find(scene.tx, scene.connection.id, key), mapping_for(key.kind)
    held = next((ret for ret in answer.records if mapping.holds(record, ret, link)), None)
    if held is not None:
        _still_there(scene, job, held)
    elif not answer.status.tells_what_is_there:
        endings.postpone(scene, job, answer.status)
    else:
        _proven_gone(scene, job, link)


def _proven_gone(scene: Scene, job: JobRow, link: Link | None) -> None:
    if link is not None:
        _forget(scene, link)
    if worlds.ASKED in job.choices:
        queue.attempt(scene.tx, job, "proven gone from QuickBooks: unlinked", scene.now)
        unlinking.proven_gone(scene.world, job, scene.now)
    else:
        anew.export(scene, job, link)


def _forget(scene: Scene, link: Link) -> None:
    """Drop what was read of a record that is gone: a restored backup tells of no deletion."""
    tx, connection_id = scene.tx, scene.connection.id
    if link.key.kind in LISTS:
        names.forget(tx, connection_id, LISTS[link.key.kind], link.quickbooks_id)
    if link.key.kind is RecordKind.INVOICE:
        costs.replace(tx, connection_id, [link.quickbooks_id], ())


def _still_there(scene: Scene, job: JobRow, held: Ret) -> None:
    """QuickBooks has the record: a person is told what to do first, or the job goes on with what is there."""
    key = queue.key_of_job(job)
    drift.not_missing(scene.tx, scene.connection.id, key, scene.now)
    drift.compare_after(scene.world, held, scene.now)
    if worlds.CONFIRM in job.choices:
        link = links.find(scene.tx, scene.connection.id, key)
        own = () if link is None else _own_lines(scene, link, held)
        proofs.forget(job)
        endings.synced(scene, job, held, JobEvent.ADOPT, "QuickBooks has it already", own=own)
        return
    queue.attempt(scene.tx, job, "still in QuickBooks", scene.now)
    if not proofs.is_asked(job):
        proofs.forget(job)
        job.step = "reread"
        return
    asked = worlds.ASKED in job.choices
    paid = unlinking.payments_of(scene.world, key)
    proofs.end(scene.world, job, scene.now)
    first = f"It is paid there ({paid}): delete the payment first. " if paid else ""
    job.error = f"The {key.kind.words} is still in QuickBooks."
    job.guidance = f"{first}Delete it there before you {'unlink it again' if asked else 'retry'}."
    proofs.bring_back(scene.world, job, scene.now)


def _own_lines(scene: Scene, link: Link, held: Ret) -> set[str]:
    """The TxnLineIDs of the record's lines, and of those that may be one of them typed anew.

    Such a line has the item of one that is gone, and is no other record's.
    """
    own = {line.txn_line_id for line in link.lines}
    there = {line.text("TxnLineID"): line for line in lines_of(held)}
    items = {line.item_id for line in link.lines if line.txn_line_id not in there}
    every = links.of_quickbooks_id(scene.tx, scene.connection.id, link.quickbooks_id, [*RecordKind])
    known = {line.txn_line_id for one in every for line in one.lines}
    anew = {
        line_id
        for line_id, line in there.items()
        if line_id not in known and line.text("ItemRef/ListID") in items
    }
    return own | anew


def _older(scene: Scene, job: JobRow, ret: Ret) -> None:
    """QuickBooks has an earlier version of the record, whose answer was lost: link it, and change it next."""
    record = worlds.record_of(job)
    try:
        link: Link = mapping_for(queue.key_of_job(job).kind).outcome(record, ret)
    except MappingError as error:
        endings.odd(scene, job, ret, error)
        return
    links.save(scene.tx, scene.connection.id, replace(link, fingerprint=""), scene.now)
    scene.owed.extend(owed.owed_for(scene.world, record, link))
    job.step = "write"


def _what(job: JobRow, link: Link | None) -> str:
    if link is None:
        return f"{job.label!r} (unlinked)"
    if link.key == queue.key_of_job(job):
        return f"{job.label!r} ({link.quickbooks_id})"
    return f"the {link.key.kind.words} {link.name!r} ({link.quickbooks_id}) that {job.label!r} belongs to"


def _name_taken(job: JobRow, like: Ret | None) -> Refusal:
    what = "something of the same name or number" if like is None else _shown_as(like)
    return Refusal(
        error=f"QuickBooks already has {what} as {job.label!r}, which is not qbsync's.",
        guidance="If it is the same one, link it (`qbsync links link`). If not, accept it under another name "
        "or number (`qbsync jobs accept ID --set`), or change the one in QuickBooks and retry.",
        code=str(NAME_TAKEN),
    )


def _shown_as(ret: Ret) -> str:
    """What a person looks for in QuickBooks to find it."""
    name = ret.text("FullName") or ret.text("Name")
    if name:
        return f"{name!r}, the same name"
    amount = ret.text("AmountDue") or ret.text("CreditAmount") or ret.text("TotalAmount")
    return (
        f"{ret.text('RefNumber')!r} of {ret.text('VendorRef/FullName')} ({amount}, dated "
        f"{ret.text('TxnDate')}, TxnID {ret.text('TxnID')}), the same number"
    )
