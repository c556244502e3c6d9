"""Check a form posted to Twilio against Twilio's own description of its API, where that is at hand."""

import json
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

SPEC = Path(os.environ.get("TWILIO_SPEC") or Path(__file__).parents[3] / "shared" / "twilio" / "twilio_strict.json")
REMEDY = "TWILIO_SPEC=/path/to/twilio_api_v2010.json make test; the file is in github.com/twilio/twilio-oai, spec/json"
CREATE = "/2010-04-01/Accounts/{AccountSid}/Messages.json"


@lru_cache
def form_schema() -> Draft202012Validator | None:
    """Return the schema of the form that creates a message, closed to unknown fields; None when there is no spec."""
    if not SPEC.is_file():
        return None
    spec = json.loads(SPEC.read_text())
    schema = spec["paths"][CREATE]["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    closed = schema | {"additionalProperties": False, "components": spec["components"]}
    return Draft202012Validator(closed, format_checker=FormatChecker())


def breaches(form: Mapping[str, str]) -> list[str]:
    """Return where `form` breaks the contract, in words; nothing when it keeps it or there is no spec to check against."""
    checker = form_schema()
    if checker is None:
        return []
    typed = {name: _typed(value, checker.schema["properties"].get(name, {}).get("type")) for name, value in form.items()}
    return sorted(f"{'.'.join(map(str, error.path)) or 'the form'}: {error.message}" for error in checker.iter_errors(typed))


def _typed(value: str, kind: str | None) -> Any:
    """Give a form's text the type the schema speaks of; what can't be converted stays text and breaks the contract."""
    if kind == "array":
        return [value]
    if kind == "boolean" and value in {"true", "false"}:
        return value == "true"
    if kind == "integer" and value.lstrip("-").isdigit():
        return int(value)
    return value
