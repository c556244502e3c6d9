"""The worlds that stories play in: each story on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clock import HandClock
from tests.support.phones import Phone
from tests.support.standin_twilio import StandInTwilio
from tests.support.world import MARIA, World, settings_for


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of its own."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/prepline.sqlite"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def world(database_url: str, standin: StandInTwilio, clock: HandClock, tmp_path: Path) -> Iterator[World]:
    """A deployment with nobody in it."""
    made = World(settings_for(database_url, standin, tmp_path / "instance"), standin, clock)
    yield made
    made.close()


@pytest.fixture
def maria(world: World) -> Phone:
    """The phone of a patient; enroll her with `world.enroll`."""
    return world.phone(MARIA, "maria")


@pytest.fixture
def nurse_ana(world: World) -> Phone:
    """First on call."""
    return world.nurse("ana", "nurse")


@pytest.fixture
def nurse_ben(world: World) -> Phone:
    """Backup."""
    return world.nurse("ben", "backup")


@pytest.fixture
def lead_lee(world: World) -> Phone:
    """Last on call."""
    return world.nurse("lee", "lead", role="lead")
