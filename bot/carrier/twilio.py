"""The only door to Twilio, through its official client."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from bot.carrier import CannotLook, CarrierBusy, CarrierRefused, Found, OutcomeUnknown, Refusal
from bot.settings import Settings

# https://www.twilio.com/docs/api/errors: what an error code says about trying again. Every other 4xx is our mistake.
REFUSALS = {
    21610: Refusal.OPTED_OUT,
    21211: Refusal.BAD_NUMBER,
    21614: Refusal.BAD_NUMBER,
    21635: Refusal.BAD_NUMBER,
    30005: Refusal.BAD_NUMBER,
    30006: Refusal.BAD_NUMBER,
    21408: Refusal.CONFIGURATION,
    21606: Refusal.CONFIGURATION,
    21612: Refusal.CONFIGURATION,
    20003: Refusal.CONFIGURATION,
    20404: Refusal.CONFIGURATION,
    21212: Refusal.CONFIGURATION,
    21603: Refusal.CONFIGURATION,
    21609: Refusal.CONFIGURATION,
    21659: Refusal.CONFIGURATION,
    21703: Refusal.CONFIGURATION,
    30002: Refusal.CONFIGURATION,
    30032: Refusal.CONFIGURATION,
    30034: Refusal.CONFIGURATION,
    30004: Refusal.BLOCKED,
    30007: Refusal.BLOCKED,
    21602: Refusal.OURS,
    21617: Refusal.OURS,
}
BUSY = {20429, 21611, 30001}
LOWEST_CODE = 10000  # less is an HTTP status: not Twilio said no, but something on the way to it
VALIDITY = (timedelta(seconds=1), timedelta(seconds=36000))  # what ValidityPeriod may be
# No answer, or one that makes no sense:
BROKEN = (TwilioException, requests.RequestException, ValueError, TypeError, KeyError, AttributeError)
RECENT = 200  # texts to one number that are looked through for one whose outcome is unknown


class TwilioCarrier:
    """Sends through Twilio's REST API."""

    def __init__(self, settings: Settings) -> None:
        """One client for all threads; its address is set before any of them can see it."""
        self._settings = settings.twilio
        secrets = settings.secrets
        http = TwilioHttpClient(timeout=settings.twilio.timeout_seconds, pool_connections=True)
        account, token, *_ = secrets.account_sid or "missing", *secrets.auth_tokens, "missing"  # then nothing starts, but `doctor` tells
        self._client = Client(account, token, http_client=http)
        self._client.api.base_url = settings.twilio.api_url

    def send(self, to: str, body: str, *, reference: str, valid_for: timedelta | None) -> str:
        """See Carrier."""
        options: dict[str, Any] = {"to": to, "body": body, "status_callback": f"{self._settings.public_url}/twilio/status/{reference}"}
        if self._settings.messaging_service_sid:
            options["messaging_service_sid"] = self._settings.messaging_service_sid
        else:
            options["from_"] = self._settings.from_number
        if valid_for is not None:
            options["validity_period"] = int(min(max(valid_for, VALIDITY[0]), VALIDITY[1]).total_seconds())
        try:
            carrier_id = self._client.messages.create(**options).sid
        except (TwilioRestException, TwilioServiceException) as mistake:
            raise _meaning(mistake) from mistake
        except requests.ConnectTimeout as mistake:
            raise CarrierBusy from mistake
        except requests.ConnectionError as mistake:
            if _never_left(mistake):
                raise CarrierBusy from mistake
            raise OutcomeUnknown from mistake
        except BROKEN as mistake:
            raise OutcomeUnknown from mistake
        if not carrier_id:
            raise OutcomeUnknown
        return str(carrier_id)

    def find(self, to: str, body: str, *, since: datetime) -> Sequence[Found]:
        """See Carrier. Twilio filters by the day of sending only, so the moment and the words are compared here."""
        try:
            texts = self._client.messages.list(to=to, limit=RECENT, page_size=RECENT)
        except BROKEN as mistake:
            raise CannotLook from mistake
        return [
            Found(str(text.sid), str(text.status))
            for text in texts
            if text.body == body
            and text.direction != "inbound"
            and not (isinstance(text.date_created, datetime) and text.date_created < since)
        ]


def _meaning(mistake: TwilioRestException | TwilioServiceException) -> Exception:
    code = mistake.code or 0
    if mistake.status == requests.codes.too_many_requests or code in BUSY:
        return CarrierBusy()
    if mistake.status >= requests.codes.internal_server_error:
        return OutcomeUnknown()
    if mistake.status in (requests.codes.unauthorized, requests.codes.forbidden) or code < LOWEST_CODE:
        return CarrierRefused(Refusal.CONFIGURATION, code or mistake.status)
    return CarrierRefused(REFUSALS.get(code, Refusal.OURS), code)


def _never_left(mistake: requests.ConnectionError) -> bool:
    """Whether not even a connection came about (refused, no such host, a wrong certificate): then nothing can have been sent."""
    reason = getattr(mistake.args[0] if mistake.args else None, "reason", None)
    causes = {type(cause).__name__ for cause in (reason, *getattr(reason, "args", ()))}
    return bool(causes & {"NewConnectionError", "NameResolutionError", "ConnectTimeoutError", "ProxyError", "SSLCertVerificationError"})
