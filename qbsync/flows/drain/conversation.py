"""The Web Connector's calls: each is one read of the state, one decision, one commit, one answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import structlog

from qbsync import __version__
from qbsync.errors import QbsyncError
from qbsync.flows import absences, world as worlds
from qbsync.flows.drain import answers, compose, door, identify, unanswered
from qbsync.flows.drain.matching import message_of
from qbsync.flows.drain.scene import Scene
from qbsync.guidance import hresult_advice
from qbsync.session import pace, replies
from qbsync.session.machine import Action, Call, Result, SessionState, action_for, after
from qbsync.session.recovery import may_repeat
from qbsync.store import connections, messages, queue, retention, sessions, troubles
from qbsync.store.engine import Database
from qbsync.store.messages import MessageState
from qbsync.store.tables import MessageRow

log = structlog.get_logger(__name__)
ERROR = -1
_OVER = "Session expired, run again."
_MOVED = "0x80040403"
_OVER_AND_DONE = (MessageState.APPLIED.value, MessageState.REFUSED.value)


class Drain:
    """Answers every connection's Web Connector; holds no state between calls (see soap.conversation)."""

    def __init__(self, database: Database, *, public_url: str, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._public_url = public_url.rstrip("/")
        self._clock = clock

    def recover(self) -> int:
        """Apply every stored answer that nobody has applied; run before the first call is taken."""
        with self._database.read() as tx:
            waiting = messages.connections_with_answers(tx)
        for connection_id in waiting:
            with self._database.write() as tx:
                connection = connections.lock(tx, connection_id)
                last = sessions.newest(tx, connection_id)
                if last is not None:
                    scene = Scene(world=worlds.world_of(tx, connection), session=last, now=self._clock())
                    _apply_stored(scene)
        return len(waiting)

    def server_version(self) -> str:
        """Our version, for the Web Connector's log."""
        return f"qbsync {__version__}"

    def client_version(self, version: str) -> str:
        """Every version is welcome; unknown newer ones are not turned away."""
        log.debug("web_connector", version=version)
        return ""

    def get_server_version(self, ticket: str) -> str:  # noqa: ARG002  (the same for everyone)
        """The text of the More Information popup."""
        return self.server_version()

    def authenticate(self, user: str, password: str) -> list[str]:
        """Sign a Web Connector in; see `door`."""
        now = self._clock()
        connection_id = door.recognise(self._database, user, password, now)
        if connection_id is None:
            return door.refuse()
        self._settle(connection_id)
        with self._database.write() as tx:
            return door.open_session(tx, connections.lock(tx, connection_id), now)

    def _settle(self, connection_id: int) -> None:
        """Apply answers that were stored when a process died, before anything is chosen; forget old reads."""
        with self._database.write() as tx:
            connection = connections.lock(tx, connection_id)
            last = sessions.newest(tx, connection_id)
            if last is not None:
                world = worlds.world_of(tx, connection)
                _apply_stored(Scene(world=world, session=last, now=self._clock()))
            retention.forget(tx, connection_id, self._clock())

    def send_request_xml(  # noqa: PLR0917  (the Web Connector's own six)
        self,
        ticket: str,
        hcp_response: str,
        company_file: str,
        country: str,  # noqa: ARG002  (HostRet says it more reliably)
        major: int,  # noqa: ARG002  (the request processor's version, not the company file's: guide p. 80)
        minor: int,  # noqa: ARG002
    ) -> str:
        """The next message, or an empty string where getLastError has something to say."""
        with self._scene(ticket) as scene:
            if scene is None:
                return ""
            action = action_for(SessionState(scene.session.state), Call.SEND)
            match action:
                case Action.IDENTIFY:
                    message = _identify(scene, hcp_response, company_file)
                case Action.CHOOSE:
                    message = _choose(scene)
                case Action.REPEAT:
                    message = _repeat(scene)
                case _:
                    scene.session.error = scene.session.error or _OVER
                    return ""
            scene.session.state = after(action, Result.HANDED if message else Result.DONE).value
            return "" if message is None else message.request.decode("ascii")

    def receive_response_xml(self, ticket: str, response: str, hresult: str, message: str) -> int:
        """Store the answer, commit, then apply it; percent done, or -1 with words for getLastError."""
        stored = self._store(ticket, response, hresult, message)
        with self._scene(ticket) as scene:
            if scene is None:
                return ERROR
            action = action_for(SessionState(scene.session.state), Call.RECEIVE)
            answered = None if stored is None else messages.get(scene.tx, stored)
            if answered is not None and answered.state == MessageState.ANSWERED.value:
                answers.apply(scene, answered)
            if action is not Action.APPLY:
                return _late(scene)
            result = _progress(scene, answered)
            scene.session.state = after(action, Result.MORE if 0 <= result < 100 else Result.DONE).value  # noqa: PLR2004
            return result

    def _store(self, ticket: str, response: str, hresult: str, hmessage: str) -> int | None:
        """Keep the raw answer with the message it belongs to; gives that message's id."""
        with self._scene(ticket) as scene:
            if scene is None:
                return None
            found = message_of(scene, response)
            if found is None:
                return None
            if found.state not in _OVER_AND_DONE and not answers.is_stale(found):
                answers.store(found, response, hresult, hmessage, scene.now)
            return found.id

    def connection_error(self, ticket: str, hresult: str, message: str) -> str:
        """QuickBooks could not be opened, so nothing was executed: say why, or try the file that is open."""
        with self._scene(ticket) as scene:
            if scene is None:
                return "done"
            action = action_for(SessionState(scene.session.state), Call.CONNECTION_ERROR)
            if action is not Action.NOTE:
                return "done"
            advice = hresult_advice(hresult)
            scene.session.error = f"{advice.title}. {' '.join(advice.steps)}"
            _trouble(scene, f"{advice.title} ({hresult}): {message}", " ".join(advice.steps))
            retry = _is_moved(hresult) and bool(scene.connection.company_file) and not scene.session.planned
            scene.session.planned = 1
            scene.session.state = after(action, Result.RETRYING if retry else Result.DONE).value
            return "" if retry else "done"

    def get_last_error(self, ticket: str) -> str:
        """What went wrong, in words; never a text that would make the Web Connector poll for ever."""
        with self._database.read() as tx:
            session = sessions.of_ticket(tx, ticket)
            return _OVER if session is None else session.error or _OVER

    def close_connection(self, ticket: str) -> str:
        """The line for the Status column."""
        with self._scene(ticket) as scene:
            if scene is None:
                return "Not signed in: check the user name and the password."
            session = scene.session
            if session.closed_at is None:
                session.result = self._summary(scene)
                session.closed_at = scene.now
                session.state = SessionState.CLOSED.value
            return session.result

    def _summary(self, scene: Scene) -> str:
        return replies.summary(
            synced=scene.session.synced,
            failed=scene.session.failed,
            waiting=queue.count_for_people(scene.tx, scene.connection.id),
            problem=scene.session.error or scene.connection.stopped,
            page=f"{self._public_url}/support/{scene.connection.name}",
        )

    def get_interactive_url(self, ticket: str, session_id: str) -> str:  # noqa: ARG002  (never offered)
        """The page of the interactive mode, which qbsync never asks for."""
        return f"{self._public_url}/"

    def interactive_done(self, ticket: str) -> str:  # noqa: ARG002  (never begun)
        """`Done`: there is no interactive session to wait for."""
        return "Done"

    def interactive_rejected(self, ticket: str, reason: str) -> str:  # noqa: ARG002  (never begun)
        """What the Web Connector shows when a person refuses the interactive mode."""
        return "qbsync does not need the interactive mode."

    @contextmanager
    def _scene(self, ticket: str) -> Iterator[Scene | None]:
        """One call's transaction with its connection locked; None for a ticket that was never given."""
        with self._database.write() as tx:
            connection_id = sessions.connection_of(tx, ticket)
            connection = None if connection_id is None else connections.lock(tx, connection_id)
            session = sessions.of_ticket(tx, ticket)  # as it is now that no other call is under way
            if connection is None or session is None:
                yield None
                return
            session.seen_at = connection.last_contact_at = now = self._clock()
            yield Scene(world=worlds.world_of(tx, connection), session=session, now=now)


def _apply_stored(scene: Scene) -> None:
    for message in messages.open_ones(scene.tx, scene.connection.id):
        if message.state == MessageState.ANSWERED.value:
            answers.apply(scene, message)


def _identify(scene: Scene, hcp_response: str, company_file: str) -> MessageRow | None:
    try:
        identify.identify(scene, hcp_response, company_file)
    except QbsyncError as error:
        scene.session.error = error.for_people()
        _trouble(scene, error.message, error.guidance)
        return None
    return _choose(scene)


def _choose(scene: Scene) -> MessageRow | None:
    """What is out comes first: the same bytes again, before any new write."""
    _apply_stored(scene)
    for message in messages.open_ones(scene.tx, scene.connection.id):
        if message.writes and not scene.connection.stopped and _may_repeat(scene, message):
            return _hand_again(scene, message)
        if not message.writes:
            unanswered.forget_read(scene, message)
    if scene.connection.stopped:
        return compose.stopped_message(scene)  # what this file answers must not decide anything
    may_write = _may_write(scene)
    return compose.next_message(scene, may_write=may_write) or compose.idle_message(scene)


def _may_repeat(scene: Scene, message: MessageRow) -> bool:
    return may_repeat(
        same_file=message.file_id == scene.connection.file_id,
        sent_by=message.machine,
        machine=scene.session.machine,
        sent_at=message.again_at or message.sent_at,
        now=scene.now,
        wait_seconds=scene.world.options.recovery_wait_seconds,
    )


def _may_write(scene: Scene) -> bool:
    if scene.connection.stopped or scene.connection.paused_at is not None:
        return False
    return not any(message.writes for message in messages.open_ones(scene.tx, scene.connection.id))


def _repeat(scene: Scene) -> MessageRow | None:
    """The second sendRequestXML in a row: the answer to the first was lost."""
    message = None if scene.session.message_id is None else messages.get(scene.tx, scene.session.message_id)
    if message is not None and message.writes and message.state == MessageState.SENT.value:
        return _hand_again(scene, message)
    return _choose(scene)


def _hand_again(scene: Scene, message: MessageRow) -> MessageRow:
    message.times_sent += 1
    message.again_at = scene.now
    message.machine = scene.session.machine
    scene.session.message_id = message.id
    scene.session.round_trips += 1
    return message


def _progress(scene: Scene, answered: MessageRow | None) -> int:
    open_still = answered is not None and answered.state in (MessageState.SENT.value, MessageState.LOST.value)
    if answered is None or open_still:
        scene.session.error = _no_answer_words(answered)
        return ERROR
    if scene.connection.stopped:
        left = absences.left(scene.tx, scene.connection.id)
        if not left:
            scene.session.error = _stopped_words(scene)
            return ERROR
    else:
        left = compose.remaining(scene, may_write=_may_write(scene))
    done = scene.session.synced + scene.session.failed + scene.session.round_trips
    return pace.percent(done, left)


def _stopped_words(scene: Scene) -> str:
    lacking = absences.count(scene.tx, scene.connection.id)
    if not lacking:
        return scene.connection.stopped
    return (
        f"{scene.connection.stopped} It lacks {lacking} of the linked records: "
        f"`qbsync links missing --connection {scene.connection.name}`."
    )


def _no_answer_words(answered: MessageRow | None) -> str:
    said = "" if answered is None else answered.hmessage or answered.hresult
    if answered is not None and answered.writes and answered.state == MessageState.LOST.value:
        return (
            "QuickBooks kept no answer. Nothing is lost: qbsync looks for each record in QuickBooks before "
            "anything is sent again."
        )
    return (
        f"QuickBooks gave no usable answer{f' ({said})' if said else ''}. Nothing is lost: the next update "
        "asks for it again, and QuickBooks does not do it twice."
    )


def _late(scene: Scene) -> int:
    """An answer out of turn is stored and applied; the session itself goes on only if it still works."""
    if scene.session.state == SessionState.WORKING.value:
        return pace.percent(
            scene.session.round_trips, max(1, compose.remaining(scene, may_write=_may_write(scene)))
        )
    scene.session.error = scene.session.error or _OVER
    return ERROR


def _is_moved(hresult: str) -> bool:
    return hresult.strip().lower() == _MOVED


def _trouble(scene: Scene, message: str, guidance: str) -> None:
    troubles.keep(
        scene.tx,
        scene.connection.id,
        identify.SUBJECT,
        message=message,
        guidance=guidance,
        now=scene.now,
    )
