"""What people read in Procore's ERP tool when something failed: what is wrong, and what to do there.

They know neither qbsync's commands nor its page; guidance that names those is replaced by what can be done in
Procore or QuickBooks. Procore lets a job be exported again under another code only where the message has the
word "code" (reference/procore-api.md, section 4.4).
"""

from __future__ import annotations

import re
from typing import Final

from qbsync.errors import StateError
from qbsync.flows import unlinking, world as worlds
from qbsync.guidance.erp import in_procore, suggested
from qbsync.model.context import Finding
from qbsync.model.jobs import JobState
from qbsync.model.records import RecordKey, RecordKind
from qbsync.store.queue import SUPERSEDED, Refusal
from qbsync.store.tables import JobRow

_SHOWN: Final = 3
_AGAIN: Final = "then export it again."
_THEN: Final = re.compile(r"\b(?:then|and) (?:retry|accept[^.]*)\.")
"""How guidance for qbsync's own page ends."""
_INSTEAD: Final = "in QuickBooks by hand"
"""What is done there need not be exported."""
_OURS: Final = ("qbsync ", "--set", "retry", "accept ")
_CANNOT: Final = r"^The {kind} {label} cannot be sent(?: \([a-z_]+\))?: "
"""What a message begins with that was made for qbsync's own page."""
_ID: Final = re.compile(r"(?:, TxnID [0-9A-F]+-\d+| \"[0-9A-F]+-\d+\"| \([0-9A-F]+-\d+\))")
"""An id that QuickBooks shows nobody, as qbsync and QuickBooks' own messages name it."""
AWAY: Final = "The connector could not be reached when this was sent. Export it again."
"""Of a detail whose request never came."""


def for_procore(job: JobRow) -> list[str]:
    """Why a job failed, one message a problem, each with what to do in Procore or QuickBooks."""
    kind = RecordKind(job.kind)
    if job.code:
        findings = [Finding(field="", message=job.error, guidance=job.guidance)]
    else:
        review = worlds.from_json(job.review)
        missing = [warning for warning in review.warnings if warning.field in review.missing]
        asked = [
            Finding(field=choice, message=f"The {choice.replace('_', ' ')} is not chosen.", guidance="")
            for choice in review.missing
            if choice not in {one.field for one in missing}
        ]
        findings = [*review.problems, *missing, *asked]
        if not findings and review.suggestion is not None and not review.adopts:
            findings = [_alike(kind, review.suggestion.full_name)]
        if not findings:
            findings = [Finding(field="", message=job.error, guidance=job.guidance)]
    return [_message(kind, job.label, finding, job.code) for finding in findings[:_SHOWN]]


def _alike(kind: RecordKind, full_name: str) -> Finding:
    message = f"QuickBooks already has {full_name!r}, of the same or nearly the same name."
    return Finding(field="", message=message, guidance=suggested(kind.value))


def _message(kind: RecordKind, label: str, finding: Finding, code: str) -> str:
    named = label if label.startswith(_title(kind)) else f"{_title(kind)} {label}"
    said = re.sub(_CANNOT.format(kind=kind.words, label=re.escape(label)), "", finding.message)
    said = _ID.sub("", said)
    todo = in_procore(kind.value, finding.field, code) or _plain(finding.guidance)
    text = f"{named}: {said} {todo}".strip()
    if kind is RecordKind.PROJECT and "code" not in text:
        text = f"{text} You can enter another job code, its name in QuickBooks, when you export it again."
    return text


def _plain(guidance: str) -> str:
    """What of the guidance can be done in Procore or QuickBooks, without qbsync's own commands and page."""
    sentences = re.split(r"(?<=\.)\s+", _THEN.sub(_AGAIN, guidance))
    kept = [one for one in sentences if one and not any(word in one.casefold() for word in _OURS)]
    if not kept:
        return f"Ask whoever looks after the connector, {_AGAIN}"
    said = " ".join(kept)
    return said if _AGAIN in said or _INSTEAD in said else f"{said} {_AGAIN.capitalize()}"


def spoken(message: str) -> str:
    """The message as people in Procore read it: who brings their records to QuickBooks is the connector."""
    return re.sub(r"^the connector", "The connector", re.sub(r"\bqbsync\b", "the connector", message))


def ended(job: JobRow) -> str:
    """Why a job ended without being exported."""
    if job.because == SUPERSEDED:
        return f"A newer export of {job.label} took the place of this one."
    if job.state == JobState.REJECTED.value:
        return f"{job.label} was rejected in qbsync: {job.because or 'no reason was given'}."
    return f"{job.label} was taken back in qbsync: {job.because or 'no reason was given'}. Export it again."


def still_costs(label: str) -> str:
    """That a cost code cannot be deleted because QuickBooks has costs on it."""
    return (
        f"Cost code {label} still has costs on this job in QuickBooks. Move them there, then delete it again."
    )


def still_used(label: str, kind: RecordKind, job: JobRow) -> str:
    """That a cost code cannot be deleted because a record in QuickBooks, or on its way there, is coded so."""
    named = f"the {kind.words} {job.label}"
    if job.state == JobState.SYNCED.value:
        used = f"Cost code {label} is still used by {named} in QuickBooks."
        return f"{used} Unlink that first, or keep the cost code."
    used = f"Cost code {label} is still used by {named}, which is on its way to QuickBooks."
    return f"{used} Keep the cost code, or delete it again once that is unlinked."


def not_known_unused(label: str) -> str:
    """That a cost code cannot be deleted because nobody reads whether QuickBooks has costs on it."""
    return (
        f"What jobs cost is not read from QuickBooks, so nobody can tell whether cost code {label} is used "
        "there: whoever looks after the connector has switched that off. Keep the cost code, or ask them."
    )


