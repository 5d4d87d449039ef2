"""Which message an answer belongs to."""

from __future__ import annotations

from itertools import takewhile

from qbsync.errors import QbxmlUnreadableError
from qbsync.flows.drain.scene import Scene
from qbsync.qbxml.parse import Head, Ret, Status, read
from qbsync.session.machine import SessionState
from qbsync.store import messages
from qbsync.store.tables import MessageRow


def message_of(scene: Scene, response: str) -> MessageRow | None:
    """The message that was answered: named by its messageSetID or requestIDs, else the one that is out.

    An answer that comes late or with an old ticket names its message itself. One that names none, garbage
    and errors among them, belongs to the message whose answer the session awaits.
    """
    set_id, request_id = _names(response)
    if set_id or request_id:
        return _named(scene, set_id, request_id)
    if scene.session.state == SessionState.AWAITING.value and scene.session.message_id is not None:
        return messages.get(scene.tx, scene.session.message_id)
    return None


def _named(scene: Scene, set_id: str, request_id: str) -> MessageRow | None:
    if set_id:
        return messages.of_set_id(scene.tx, scene.connection.id, set_id)
    number = request_id.partition(".")[0]
    if not number.isdigit():
        return None
    found = messages.get(scene.tx, int(number))
    return found if found is not None and found.connection_id == scene.connection.id else None


def _names(response: str) -> tuple[str, str]:
    """The messageSetID and the first requestID of an answer; empty where it cannot be read."""
    if not response.strip():
        return "", ""
    set_id = request_id = ""
    try:
        for event in takewhile(lambda event: not isinstance(event, Ret), read(response)):
            if isinstance(event, Head):
                set_id = event.new_message_set_id or ""
            elif isinstance(event, Status):
                request_id = event.request_id
                break
    except QbxmlUnreadableError:
        return "", ""
    return set_id, request_id
