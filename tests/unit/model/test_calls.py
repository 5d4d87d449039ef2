from __future__ import annotations

from datetime import UTC, datetime, timedelta

from qbsync.model.calls import CallBudget

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_no_hour_gets_more_calls_than_the_budget():
    """Whoever spends all that is left each minute makes at most so many calls in any hour."""
    budget = CallBudget(per_hour=600)
    kept, kept_at, made = 0.0, None, []
    for minute in range(240):
        now = NOW + timedelta(minutes=minute)
        left = budget.left(kept, kept_at, now)
        made.append(int(left))
        kept, kept_at = budget.after(left, int(left)), now
    assert made[0] == 100
    assert max(sum(made[start : start + 60]) for start in range(180)) <= 600
    assert sum(made[60:120]) >= 495


def test_what_others_made_is_made_up_for_in_half_an_hour():
    """A person's thousand calls keep polling waiting for half an hour, not for two."""
    budget = CallBudget(per_hour=600)
    left = budget.after(budget.left(0, None, NOW), 1000)
    assert budget.until(left, 0) == timedelta(minutes=30)
    assert budget.left(left, NOW, NOW + timedelta(minutes=30)) == 0
    assert budget.until(0, 10_000) == budget.until(0, budget.at_once)
