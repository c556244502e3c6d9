"""Settings: `config.toml`, overridden key by key from the environment; secrets from the environment or made for a local run."""

import os
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from bot.secrets import BadSetting, Secrets, found

__all__ = ["BadSetting", "Secrets", "Section", "Settings", "load", "on_loopback"]

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("en", "es")


def _phone(number: str) -> str:
    """The number in E.164 form; an empty one stays empty."""
    if not number:
        return number
    try:
        parsed = phonenumbers.parse(number, "US")
    except phonenumbers.NumberParseException as mistake:
        raise ValueError("not a phone number; write it like +14237236877") from mistake
    if not phonenumbers.is_possible_number(parsed):
        raise ValueError("not a possible phone number; write it like +14237236877")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError) as mistake:
        raise ValueError(f"no time zone is called {name!r}; one is America/New_York") from mistake
    return name


def on_loopback(url: str) -> bool:
    """Whether the URL's host is this machine itself."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.port == 0:
        raise ValueError("not a web address like https://texts.example.org")
    return url.rstrip("/")


def _public_url(url: str) -> str:
    url = _url(url)
    if not url.startswith("https:") and not on_loopback(url):
        raise ValueError("must be https, except on this machine itself")
    return url


def _database_url(url: str) -> str:
    shape = "not an address like sqlite:///instance/prepline.sqlite or postgresql://user:password@host/name"
    try:
        parsed = make_url(url)
    except (ValueError, ArgumentError) as mistake:
        raise ValueError(shape) from mistake
    if parsed.drivername not in ("sqlite", "postgresql", "postgresql+psycopg") or not parsed.database:
        raise ValueError(shape)
    return url


def _procedure(name: str) -> str:
    if not (ROOT / "flows" / name / "procedure.toml").is_file():
        raise ValueError(f"there is no procedure in flows/{name}")
    return name


def _day(text: str) -> str:
    if text:
        date.fromisoformat(text)
    return text


PhoneNumber = Annotated[str, AfterValidator(_phone)]
Zone = Annotated[str, AfterValidator(_zone)]
Language = Literal["en", "es"]
Positive = Annotated[float, Field(gt=0, lt=1e9)]
Count = Annotated[int, Field(gt=0, lt=10**9)]


class Section(BaseModel):
    """One section of the file: no unknown key, nothing changed after the start."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Clinic(Section):
    """Who sends the texts."""

    name: Annotated[str, Field(min_length=1, max_length=40)]
    timezone: Zone
    language: Language


class NurseLine(Section):
    """The number that a patient calls, day and night."""

    name: Annotated[str, Field(min_length=1)]
    phone: PhoneNumber
    toll_free: PhoneNumber
    confirmed_by: str
    confirmed_on: Annotated[str, AfterValidator(_day)]

    @property
    def in_texts(self) -> str:
        """The one number that texts carry."""
        return self.toll_free or self.phone

    @property
    def confirmed(self) -> bool:
        """Whether somebody vouched for the numbers, by name and date."""
        return bool(self.confirmed_by.strip() and self.confirmed_on)

    @model_validator(mode="after")
    def _has_a_number(self) -> "NurseLine":
        if not self.in_texts:
            raise ValueError("phone or toll_free must be given")
        return self


class Content(Section):
    """Which procedure's files are used."""

    procedure: Annotated[str, Field(pattern=r"^[a-z_]+$"), AfterValidator(_procedure)]


class DatabaseSection(Section):
    """Where everything is remembered."""

    url: Annotated[str, AfterValidator(_database_url)]
    busy_seconds: Positive


class CarrierSection(Section):
    """Who moves the texts."""

    kind: Literal["simulator", "twilio"]


class TwilioSection(Section):
    """How Twilio and we reach each other."""

    api_url: Annotated[str, AfterValidator(_url)]
    public_url: Annotated[str, AfterValidator(_public_url)]
    from_number: PhoneNumber
    messaging_service_sid: Annotated[str, Field(pattern=r"^(MG[0-9a-fA-F]{32})?$")]
    timeout_seconds: Positive


class Sending(Section):
    """Pace and patience of sending."""

    tick_seconds: Positive
    batch: Count
    parallel: Count
    heartbeat_seconds: Positive
    owner_dead_after_seconds: Positive
    unknown_first_look_seconds: Positive
    unknown_second_look_seconds: Positive
    retry_first_seconds: Positive
    retry_longest_seconds: Positive
    probe_held_seconds: Positive
    stuck_after_seconds: Positive

    @model_validator(mode="after")
    def _outlives_a_beat(self) -> "Sending":
        if self.owner_dead_after_seconds <= self.heartbeat_seconds:
            raise ValueError("owner_dead_after_seconds must be longer than heartbeat_seconds")
        return self


class Rung(Section):
    """One step of a ladder: who is paged, how long after opening."""

    after_minutes: Annotated[float, Field(ge=0)]
    rung: Literal["nurse", "backup", "lead"]


