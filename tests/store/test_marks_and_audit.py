from __future__ import annotations

from datetime import timedelta

from qbsync.store import audit, marks, project_codes, troubles
from qbsync.store.project_codes import ProjectCode


def test_a_mark_moves_and_stays_within_its_connection(database, connection_id, add_connection):
    """Each stream has one value a connection; an unknown stream has an empty one."""
    other = add_connection("other")
    with database.write() as tx:
        marks.put(tx, connection_id, "vendors", "2026-11-01")
        marks.put(tx, connection_id, "vendors", "2026-11-02")
        marks.put(tx, other, "projects", "x")
    with database.read() as tx:
        assert marks.all_of(tx, connection_id) == {"vendors": "2026-11-02"}
        assert marks.one(tx, connection_id, "vendors") == "2026-11-02"
        assert marks.one(tx, connection_id, "projects") == ""


def test_a_trouble_lasts_until_it_is_over(database, connection_id, now):
    """A later word on the same subject replaces the first; a whole pull clears what it did not meet again."""
    with database.write() as tx:
        for message in ("first", "second"):
            troubles.keep(tx, connection_id, "vendor 1", message=message, guidance="Mend.", now=now)
        troubles.keep(tx, connection_id, "projects", message="away", guidance="", now=now, lasting=False)
        tx.flush()
        assert [(one.subject, one.message) for one in troubles.listing(tx, connection_id)] == [
            ("projects", "away"),
            ("vendor 1", "second"),
        ]
        troubles.clear_procore(tx, connection_id, now)
        assert len(troubles.listing(tx, connection_id)) == 2
        troubles.clear_procore(tx, connection_id, now + timedelta(seconds=1))
        assert [one.subject for one in troubles.listing(tx, connection_id)] == ["vendor 1"]
        troubles.over(tx, connection_id, "vendor 1")
        assert troubles.listing(tx, connection_id) == []


def test_project_codes_are_found_by_project_and_by_standard_code(database, connection_id):
    """A code that is read again is changed in place, either side finds it, and one that is gone goes."""

    def code(procore_id: str, standard_id: str, origin_id: str = "") -> ProjectCode:
        return ProjectCode(
            procore_id=procore_id, standard_id=standard_id, full_code="01-010", origin_id=origin_id
        )

    with database.write() as tx:
        project_codes.put(tx, connection_id, "p1", [code("1", "s1"), code("2", "s2")])
        project_codes.put(tx, connection_id, "p2", [code("3", "s1")])
        assert project_codes.put(tx, connection_id, "p1", [code("1", "s1", "J|I")], unread=["2"]) == []
        found = project_codes.listing(tx, connection_id, standard_id="s1")
        assert [(row.procore_id, row.project_id, row.origin_id) for row in found] == [
            ("1", "p1", "J|I"),
            ("3", "p2", ""),
        ]
        assert [row.procore_id for row in project_codes.listing(tx, connection_id, project_id="p1")] == [
            "1",
            "2",
        ]
        assert project_codes.put(tx, connection_id, "p1", [code("1", "s1", "J|I")]) == ["2"]
        assert len(project_codes.listing(tx, connection_id)) == 2


def test_the_audit_tells_who_did_what(database, connection_id, now):
    """A subject's lines come oldest first, the whole newest first up to a limit."""
    with database.write() as tx:
        for action in ("accept", "hold", "cancel"):
            audit.note(
                tx,
                actor="ann",
                action=action,
                subject="job 1",
                now=now,
                connection_id=connection_id,
                detail="d",
            )
        audit.note(tx, actor="bob", action="pause", subject="connection acme", now=now)
    with database.read() as tx:
        lines = audit.of_subject(tx, "job 1")
        assert [(line.actor, line.action, line.detail, line.at) for line in lines] == [
            ("ann", "accept", "d", now),
            ("ann", "hold", "d", now),
            ("ann", "cancel", "d", now),
        ]
        assert [line.actor for line in audit.newest(tx, 2)] == ["bob", "ann"]
