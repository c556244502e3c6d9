"""`flask …` in tests: inside this process on the world's own clock, or as a person would run it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from click.testing import Result
from sqlalchemy import select

from bot.models import Base
from bot.settings import ROOT
from scheduler import run
from tests.support.world import MARIA, World

TEST_AT = "2026-11-20T14:00"  # in 18 days
ENROLL = ("enroll", "--name", "Maria Lopez", "--phone", MARIA, "--procedure-at", TEST_AT)
CONSENT = ("--consent", "at the desk on 2 November, by Sam")


def invoke(world: World, *arguments: str) -> Result:
    if "simulate" not in world.app.cli.commands:
        run.register(world.app)
    return world.app.test_cli_runner().invoke(args=arguments)


def told(world: World, *arguments: str) -> Any:
    """What a command prints with --json. It ends well and says nothing else."""
    result = invoke(world, *arguments, "--json")
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    return json.loads(result.stdout)


def refusal(world: World, *arguments: str) -> str:
    """The one line of a command that changes nothing."""
    before = content(world)
    result = invoke(world, *arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1, result.stderr
    assert content(world) == before
    return result.stderr


def content(world: World) -> dict[str, list[Any]]:
    """All that the database holds."""
    with world.parts.db.read() as session:
        return {name: sorted(map(str, session.execute(select(table)))) for name, table in Base.metadata.tables.items()}


def unchanged(world: World, *arguments: str) -> None:
    """The command ends well and changes nothing."""
    before = content(world)
    told(world, *arguments)
    assert content(world) == before


def shell(*arguments: str, folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PREPLINE_", "TWILIO_", "PORT"))}
    own = {"PREPLINE_DATABASE__URL": f"sqlite:///{folder}/own/prepline.sqlite", "PREPLINE_INSTANCE": str(folder / "instance")}
    return subprocess.run(
        [sys.executable, "-m", "flask", *arguments], cwd=ROOT, env=clean | own | environ, capture_output=True, text=True, timeout=60
    )
