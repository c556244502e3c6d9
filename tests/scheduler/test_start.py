"""What a start says of a clinic's own values: what they cost, never a refusal."""

from pathlib import Path

import pytest

from bot.app import create_app
from scheduler import run
from tests.support.world import settings_for


def started(folder: Path, **overrides: str) -> None:
    app = create_app(settings_for(f"sqlite:///{folder}/p.sqlite", None, folder, **overrides))
    made = app.extensions["prepline"]
    run.refuse_unless_ready(made)
    made.db.close()


def test_a_long_clinic_name_is_a_warning_with_its_cost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    started(tmp_path, PREPLINE_CLINIC__NAME="Oak Imaging of the Three Rivers")
    told = capsys.readouterr().err
    assert "warning: " in told
    assert "en.toml" in told
    assert "costs 2 segments" in told


def test_the_shipped_values_cost_what_was_planned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    started(tmp_path)
    assert capsys.readouterr().err == ""
