"""What nobody else may know: taken from the environment, or made once for a local run."""

import base64
import os
import secrets
import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict


class BadSetting(Exception):
    """A setting or secret is wrong; the message is one line that says which and why."""


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


def found(environ: Mapping[str, str], *, folder: Path, invent: bool) -> dict[str, object]:
    """The values of `Secrets`. What the environment lacks is made once, for a local run only, and kept in `folder`. Raises BadSetting."""
    wanted = ("PREPLINE_SECRET_KEY", "PREPLINE_DATA_KEYS", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
    given = {name: environ[name] for name in wanted if environ.get(name)}
    try:
        made = _local_secrets(folder) if invent and len(given) < len(wanted) else {}
    except (OSError, tomllib.TOMLDecodeError) as mistake:
        raise BadSetting(f"{folder}: the secrets of a local run can't be kept there ({mistake})") from mistake
    known = made | given
    missing = tuple(name for name in wanted if name not in known)
    if invent and missing:
        raise BadSetting(f"{folder / 'secrets.toml'}: the secrets of a local run lack {', '.join(missing)}")
    tokens = [known.get("TWILIO_AUTH_TOKEN"), environ.get("TWILIO_AUTH_TOKEN_PREVIOUS")]
    return {
        "secret_key": known.get("PREPLINE_SECRET_KEY", ""),
        "data_keys": _data_keys(known["PREPLINE_DATA_KEYS"]) if "PREPLINE_DATA_KEYS" in known else {},
        "account_sid": known.get("TWILIO_ACCOUNT_SID", ""),
        "auth_tokens": tuple(token for token in tokens if token),
        "missing": missing,
    }


def _data_keys(text: str) -> dict[int, bytes]:
    """Read `1:BASE64,2:BASE64`: key ids from 1 to 255, 32 bytes each."""
    keys: dict[int, bytes] = {}
    for item in text.split(","):
        number, _, encoded = item.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except ValueError:
            key = b""
        if not number.isdecimal() or not 0 < int(number) < 256 or int(number) in keys or len(key) != 32:
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
