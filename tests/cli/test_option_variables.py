from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from qbsync.cli.main import app


def test_every_option_has_a_variable_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An option may come from a QBSYNC_ variable named after its command instead of the command line."""
    monkeypatch.setenv("QBSYNC_DATABASE_URL", f"sqlite:///{tmp_path / 'q.sqlite3'}")
    assert CliRunner().invoke(app, ["db", "upgrade"]).exit_code == 0
    monkeypatch.setenv("QBSYNC_JOBS_LIST_STATE", "nowhere")
    refused = CliRunner().invoke(app, ["jobs", "list"])
    assert refused.exit_code == 2
    assert "nowhere" in refused.output