def not_deleted(label: str, said: str) -> str:
    """That Procore did not delete what QuickBooks does not use, in Procore's words."""
    return f"QuickBooks does not use {label}, but it was not deleted. {said}"


def not_offered(of: str, said: str) -> str:
    """That what QuickBooks has could not be offered for import, in Procore's words."""
    return f"QuickBooks' {of} could not be offered for import. {said} Ask whoever looks after the connector."


OVERTAKEN: Final = "A newer request of the same record took the place of this one."
NOTHING: Final = "This request of Procore's ERP tool names no record. Export it again."
PAYMENTS_OFF: Final = (
    "Payments are not read from QuickBooks: whoever looks after the connector has switched that off."
)


def payment_refused(invoice: str, said: str) -> str:
    """That QuickBooks has a payment and Procore did not take it, in Procore's words."""
    return (
        f"A payment of invoice {invoice} is in QuickBooks, but Procore did not take it. {said} "
        "Mend that in Procore, then press Refresh again."
    )


def more_payments(count: int) -> str:
    """That Procore did not take further payments, which are not named."""
    return f"So it is with {count} more {'payment' if count == 1 else 'payments'}."


def not_taken_in(said: str) -> str:
    """That a request was shown and could not be taken in for a week."""
    return f"The connector could not take this in for a week. {spoken(said)} Mend that, {_AGAIN}"


def id_refused(said: str) -> str:
    """That QuickBooks has the record and Procore did not take its id."""
    return f"QuickBooks has it, but Procore did not take its id. {said} Mend that in Procore, {_AGAIN}"


def id_kept(said: str) -> str:
    """That Procore did not let go of an id, though the connector has no more to do with the record."""
    return f"It is unlinked, but Procore kept its id. {said} Mend that in Procore, then unlink it again."


def still_there(kind: RecordKind, label: str) -> str:
    """That a record cannot be unlinked because QuickBooks still has it."""
    return (
        f"The {kind.words} {label} is still in QuickBooks. Please delete it there before you unlink it again."
    )


def unlink_ended(job: JobRow) -> str:
    """Why a record was not unlinked after all, though nobody found it in QuickBooks."""
    if job.because == SUPERSEDED:
        return (
            f"A newer export of {job.label} took the place of its unlink. Unlink it again when that is done."
        )
    return f"The unlink of {job.label} was taken back in the connector. Unlink it again."


ORDER_UNKNOWN: Final = (
    "The connector does not know the purchase order of this change order, so it cannot tell whether "
    "QuickBooks still has its lines. Send an invoice or another change order of the commitment first, which "
    "joins the two; or unlink the commitment, if its purchase order was deleted. Then unlink this again."
)
NOT_PROVEN: Final = (
    "The connector is not linked to this commitment and could not read it in Procore, so it cannot ask "
    "QuickBooks whether its purchase order is gone. Ask whoever looks after the connector, then unlink it "
    "again."
)


def not_proven(job: JobRow) -> str:
    """That nobody saw whether the record is gone which another connector made; it is not forgotten."""
    if job.because == SUPERSEDED or not job.error:
        return unlink_ended(job)
    return (
        f"Nobody saw that {job.label} is gone from QuickBooks. {job.error} Delete it there before you unlink "
        "it again."
    )


def not_unlinked(key: RecordKey, error: StateError) -> str:
    """Why a record cannot be unlinked now, for people who know nothing of qbsync's jobs and commands."""
    match error.context.get(unlinking.WHY):
        case unlinking.OUT:
            return f"The {key.kind.words} is with QuickBooks right now. Unlink it again in some minutes."
        case unlinking.ON_ITS_WAY:
            return (
                f"A newer export of the {key.kind.words} is on its way to QuickBooks. Unlink it again when "
                "that is done."
            )
        case unlinking.UNKNOWN:
            return (
                f"The connector knows nothing of the {key.kind.words} but that it is in QuickBooks. "
                "Export it again, then unlink it."
            )
        case _:
            guidance = error.guidance
            if "qbsync" in guidance or "job" in guidance:
                guidance = "Ask whoever looks after the connector, then unlink it again."
            return f"{error.message} {guidance}".strip()


def parent_missing(job: JobRow, parent: JobRow | None = None) -> Refusal:
    """That the record which a job waits for is not on its way to QuickBooks, or could not be joined to it."""
    key = RecordKey.parse(job.waits_for)
    if parent is not None and parent.state == JobState.FAILED.value and parent.foreign_id:
        return Refusal(
            error=f"{job.label!r} needs the {key.kind.words} {parent.label!r}, which could not be joined to "
            f"the one in QuickBooks: {parent.error}",
            guidance="Make the two agree; or, if that one was deleted, unlink the "
            f"{key.kind.words} and export it; {_AGAIN} Or enter it {_INSTEAD}.",
            code="waits",
        )
    if parent is not None and parent.state == JobState.QUEUED.value:
        return parent_missing(parent)
    if parent is None and key.kind is RecordKind.COMMITMENT:
        return Refusal(
            error=f"{job.label!r} needs the commitment {key.procore_id}, which the connector does not know.",
            guidance="Export that commitment first, or, where it is Synced already, ask whoever looks after "
            f"the connector; {_AGAIN}",
            code="waits",
        )
    return Refusal(
        error=f"{job.label!r} needs the {key.kind.words} {key.procore_id}, which is not in QuickBooks.",
        guidance=f"Export that {key.kind.words} first, {_AGAIN}",
        code="waits",
    )


def _title(kind: RecordKind) -> str:
    return kind.words.capitalize()
