"""The rules of the folders: which way imports go, that flows/ stays pure, and that no file is about one machine."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("flows", "bot", "scheduler")

SIDE_EFFECTS = {"alembic", "apscheduler", "flask", "gunicorn", "psycopg", "requests", "sqlalchemy", "sqlite3", "twilio", "werkzeug"}
CLOCKS_AND_DICE = {"random", "secrets", "time", "uuid"}
OUTSIDE = {"os", "socket", "subprocess", "threading", "urllib"}
MAY_NOT_IMPORT = {
    "flows": {"bot", "scheduler", "wsgi", "tests"} | SIDE_EFFECTS | CLOCKS_AND_DICE | OUTSIDE,
    "bot": {"scheduler", "wsgi", "tests"},
    "scheduler": {"wsgi", "tests"},
    "wsgi.py": {"tests"},
}
READS_THE_CLOCK = {f"datetime.{name}" for name in ("datetime.now", "datetime.utcnow", "datetime.today", "date.today")}

NOT_OURS = {
    ".git",
    ".venv",
    "instance",
    "__pycache__",
    ".pytest_cache",
    ".ruff_cache",
    ".mypy_cache",
    ".hypothesis",
    "screenshots",
    ".bench",
    "mutants",
}
OF_ONE_MACHINE = re.compile(
    r"(?<![\w.~-])/(?:work|root|opt)/|(?<![\w.])/(?:home|Users)/\w"  # folders of one machine
    r"|pypi\.[a-z.]+/simple|pythonhosted\.org|^\s*--(?:extra-)?index-url|^\s*--find-links",  # where packages came from
    re.MULTILINE,
)


def imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Give each import as (the name it gets, what it is), `("dt", "datetime.datetime")`; relative ones keep their dots."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (alias.asname, alias.name) if alias.asname else (alias.name.partition(".")[0],) * 2
                yield "", alias.name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name, f"{'.' * node.level}{node.module or ''}.{alias.name}"


def dotted(node: ast.expr) -> str | None:
    """Return `a.b.c` of an attribute chain, None of anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (left := dotted(node.value)):
        return f"{left}.{node.attr}"
    return None


def breaches(folder: str, source: str) -> list[str]:
    """Return what a module of `folder` may not do and does, one line each."""
    tree = ast.parse(source)
    found = [] if ast.get_docstring(tree) else ["has no docstring"]
    known = dict(imports(tree))
    for what in sorted({what for _, what in imports(tree)}):
        if what.startswith(".."):
            found.append(f"imports {what}: write it from the root")
        elif what.partition(".")[0] in MAY_NOT_IMPORT[folder]:
            found.append(f"imports {what}")
    for node in ast.walk(tree):
        name = dotted(node) if isinstance(node, ast.Attribute) else getattr(node, "id", None)
        if name in {"__import__", "import_module"} or (name or "").endswith(".import_module"):
            found.append(f"imports by name at line {node.lineno}")
        if folder == "flows" and isinstance(node, ast.Attribute) and name:
            first, _, rest = name.partition(".")
            if f"{known.get(first, first)}.{rest}" in READS_THE_CLOCK:
                found.append(f"reads the clock at line {node.lineno}")
    return found


def modules() -> list[Path]:
    """Return every module of Prepline, wsgi.py last."""
    return [*(path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))), ROOT / "wsgi.py"]


def texts() -> Iterator[tuple[Path, str]]:
    """Give every text file of ours with what it says."""
    for path in sorted(ROOT.rglob("*")):
        if path.is_file() and not NOT_OURS & set(path.relative_to(ROOT).parts):
            raw = path.read_bytes()
            if b"\0" not in raw:
                yield path.relative_to(ROOT), raw.decode()


def test_every_module_keeps_to_its_folder():
    found = [
        f"{path.relative_to(ROOT)} {what}" for path in modules() for what in breaches(path.relative_to(ROOT).parts[0], path.read_text())
    ]
    assert found == []


def test_every_folder_has_modules():
    assert {path.relative_to(ROOT).parts[0] for path in modules()} == set(MAY_NOT_IMPORT)


def test_only_wsgi_joins_the_parts():
    joined = {what.partition(".")[0] for _, what in imports(ast.parse((ROOT / "wsgi.py").read_text()))}
    assert {"bot", "scheduler"} <= joined
    assert [path.name for path in ROOT.glob("*.py")] == ["wsgi.py"]


def test_every_test_module_says_what_it_is_about():
    silent = [path for path, text in texts() if path.suffix == ".py" and text.strip() and not ast.get_docstring(ast.parse(text))]
    assert silent == []


def test_no_file_is_about_one_machine():
    found = [f"{path}: {match.group()}" for path, text in texts() if (match := OF_ONE_MACHINE.search(text))]
    assert found == []


@pytest.mark.parametrize(
    ("folder", "source"),
    [
        ("flows", "import bot"),
        ("flows", "from bot.models import Message"),
        ("flows", "from scheduler import ticks"),
        ("flows", "import flask"),
        ("flows", "import sqlalchemy.orm as orm"),
        ("flows", "def f():\n    from twilio.rest import Client"),
        ("flows", "import random"),
        ("flows", "from secrets import token_hex"),
        ("flows", "from uuid import uuid4"),
        ("flows", "import time as t"),
        ("flows", "from .. import bot"),
        ("flows", "__import__('bot')"),
        ("flows", "import importlib\nimportlib.import_module('bot')"),
        ("flows", "from datetime import UTC, datetime\nnow = datetime.now(UTC)"),
        ("flows", "from datetime import datetime as moment\nnow = moment.utcnow()"),
        ("flows", "import datetime\ntoday = datetime.date.today()"),
        ("flows", "import datetime as d\nnow = d.datetime.now"),
        ("bot", "from scheduler.ticks import send_due"),
        ("bot", "import wsgi"),
        ("scheduler", "from tests.support import clock"),
        ("scheduler", "from wsgi import app"),
        ("wsgi.py", "import tests"),
    ],
)
def test_a_planted_breach_is_found(folder, source):
    assert breaches(folder, f'"""A module."""\n{source}') != []


def test_a_module_without_docstring_is_found():
    assert breaches("bot", "import flows") == ["has no docstring"]


@pytest.mark.parametrize(
    ("folder", "source"),
    [
        ("flows", "from datetime import date, datetime, time, timedelta"),
        ("flows", "def f(context):\n    return context.now, context.today"),
        ("flows", "from flows.understanding.reading import Reading"),
        ("bot", "from flows import timeline\nimport secrets, time"),
        ("scheduler", "from bot import outbox\nfrom flows import timeline"),
        ("wsgi.py", "import bot.app\nimport scheduler.run"),
    ],
)
def test_what_is_allowed_passes(folder, source):
    assert breaches(folder, f'"""A module."""\n{source}') == []


@pytest.mark.parametrize(
    ("text", "is_caught"),
    [
        ("/".join(("see ", "work", "main")), True),
        ("/".join(("", "home", "ana", "x")), True),
        ("-".join(("", "", "index", "url https://mirror.example")), True),
        ("https://" + "pypi.org" + "/simple", True),
        ("https://example.com/work/day", False),
        ("/usr/bin/chromium", False),
        ("the /phones page, bread and/or butter", False),
    ],
)
def test_a_planted_machine_is_found(text, is_caught):
    assert bool(OF_ONE_MACHINE.search(text)) is is_caught
