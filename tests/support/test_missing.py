"""A missing thing is named at the end of a run, and fails the run on CI."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

STORY = """
from tests.support.missing import cannot_run

def test_story():
    cannot_run("the browser story", "no Chromium", "apt-get install chromium")
"""


@pytest.fixture
def run(tmp_path):
    """Return a function that plays a test that lacks something and returns its exit status and what it printed."""
    (tmp_path / "conftest.py").write_text("from tests.support.missing import pytest_terminal_summary\n")
    (tmp_path / "test_story.py").write_text(STORY)

    def play(ci: str, *options: str) -> tuple[int, str]:
        root = Path(__file__).parents[2]
        command = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", str(tmp_path), *options, str(tmp_path)]
        environment = {**os.environ, "CI": ci, "PYTHONPATH": str(root), "PYTEST_ADDOPTS": ""}
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
        return done.returncode, done.stdout

    return play


@pytest.mark.parametrize("options", [(), ("-n", "1")])
def test_what_cannot_run_is_named_in_the_last_lines(run, options):
    status, output = run("", *options)
    assert status == 0
    assert "NOT RUN HERE: the browser story: no Chromium (apt-get install chromium)" in output.splitlines()[-2:]


def test_what_cannot_run_fails_on_ci(run):
    status, output = run("true")
    assert status == 1
    assert "the browser story: no Chromium" in output
