"""What the program is made of, handed to whoever needs it."""

from dataclasses import dataclass
from typing import cast

from flask import current_app

from bot.carrier import Carrier
from bot.clock import Clock
from bot.database import Database
from bot.process import ThisProcess
from bot.settings import Settings
from bot.wording import Wording
from flows.procedure import Procedure


@dataclass(frozen=True)
class Parts:
    """Everything that was joined at the start."""

    settings: Settings
    clock: Clock
    db: Database
    procedure: Procedure
    wording: Wording
    carrier: Carrier
    process: ThisProcess


def parts() -> Parts:
    """The parts of the application that runs."""
    return cast(Parts, current_app.extensions["prepline"])
