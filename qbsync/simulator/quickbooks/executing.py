"""Runs the requests of a message in turn and writes the answer in QuickBooks' form."""

from __future__ import annotations

from dataclasses import dataclass

from qbsync.simulator.quickbooks import families, message_sets, registry, statuses
from qbsync.simulator.quickbooks.answers import attributes
from qbsync.simulator.quickbooks.faults import Faults
from qbsync.simulator.quickbooks.message import Command, Message
from qbsync.simulator.quickbooks.message_sets import MessageSets
from qbsync.simulator.quickbooks.registry import Desk, Outcome

_LONGEST_REQUEST_ID = 50

assert families.FAMILIES


@dataclass(frozen=True, slots=True, kw_only=True)
class Executor:
    """One message against one company file."""

    desk: Desk
    faults: Faults
    sets: MessageSets

    def run(self, application: str, text: str, message: Message) -> str:
        """The answer: saved from an earlier run, a bare status, or the result of running it now."""
        verdict = self.sets.judge(
            application, text, new=message.new_set_id, old=message.old_set_id, empty=not message.commands
        )
        if verdict.response is not None:
            return verdict.response
        if verdict.status is not None:
            return bare(message, verdict.status)
        body = self._run_all(message)
        if message.new_set_id is None:
            return document("", body)
        return self._answer_and_keep(application, text, message, body)

    def _answer_and_keep(self, application: str, text: str, message: Message, body: str) -> str:
        assert message.new_set_id is not None
        unsaved = self.faults.take_unsaved()
        if unsaved is None:
            answer = document(_set_attributes(message, message_sets.OK), body)
            self.sets.keep(application, message.new_set_id, text, answer)
            return answer
        self.sets.keep(application, message.new_set_id, text, None)
        return document(_set_attributes(message, message_sets.NOT_SAVED), body if unsaved else "")

    def _run_all(self, message: Message) -> str:
        answers, stopped = [], False
        for command in message.commands:
            outcome = Outcome(status=statuses.NOT_PROCESSED) if stopped else self._run_one(command)
            answers.append(_answer(command, outcome, with_data=message.with_data))
            # a warning does not stop a set (reference section 3.1)
            stopped = stopped or (message.on_error == "stopOnError" and outcome.status.severity == "Error")
        return "".join(answers)

    def _run_one(self, command: Command) -> Outcome:
        due = self.faults.take_status(command.name)
        if due is not None:
            return Outcome(status=due)
        self.desk.state.begin()
        try:
            _check(command)
            return registry.handler_for(command.name)(self.desk, command)
        except statuses.Refusal as refusal:
            self.desk.state.take_back()
            return Outcome(status=refusal.status)


def _check(command: Command) -> None:
    if len(command.request_id) > _LONGEST_REQUEST_ID:
        raise statuses.request_id_too_long(command.request_id)
    if command.too_long is not None:
        raise statuses.too_long(command.too_long.field, command.too_long.text, command.too_long.longest)


def _answer(command: Command, outcome: Outcome, *, with_data: bool) -> str:
    head = attributes(
        {
            "requestID": command.attributes.get("requestID"),
            "statusCode": str(outcome.status.code),
            "statusSeverity": outcome.status.severity,
            "statusMessage": outcome.status.message,
            "retCount": _text(outcome.ret_count),
            "iteratorRemainingCount": _text(outcome.iterator_remaining),
            "iteratorID": outcome.iterator_id,
        }
    )
    tag = f"{command.name.removesuffix('Rq')}Rs"
    content = "".join(outcome.rets) if with_data else ""
    return f"<{tag}{head}>{content}</{tag}>\n" if content else f"<{tag}{head} />\n"


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)


def bare(message: Message, status: int) -> str:
    """An answer that is a messageSetStatusCode alone."""
    return document(_set_attributes(message, status), "")


def _set_attributes(message: Message, status: int) -> str:
    return attributes({"newMessageSetID": message.new_set_id, "messageSetStatusCode": str(status)})


def document(head: str, body: str) -> str:
    """The whole answer; QuickBooks names no encoding in its prolog."""
    return f'<?xml version="1.0" ?>\n<QBXML>\n<QBXMLMsgsRs{head}>\n{body}</QBXMLMsgsRs>\n</QBXML>\n'