class Ladder(Section):
    """How a case of one urgency climbs."""

    ladder: Annotated[tuple[Rung, ...], Field(min_length=1)]
    again_minutes: Positive
    reopen_minutes: Positive

    @model_validator(mode="after")
    def _climbs(self) -> "Ladder":
        minutes = [rung.after_minutes for rung in self.ladder]
        if minutes[0] != 0 or minutes != sorted(minutes):
            raise ValueError("ladder must start at 0 minutes and climb")
        return self


class EscalationSection(Section):
    """Who is paged when."""

    new_sign_again_minutes: Positive
    nobody_again_minutes: Positive
    callback_within_minutes: Positive
    emergency: Ladder
    urgent: Ladder


class Limits(Section):
    """What stops a flood."""

    stranger_replies_an_hour: Annotated[int, Field(ge=0)]
    replies_an_hour: Count
    body_kilobytes: Count


class Ticks(Section):
    """When a silent scheduler is noticed."""

    late_after_seconds: Positive


class Web(Section):
    """The web server of `flask serve`."""

    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(gt=0, lt=65536)]
    threads: Count


class Demo(Section):
    """The demo clock and the phones page."""

    enabled: bool


class Settings(Section):
    """Everything that `config.toml` and the environment say."""

    clinic: Clinic
    nurse_line: NurseLine
    content: Content
    database: DatabaseSection
    carrier: CarrierSection
    twilio: TwilioSection
    sending: Sending
    escalation: EscalationSection
    limits: Limits
    ticks: Ticks
    web: Web
    demo: Demo
    secrets: Annotated[Secrets, Field(repr=False)]

    @property
    def live(self) -> bool:
        """Whether texts reach real phones."""
        return self.carrier.kind == "twilio" and not on_loopback(self.twilio.api_url)

    @property
    def simulated(self) -> bool:
        """Whether the phones are pretend ones."""
        return self.carrier.kind == "simulator"

    @cached_property
    def database_url(self) -> str:
        """The database's URL; a relative SQLite path counts from the project's folder."""
        scheme, _, path = self.database.url.partition(":///")
        if scheme == "sqlite" and not Path(path).is_absolute():
            return f"sqlite:///{ROOT / path}"
        return self.database.url


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings. Raises BadSetting with one line that names the first wrong one."""
    file = Path(environ.get("PREPLINE_CONFIG") or ROOT / "config.toml")
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as mistake:
        raise BadSetting(f"{file}: there is no such settings file") from mistake
    except OSError as mistake:
        raise BadSetting(f"{file}: can't be read ({mistake.strerror})") from mistake
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as mistake:
        raise BadSetting(f"{file.name}: {mistake}") from mistake
    _override(values, environ)
    if "secrets" in values:
        raise BadSetting("setting secrets: secrets come from the environment alone")
    values["secrets"] = found(environ, folder=Path(environ.get("PREPLINE_INSTANCE") or ROOT / "instance"), invent=_is_local(values))
    try:
        settings = Settings.model_validate(values)
    except ValidationError as mistake:
        first = mistake.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadSetting(f"setting {where}: {first['msg'].removeprefix('Value error, ')}") from mistake
    if settings.live and settings.demo.enabled:
        raise BadSetting("setting demo.enabled: must be off while texts reach real phones")
    if settings.carrier.kind == "twilio" and not (settings.twilio.from_number or settings.twilio.messaging_service_sid):
        raise BadSetting("setting twilio.from_number: name a number, or a twilio.messaging_service_sid")
    return settings


def _is_local(values: Mapping[str, Any]) -> bool:
    """Whether texts stay on this machine, asked before anything is known to be well formed."""
    carrier, twilio = values.get("carrier"), values.get("twilio")
    simulated = isinstance(carrier, dict) and carrier.get("kind") == "simulator"
    return simulated or (isinstance(twilio, dict) and on_loopback(str(twilio.get("api_url"))))


def _override(values: dict[str, Any], environ: Mapping[str, str]) -> None:
    """Lay PREPLINE_<SECTION>__<KEY>, and PORT as web.port, over the file; what is no text there is read as TOML."""
    moved = {"PREPLINE_WEB__PORT": environ["PORT"]} if environ.get("PORT") else {}
    for name, text in {**moved, **environ}.items():
        path = name.removeprefix("PREPLINE_").lower().split("__")
        if not name.startswith("PREPLINE_") or len(path) < 2:
            continue
        section: dict[str, Any] = values
        for part in path[:-1]:
            inner = section.setdefault(part, {})
            if not isinstance(inner, dict):
                raise BadSetting(f"setting {name}: {part} is no section")
            section = inner
        section[path[-1]] = _value(text, section.get(path[-1]))


def _value(text: str, current: object) -> object:
    if isinstance(current, str):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
