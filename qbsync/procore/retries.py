"""When a call to Procore is made again, and after how long."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import tenacity

from qbsync.errors import ProcoreLimitedError, ProcoreUnavailableError
from qbsync.procore.wire import Limits

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """Few attempts, the first again within a second, doubling with jitter, a total over all waits."""

    limits: Limits
    sleep: Callable[[float], None]
    jitter: Callable[[], float] = random.random

    def call(self, attempt: Callable[[], T], *, repeatable: bool) -> T:
        """The attempt's result; the last error where none succeeded.

        A refusal for the rate limit executed nothing and is always tried again; trouble on the way only where
        `repeatable` says that doing it twice does no harm. Waits longer than the limits' patience are raised.
        """

        def again(error: BaseException) -> bool:
            return self._worth_it(error, repeatable=repeatable)

        retrying = tenacity.Retrying(
            sleep=self.sleep,
            stop=self._enough,
            wait=self._pause,
            retry=tenacity.retry_if_exception(again),
            reraise=True,
        )
        return retrying(attempt)

    def _worth_it(self, error: BaseException, *, repeatable: bool) -> bool:
        match error:
            case ProcoreLimitedError():
                return error.retry_after <= self.limits.patience
            case ProcoreUnavailableError():
                return repeatable and (error.retry_after or 0.0) <= self.limits.patience
            case _:
                return False

    def _pause(self, state: tenacity.RetryCallState) -> float:
        doubled = self.limits.first_wait * 2.0 ** (state.attempt_number - 1)
        backoff = min(doubled, self.limits.longest_wait) * (0.5 + 0.5 * self.jitter())
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, ProcoreLimitedError | ProcoreUnavailableError) and error.retry_after:
            return error.retry_after + backoff
        return backoff

    def _enough(self, state: tenacity.RetryCallState) -> bool:
        waited = state.idle_for + state.upcoming_sleep
        return state.attempt_number >= self.limits.attempts or waited > self.limits.total_wait
