"""A content file as it was written: its tables, and the line on which each key stands, so that a mistake can be pointed at."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HEADER = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]")
ASSIGNMENT = re.compile(r"\s*([\w.\"-]+)\s*=")
ERROR_LINE = re.compile(r"\(at line (\d+)")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in a content file. `line` counts from 1; 1 also where the mistake is the whole file's."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Source:
    """One TOML file. `lines` maps the way to a key, `("steps", "3", "asks")`, to its line."""

    path: Path
    tables: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[tuple[str, ...], int] = field(default_factory=dict)

    def problem(self, message: str, *keys: str) -> Problem:
        """Return the mistake at these keys: on their line, else on that of the table around them."""
        while keys and keys not in self.lines:
            keys = keys[:-1]
        return Problem(self.path, self.lines.get(keys, 1), message)


def read_source(path: Path) -> tuple[Source, list[Problem]]:
    """Read one file. One that is missing or no TOML comes back empty, with the problem."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        return Source(path), [Problem(path, 1, f"can't be read: {reason}")]
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = ERROR_LINE.search(str(error))
        return Source(path), [Problem(path, int(at[1]) if at else text.count("\n") + 1, f"is not valid TOML: {error}")]
    if not tables:
        return Source(path), [Problem(path, 1, "is empty")]
    return Source(path, tables, find_lines(text)), []


def find_lines(text: str) -> dict[tuple[str, ...], int]:
    """Return the line of every table and key. The entries of an array of tables count from "0"."""
    lines: dict[tuple[str, ...], int] = {}
    seen: dict[str, int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := HEADER.match(line):
            bracket, name = header.groups()
            table = _keys(name)
            if bracket == "[[":
                table = (*table, str(seen.get(name, 0)))
                seen[name] = seen.get(name, 0) + 1
            lines[table] = number
        elif assignment := ASSIGNMENT.match(line):
            lines.setdefault((*table, *_keys(assignment[1])), number)
    return lines


def _keys(name: str) -> tuple[str, ...]:
    return tuple(part.strip(' "') for part in name.split("."))
