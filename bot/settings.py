"""Settings: `config.toml`, overridden key by key from the environment; secrets from the environment or made for a local run."""

import base64
import os
import secrets
import tomllib
from collections.abc import Mapping
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import phonenumbers
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("en", "es")


class BadSetting(Exception):
    """A setting or secret is wrong; the message is one line that says which and why."""


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
    except (ValueError, OSError) as mistake:
        raise ValueError(f"no time zone is called {name!r}; one is America/New_York") from mistake
    return name


def on_loopback(url: str) -> bool:
    """Whether the URL's host is this machine itself."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("not a web address like https://texts.example.org")
    return url.rstrip("/")


def _public_url(url: str) -> str:
    url = _url(url)
    if not url.startswith("https:") and not on_loopback(url):
        raise ValueError("must be https, except on this machine itself")
    return url


PhoneNumber = Annotated[str, AfterValidator(_phone)]
Zone = Annotated[str, AfterValidator(_zone)]
Language = Literal["en", "es"]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(gt=0)]


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
    confirmed_on: str

    @property
    def in_texts(self) -> str:
        """The one number that texts carry."""
        return self.toll_free or self.phone

    @property
    def confirmed(self) -> bool:
        """Whether somebody vouched for the numbers, by name and date."""
        return bool(self.confirmed_by and self.confirmed_on)

    @model_validator(mode="after")
    def _has_a_number(self) -> "NurseLine":
        if not self.in_texts:
            raise ValueError("phone or toll_free must be given")
        return self


class Content(Section):
    """Which procedure's files are used."""

    procedure: Annotated[str, Field(pattern=r"^[a-z_]+$")]


class DatabaseSection(Section):
    """Where everything is remembered."""

    url: Annotated[str, Field(pattern=r"^(sqlite:///.+|postgresql(\+psycopg)?://.+)$")]
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

    host: str
    port: Annotated[int, Field(gt=0, lt=65536)]
    threads: Count


class Demo(Section):
    """The demo clock and the phones page."""

    enabled: bool


class Secrets(BaseModel):
    """What nobody else may know. `data_keys`: key id to 32 bytes; the highest id writes, all read.

    `missing` names what a live deployment must still take from the environment; until then nothing starts.
    """

    model_config = ConfigDict(frozen=True)
    secret_key: str
    data_keys: dict[int, bytes]
    account_sid: str
    auth_tokens: tuple[str, ...]  # the first signs; the second is the one before, while rotating
    missing: tuple[str, ...]

    def __repr__(self) -> str:
        return "Secrets(…)"


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
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as mistake:
        raise BadSetting(f"{file.name}: {mistake}") from mistake
    _override(values, environ)
    kind = values.get("carrier", {}).get("kind")
    values["secrets"] = _secrets(environ, invent=kind == "simulator" or on_loopback(str(values.get("twilio", {}).get("api_url"))))
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


def _override(values: dict[str, Any], environ: Mapping[str, str]) -> None:
    """Lay PREPLINE_<SECTION>__<KEY> over the file; the value is read as TOML where it is a number, a switch or a list."""
    for name, text in environ.items():
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


def _secrets(environ: Mapping[str, str], *, invent: bool) -> dict[str, object]:
    """The secrets of the environment; what it lacks is made once, for a local run only, and kept beside the database."""
    wanted = ("PREPLINE_SECRET_KEY", "PREPLINE_DATA_KEYS", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
    given = {name: environ[name] for name in wanted if environ.get(name)}
    missing = [name for name in wanted if name not in given]
    made = _local_secrets(Path(environ.get("PREPLINE_INSTANCE") or ROOT / "instance")) if missing and invent else {}
    found = made | given
    tokens = [found.get("TWILIO_AUTH_TOKEN"), environ.get("TWILIO_AUTH_TOKEN_PREVIOUS")]
    return {
        "secret_key": found.get("PREPLINE_SECRET_KEY", ""),
        "data_keys": _data_keys(found["PREPLINE_DATA_KEYS"]) if "PREPLINE_DATA_KEYS" in found else {},
        "account_sid": found.get("TWILIO_ACCOUNT_SID", ""),
        "auth_tokens": tuple(token for token in tokens if token),
        "missing": () if invent else tuple(missing),
    }


def _data_keys(text: str) -> dict[int, bytes]:
    """Read `1:BASE64,2:BASE64`: key ids from 1 to 255, 32 bytes each."""
    keys = {}
    for item in text.split(","):
        number, _, encoded = item.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except ValueError:
            key = b""
        if not number.isdigit() or not 0 < int(number) < 256 or len(key) != 32:
            raise BadSetting("PREPLINE_DATA_KEYS: write 1:KEY or 1:KEY,2:KEY, each KEY 32 bytes in base64")
        keys[int(number)] = key
    return keys


def _local_secrets(folder: Path) -> dict[str, str]:
    """The secrets of a local run, made on its first start; readable by its owner alone."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / "secrets.toml"
    if not file.exists():
        made = {
            "PREPLINE_SECRET_KEY": secrets.token_urlsafe(32),
            "PREPLINE_DATA_KEYS": f"1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
            "TWILIO_ACCOUNT_SID": f"AC{secrets.token_hex(16)}",
            "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        }
        draft = folder / f"secrets.{os.getpid()}.draft"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            out.writelines(f'{name} = "{value}"\n' for name, value in made.items())
        try:
            os.link(draft, file)  # the first of two processes that start together wins, and both read its file
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return {name: str(value) for name, value in tomllib.loads(file.read_text(encoding="utf-8")).items()}
