"""Which company file is open, and whether it is the one this connection may write to."""

from __future__ import annotations

from qbsync.errors import ConversationError, WrongCompanyError
from qbsync.flows import absences
from qbsync.flows.drain.scene import Scene
from qbsync.qbxml.company import CompanyFacts, read_company
from qbsync.qbxml.versions import BASELINE, QbxmlVersion, choose
from qbsync.store import messages, troubles

COUNTER = "QbsyncCounter"
"""A private DataExt of ours on the company: the last writing message the file has seen."""
SUBJECT = "QuickBooks"
LOWEST = QbxmlVersion(8, 0)
"""ExternalGUID begins with it: below, nothing that was lost could be found again."""


def identify(scene: Scene, hcp_response: str, company_file: str) -> None:
    """Read the company's data of the first sendRequestXML and hold it against what we know.

    Raises WrongCompanyError where nothing may be asked of this file, ConversationError for a QuickBooks that
    is too old, and QbxmlUnreadableError where the data cannot be read. A file that may be read but not
    written sets `connection.stopped`.
    """
    facts = read_company(hcp_response, scene.connection.owner_id)
    _same_file(scene, facts)
    scene.session.machine = facts.app_lock_machine
    scene.connection.stopped = _doubt(scene, facts, company_file)
    _remember(scene, facts, company_file)
    absences.consider(scene.tx, scene.connection)
    troubles.over(scene.tx, scene.connection.id, SUBJECT)


def _same_file(scene: Scene, facts: CompanyFacts) -> None:
    if not facts.file_id:
        raise WrongCompanyError(
            f"The open company file {facts.company_name!r} does not carry the mark of connection "
            f"{scene.connection.name!r}.",
            guidance="Open the company file this connection was added to. If it is the right one, remove the "
            "application in the Web Connector and add its .qwc again.",
        )
    if facts.file_id.lower() != scene.connection.file_id.lower():
        raise WrongCompanyError(
            f"Another company file is open: {facts.company_name!r} does not belong to connection "
            f"{scene.connection.name!r}.",
            guidance="Nothing was sent. Open the company file of this connection and run the update again.",
        )


def _doubt(scene: Scene, facts: CompanyFacts, company_file: str) -> str:
    """Why this file must not be written to until a person has looked; empty where it may be."""
    seen = scene.connection.company_seen
    if seen.get("confirmed") and _differs(seen, facts, company_file):
        return (
            f"The company file changed: it was {seen['name']!r} at {seen['path']}, now it is "
            f"{facts.company_name!r} at {company_file}. If these are the same books, moved or renamed, run "
            f"`qbsync connection confirm-file {scene.connection.name}`; if it is a copy, open the real file."
        )
    if _ran_ahead(scene, facts):
        return (
            "The company file knows of messages that qbsync's own database does not: a backup of the "
            "database seems to have been restored. Nothing is written until someone has looked. Run "
            f"`qbsync connection confirm-file {scene.connection.name}`; from then on qbsync looks for each "
            "record in QuickBooks before it adds it."
        )
    if _went_back(scene, facts):
        return (
            "The company file is older than what was sent to it: a backup seems to have been restored. "
            "Nothing is written until someone has looked. See what it lacks by `qbsync links missing "
            f"--connection {scene.connection.name}`, then run `qbsync connection confirm-file "
            f"{scene.connection.name}`."
        )
    return ""


def _differs(seen: dict[str, str], facts: CompanyFacts, company_file: str) -> bool:
    moved = bool(seen.get("path")) and bool(company_file) and seen["path"].lower() != company_file.lower()
    return moved or seen.get("name", "") != facts.company_name


def _went_back(scene: Scene, facts: CompanyFacts) -> bool:
    if not scene.connection.counter:
        return False
    text = facts.private.get(COUNTER, "")
    return not text.isdigit() or int(text) < scene.connection.counter


def _ran_ahead(scene: Scene, facts: CompanyFacts) -> bool:
    """Whether the file counts a message that we never sent, and nobody has confirmed that."""
    text = facts.private.get(COUNTER, "")
    if not text.isdigit() or text == scene.connection.company_seen.get("counter_confirmed"):
        return False
    return int(text) > messages.newest_id(scene.tx, scene.connection.id)


def _remember(scene: Scene, facts: CompanyFacts, company_file: str) -> None:
    seen = dict(scene.connection.company_seen)
    ceiling = QbxmlVersion.parse(seen["ceiling"]) if seen.get("ceiling") else BASELINE
    version, edition = choose(facts.supported, ceiling)
    if version < LOWEST:
        raise ConversationError(
            f"This QuickBooks speaks qbXML {version} at most; qbsync needs {LOWEST}.",
            guidance="Open the company file with a newer release of QuickBooks Desktop.",
        )
    seen["offered"] = {
        "name": facts.company_name,
        "path": company_file,
        "counter": facts.private.get(COUNTER, ""),
        "seen_at": scene.now.isoformat(timespec="seconds"),
        "ahead": _ran_ahead(scene, facts),
        "older": _went_back(scene, facts),
    }
    if not seen.get("confirmed"):
        seen |= {"confirmed": True, "name": facts.company_name, "path": company_file}
    seen |= {
        "version": str(version),
        "edition": (facts.edition if facts.country else edition).value,
        "product": facts.product,
        "file_mode": facts.file_mode,
        "preferences": dict(facts.preferences),
        "counted": COUNTER in facts.private,
    }
    scene.connection.company_seen = seen
