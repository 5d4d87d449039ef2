"""The one place that joins things."""

from qbsync.app.installation import App, now, run_worker, set_up_logs

__all__ = ["App", "now", "run_worker", "set_up_logs"]
