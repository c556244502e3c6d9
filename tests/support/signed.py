"""Webhooks by hand: what Twilio posts, signed by Twilio or by somebody else."""

from collections.abc import Mapping
from xml.etree import ElementTree

from sqlalchemy import func, select
from werkzeug.test import TestResponse

from bot.models import Base
from tests.support.standin_twilio import new_sid
from tests.support.twilio_rules import sign
from tests.support.world import MARIA, World

PUBLIC = "http://127.0.0.1:8000"
SMS = f"{PUBLIC}/twilio/sms"


def form_of(world: World, body: str = "hello", **changes: str | None) -> dict[str, str]:
    """What Twilio posts for a text from Maria; a field changed to None is left out."""
    form: dict[str, str | None] = {
        "AccountSid": world.twilio.account_sid,
        "Body": body,
        "From": MARIA,
        "MessageSid": new_sid(),
        "NumMedia": "0",
        "To": world.twilio.number,
    }
    return {name: value for name, value in (form | changes).items() if value is not None}


def post(
    world: World, form: Mapping[str, str], *, signed_for: str = SMS, token: str | None = None, path: str = "/twilio/sms"
) -> TestResponse:
    """Post a form with a signature, Twilio's own unless told otherwise."""
    signature = sign(token or world.twilio.auth_token, signed_for, form)
    return world.app.test_client().post(path, data=form, headers={"X-Twilio-Signature": signature})


def rows(world: World) -> dict[str, int]:
    """How many rows each table has."""
    with world.parts.db.read() as session:
        return {name: session.scalar(select(func.count()).select_from(table)) or 0 for name, table in Base.metadata.tables.items()}


def replies(response: TestResponse) -> list[str]:
    """The texts of a TwiML answer."""
    assert response.mimetype == "text/xml"
    return [message.text or "" for message in ElementTree.fromstring(response.data).iter("Message")]
