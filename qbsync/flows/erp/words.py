"""What people read in Procore's ERP tool when something failed: what is wrong, and what to do there.

They know neither qbsync's commands nor its page; guidance that names those is replaced by what can be done in
Procore or QuickBooks. Procore lets a job be exported again under another code only where the message has the
word "code" (reference/procore-api.md, section 4.4).
"""

from __future__ import annotations

from typing import Final

from qbsync.flows import world as worlds
from qbsync.guidance.erp import in_procore, suggested
from qbsync.model.context import Finding
from qbsync.model.jobs import JobState
from qbsync.model.records import RecordKey, RecordKind
from qbsync.store.queue import SUPERSEDED, Refusal
from qbsync.store.tables import JobRow

_SHOWN: Final = 3
_AGAIN: Final = "then export it again."
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
    what = f"{_title(kind)} {label}: {finding.message}"
    todo = in_procore(kind.value, finding.field, code) or _plain(finding.guidance)
    text = f"{what} {todo}".strip()
    if kind is RecordKind.PROJECT and "code" not in text:
        text = f"{text} You can enter another job code when you export it again."
    return text


def _plain(guidance: str) -> str:
    """The guidance, where it does not speak of qbsync's own commands."""
    if "qbsync " in guidance or "--set" in guidance or "retry" in guidance.lower():
        return f"Ask whoever looks after qbsync, {_AGAIN}"
    return guidance


def ended(job: JobRow) -> str:
    """Why a job ended without being exported."""
    if job.because == SUPERSEDED:
        return f"A newer export of {job.label} took the place of this one."
    if job.state == JobState.REJECTED.value:
        return f"{job.label} was rejected in qbsync: {job.because or 'no reason was given'}."
    return f"{job.label} was taken back in qbsync: {job.because or 'no reason was given'}. Export it again."


def not_deleted(label: str, said: str) -> str:
    """That Procore did not delete what QuickBooks does not use, in Procore's words."""
    return f"QuickBooks does not use {label}, but it was not deleted. {said}"


def not_offered(of: str, said: str) -> str:
    """That what QuickBooks has could not be offered for import, in Procore's words."""
    return f"QuickBooks' {of} could not be offered for import. {said} Ask whoever looks after qbsync."


OVERTAKEN: Final = "A newer request of the same record took the place of this one."
NOTHING: Final = "This request of Procore's ERP tool names no record. Export it again."
PAYMENTS_OFF: Final = (
    "Payments are not read from QuickBooks: whoever looks after qbsync has switched that off."
)


def id_refused(said: str) -> str:
    """That QuickBooks has the record and Procore did not take its id."""
    return f"QuickBooks has it, but Procore did not take its id. {said} Mend that in Procore, {_AGAIN}"


def still_there(key: RecordKey) -> str:
    """That a record cannot be unlinked because QuickBooks still has it."""
    return f"The {key.kind.words} is still in QuickBooks. Please delete it there before you unlink it again."


def parent_missing(job: JobRow) -> Refusal:
    """That the record which a job waits for is not on its way to QuickBooks."""
    key = RecordKey.parse(job.waits_for)
    return Refusal(
        error=f"{job.label!r} needs the {key.kind.words} {key.procore_id}, which is not in QuickBooks.",
        guidance=f"Export that {key.kind.words} first, {_AGAIN}",
        code="waits",
    )


def _title(kind: RecordKind) -> str:
    return kind.words.capitalize()
