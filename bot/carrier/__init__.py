"""The door to the phones: what every carrier can do, and the errors that tell whether to try again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from flask import Flask

from bot.clock import Clock
from bot.database import Database
from bot.settings import Settings


class Refusal(StrEnum):
    """Why a carrier refuses a text for good."""

    OPTED_OUT = "opted_out"
    BAD_NUMBER = "bad_number"
    CONFIGURATION = "configuration"  # ours: the text is held, not lost
    BLOCKED = "blocked"
    OURS = "our_mistake"  # an empty or too long text


class CarrierBusy(Exception):
    """Certainly not sent: try again later."""


class CarrierRefused(Exception):
    """Certainly not sent, and trying again does not help."""

    def __init__(self, refusal: Refusal, code: int) -> None:
        """`code` is the carrier's own, for people who look it up."""
        super().__init__(f"{refusal} ({code})")
        self.refusal = refusal
        self.code = code


class OutcomeUnknown(Exception):
    """It may or may not have been sent: look before anything else happens to it."""


class CannotLook(Exception):
    """The carrier's list can't be read now."""


@dataclass(frozen=True, slots=True)
class Found:
    """A text in the carrier's own list."""

    carrier_id: str
    status: str


class Carrier(Protocol):
    """Moves texts. Numbers are E.164."""

    def send(self, to: str, body: str, *, reference: str, valid_for: timedelta | None) -> str:
        """Hand one text over, and return the carrier's id for it.

        `reference` comes back on its delivery receipts; `valid_for`: not delivered later than that.
        Raises CarrierBusy, CarrierRefused or OutcomeUnknown.
        """

    def find(self, to: str, body: str, *, since: datetime) -> Sequence[Found]:
        """The texts to this number with exactly these words that the carrier took since then (real time), newest first.

        Raises CannotLook.
        """


def choose(settings: Settings, clock: Clock, db: Database, app: Flask) -> Carrier:
    """The carrier that the settings name."""
    if settings.simulated:
        from bot.carrier.simulator import Simulator

        return Simulator(settings, clock, db, app)
    from bot.carrier.twilio import TwilioCarrier  # its client takes 26 MB: only where it is used

    return TwilioCarrier(settings)
