"""Draining the queue: the Web Connector's conversation, one transaction a call."""

from qbsync.flows.drain.conversation import Drain

__all__ = ["Drain"]
