"""The word files, read and checked. How they are written is told at the top of `words_en.toml` and in `patterns.py`."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flows.understanding.patterns import BadPattern, Vocabulary
from flows.understanding.reading import Intent, Kind, Topic, Urgency
from flows.understanding.text import plain

FOLDER = Path(__file__).parent
FILES = ("families.toml", "words_en.toml", "words_es.toml", "everyday.toml")
SECTIONS = ("signs", "around", "intents", "topics")
KEYS = {*SECTIONS, "fillers", "not_typos", "spellings", "lists"}
Table = dict[str, Any]


class BadWords(ValueError):
    """Word files that can't be used; one line for each mistake."""


@dataclass(frozen=True, slots=True)
class Sign:
    """What a warning sign means: `before_test` is its urgency where discharge is still expected, `mild` when she says it is slight."""

    name: str
    kinds: tuple[Kind, ...]
    urgency: Urgency
    before_test: Urgency
    mild: Urgency


@dataclass(slots=True)
class Lexicon:
    """What the word files say. `signs_lists` are the lists that signs are made of; near misses must not report their group."""

    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    signs: dict[str, Sign] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    signs_lists: set[str] = field(default_factory=set)
    near_misses: dict[str, list[str]] = field(default_factory=dict)
    fillers: set[str] = field(default_factory=set)
    not_typos: set[str] = field(default_factory=set)
    spellings: dict[str, str] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)


def load() -> Lexicon:
    """Read the word files of this program. Raises BadWords."""
    tables = []
    for name in FILES:
        try:
            tables.append((name, tomllib.loads((FOLDER / name).read_text("utf-8"))))
        except tomllib.TOMLDecodeError as error:
            raise BadWords(f"{name}: {error}") from error
    return put_together(tables)


def put_together(files: Iterable[tuple[str, Table]]) -> Lexicon:
    """Join parsed word files. Raises BadWords with every mistake, each with its file."""
    tables = list(files)
    lexicon = Lexicon()
    for file, table in tables:
        lexicon.mistakes += [f"{file}: unknown key {key!r}" for key in table.keys() - KEYS]
        _add_words(lexicon, table)
    for name, entries in lexicon.lists.items():
        lexicon.lists[name] = list(dict.fromkeys(_expanded(entries, lexicon.lists)))
    for name, entries in lexicon.lists.items():
        lexicon.vocabulary.add_list(name, entries)
    for file, table in tables:
        for section in SECTIONS:
            for name, group in table.get(section, {}).items():
                _add_group(lexicon, file, section, name, group)
    for group in lexicon.near_misses:
        section, _, name = group.partition(".")
        if section == "signs" and name not in lexicon.signs:
            lexicon.mistakes.append(f"[{group}] has no kinds and urgency in families.toml")
    if lexicon.mistakes:
        raise BadWords("\n".join(lexicon.mistakes))
    lexicon.vocabulary.index(lambda word: word in lexicon.fillers or len(word) < 4)
    return lexicon


def _add_words(lexicon: Lexicon, table: Table) -> None:
    lexicon.fillers.update(_entries(table.get("fillers", "")))
    for text in table.get("not_typos", {}).values():
        lexicon.not_typos.update(_entries(text))
    lexicon.spellings.update({plain(wrong): plain(right) for wrong, right in table.get("spellings", {}).items()})
    for name, text in table.get("lists", {}).items():
        lexicon.lists.setdefault(name, []).extend(_entries(text))


def _entries(text: str) -> list[str]:
    return [" ".join(plain(entry).split()) for entry in text.split(",") if entry.strip()]


def _expanded(entries: list[str], lists: dict[str, list[str]]) -> list[str]:
    """The entries with every `<list>` among them replaced by its own."""
    flat: list[str] = []
    for entry in entries:
        flat += _expanded(lists.get(entry[1:-1], []), lists) if entry.startswith("<") else [entry]
    return flat


def _add_group(lexicon: Lexicon, file: str, section: str, name: str, group: Table) -> None:
    where = f"{file}: [{section}.{name}]"
    try:
        if section == "intents":
            Intent(name)
        elif section == "topics":
            Topic(name)
        elif "urgency" in group:
            lexicon.signs[name] = _sign(name, group)
    except (KeyError, ValueError) as error:
        lexicon.mistakes.append(f"{where}: {error}")
    if section != "around":
        lexicon.near_misses.setdefault(f"{section}.{name}", []).extend(group.get("near_misses", ()))
    elif "near_misses" in group:
        lexicon.mistakes.append(f"{where}: what surrounds a sign has no near misses")
    for pattern in group.get("find", ()):
        if section == "signs":
            lexicon.signs_lists.update(re.findall(r"<(\w+)>", pattern))
        try:
            lexicon.vocabulary.add_pattern(f"{section}.{name}", plain(pattern), lexicon.lists)
        except BadPattern as error:
            lexicon.mistakes.append(f"{where}: {error} in {pattern!r}")


def _sign(name: str, table: Table) -> Sign:
    urgency, before, mild = (Urgency[str(table.get(key, table["urgency"])).upper()] for key in ("urgency", "before_test", "mild"))
    return Sign(name, tuple(Kind(kind) for kind in table["kinds"]), urgency, before, mild)
