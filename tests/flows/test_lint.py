"""A mistake in the content is found, and told once, with its file and line; many are told at once."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from flows.lint import SHIPPED, check, check_folder, costs, measure
from flows.procedure import CONTENT, BadContent, load


@dataclass(frozen=True)
class Mistake:
    """`old` becomes `new` where it first stands in `file`; the mistake is on the line of `at` in the changed file, if not of `new`."""

    name: str
    file: str
    old: str
    new: str
    told: str
    at: str = ""
    problems: int = 1

    def plant(self, folder: Path) -> None:
        path = folder / self.file
        before = path.read_text(encoding="utf-8")
        assert self.old in before, "the row is out of date"
        path.write_text(before.replace(self.old, self.new, 1), encoding="utf-8")

    def is_told_by(self, told: str, folder: Path) -> bool:
        written = (folder / self.file).read_text(encoding="utf-8")
        line = written[: written.index(self.at or self.new)].count("\n") + 1
        return told.startswith(f"{folder / self.file}:{line}: ") and self.told in told


HELLO_EN = '[texts.hello]\nbody = "Hello from'
MISTAKES = [
    # The shape of an entry
    Mistake("unknown key", "en.toml", "[texts.photo]\n", "[texts.photo]\nsegmnts = 2\n", "segmnts is not known here", at="segmnts"),
    Mistake(
        "field missing", "es.toml", "[texts.photo]\nbody =", "[texts.photo]\n# body =", "texts.photo.body is missing", at="[texts.photo]"
    ),
    Mistake("wrong type", "es.toml", "[texts.emergency]\n", '[texts.emergency]\nsegments = "3"\n', "valid integer", at='segments = "3"'),
    Mistake("table that should not be", "procedure.toml", "[journey]", "[jorney]\na = 1\n[journey]", "jorney is not known", at="[jorney]"),
    Mistake("no such moment", "procedure.toml", "not_after_hours = 48", 'not_after_hours = "48"', "valid duration"),
    Mistake("no such anchor", "procedure.toml", 'anchor = "enrolled"', 'anchor = "enroled"', "should be 'enrolled'"),
    Mistake("list for a word", "procedure.toml", 'asks = "confirm_visit"', 'asks = ["x"]', "steps.3.asks Input should be"),
    Mistake(
        "two moments",
        "procedure.toml",
        "after_hours = 2\n",
        "after_hours = 2\ndays = 1\n",
        "by `days` and `at`",
        at='[[steps]]\nkey = "test_done"',
    ),
    Mistake(
        "half of a pair",
        "procedure.toml",
        'silent_task = "checklist_silent"',
        "",
        "`silent_after` and `silent_task` go together",
        at='[[steps]]\nkey = "checklist"',
    ),
    Mistake("setting missing", "procedure.toml", "max_a_day = 2", "# max_a_day", "journey.max_a_day is missing", at="[journey]"),
    Mistake("fever as a word", "procedure.toml", "celsius = 38.0", 'celsius = "hot"', "triage.temperature.urgent_from_celsius"),
    Mistake("short week", "es.toml", '"lunes", ', "", "`weekdays` needs 7 words", at="[format]"),
    Mistake("staff text that is none", "staff.toml", 'resolved = "$code is closed. Thank you."', "resolved = 7", "should be a text"),
    Mistake(
        "key twice",
        "procedure.toml",
        'key = "check_in_day_3"',
        'key = "check_in_day_1"',
        "another step has: check_in_day_1",
        at='[[steps]]\nkey = "check_in_day_1"\ntext = "check_in_day_3"',
    ),
    Mistake("no TOML", "es.toml", "[texts.photo]\n", "[texts.photo\n", "is not valid TOML"),
    # What names what
    Mistake(
        "text nobody translated",
        "en.toml",
        HELLO_EN,
        f"[texts.more]\nbody = 'Ok.'\nfacts = ['call.pain']\n{HELLO_EN}",
        "missing in es",
        "[texts.more]",
        problems=2,
    ),
    Mistake("unknown fact", "es.toml", 'facts = ["day.clothes"', 'facts = ["day.clothes", "day.hat"', "not there: day.hat"),
    Mistake("no facts", "en.toml", 'facts = ["program.languages"]', "facts = []", "rests on no fact"),
    Mistake(
        "facts that differ", "es.toml", 'facts = ["program.words", "call.emergency"]', 'facts = ["program.words"]', "other facts than in en"
    ),
    Mistake(
        "fact nobody tells",
        "facts.toml",
        "[about.ducts]",
        "[a.b]\nheading = 'A'\nfact = 'B'\n[about.ducts]",
        "a.b reaches nobody",
        at="[a.b]",
    ),
    Mistake("unknown question", "procedure.toml", 'asks = "dye_allergy"', 'asks = "dye"', "asks names what is not there: dye"),
    Mistake(
        "unknown task", "procedure.toml", 'silent_task = "not_confirmed"', 'silent_task = "x"', "silent_task names what is not there: x"
    ),
    Mistake("unknown step", "procedure.toml", 'joins = "check_in_day_1"', 'joins = "day_2"', "joins names what is not there: day_2"),
    Mistake(
        "step without its text",
        "procedure.toml",
        'text = "welcome"',
        'text = "welcome"\nunconfirmed_text = "hi"',
        "unconfirmed_text names what is not in en.toml, es.toml: hi",
        at="unconfirmed_text",
    ),
    Mistake(
        "step at night",
        "procedure.toml",
        "at = 17:00:00",
        "at = 20:00:00",
        "evening_before can never be sent",
        at='[[steps]]\nkey = "evening',
    ),
    Mistake("prep after the test", "procedure.toml", "days = -7", "days = 2", "a test that is over", at='[[steps]]\nkey = "no_sq'),
    Mistake("after the end", "procedure.toml", "days = 7", "days = 15", "the journey is over", at='[[steps]]\nkey = "check_in_day_7"'),
    Mistake("nobody's task", "procedure.toml", 'role = "nurse", due', 'role = "doctor", due', "role is one of"),
    Mistake("sign without words", "procedure.toml", 'fever = "', 'fevr = "', "signs.fevr is no kind of sign", problems=2),
    # Words
    Mistake("carrier's word", "en.toml", "Reply 1 to confirm", "Reply YES to confirm", "carriers take for themselves: Reply YES"),
    Mistake("carrier's word, small", "es.toml", "Responda 1 para confirmar", "Responda yes para confirmar", "carriers take"),
    Mistake("curly quote", "en.toml", "We can't share", "We can’t share", "U+2019"),
    Mistake("letter with an accent", "en.toml", "Thank you for helping", "Gracías for helping", "U+00ED"),
    Mistake("dash", "es.toml", "Gracias por ayudar.", "Gracias por ayudar –", "U+2013"),
    Mistake("narrow space", "es.toml", '"a. m."', '"a.\u202fm."', "U+202F"),
    Mistake("hard space", "staff.toml", "STILL OPEN:", "STILL\u00a0OPEN:", "U+00A0"),
    Mistake("loose accent", "es.toml", "Gracias a usted.", "Gracias a usted\u0301.", "U+0301"),
    Mistake("unknown variable", "en.toml", "Hello from $org", "Hello $name from $org", "nothing fills in: $name"),
    Mistake("staff variable", "staff.toml", "$code is yours", "$name is yours", "nothing fills in: $name"),
    Mistake(
        "variable lost", "es.toml", "o llame al $nurse. Emergencia: llame al 911.", "o llame. Emergencia: llame al 911.", "lacks $nurse"
    ),
    Mistake(
        "price in dollars",
        "en.toml",
        "Thank you. If you have a question",
        "You owe $ 5. If you have a question",
        "a $ that starts no variable",
    ),
    Mistake("day without its month", "en.toml", '"$weekday $month $day"', '"$weekday $day"', "format.day needs $day, $month, $weekday"),
    Mistake("no words", "en.toml", 'body = "OK. We will text you in English from now on."', 'body = "1"', "has no words"),
    Mistake("too dear", "en.toml", "Thank you. That question", "Text us. " * 12 + "That question", "costs 2 segments"),
    Mistake("too dear in Spanish", "es.toml", "Disculpe.", "Disculpe la molestia. Lo sentimos mucho. Lo sentimos.", "costs 3 segments"),
    Mistake("hard to read", "en.toml", 'easy to take off."', 'effortlessly removable afterwards."', "hard to read: grade"),
    Mistake("hard to read in Spanish", "es.toml", "Muy bien.", "Indudablemente procederemos inmediatamente.", "hard to read: grade"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(CONTENT / "ductogram", tmp_path / "ductogram")


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.name for mistake in MISTAKES])
def test_one_mistake_is_told_once_with_its_line(mistake: Mistake, folder: Path) -> None:
    mistake.plant(folder)
    told = [str(problem) for problem in check_folder(folder)]
    assert [mistake.is_told_by(one, folder) for one in told].count(True) == 1, told
    assert len(told) == mistake.problems, told


def test_every_mistake_is_told_at_once(folder: Path) -> None:
    hiding = ("setting missing", "fever as a word", "short week", "no TOML")  # what leans on these can only be looked at afterwards
    together = [mistake for mistake in MISTAKES if mistake.name not in hiding]
    for mistake in together:
        mistake.plant(folder)
    told = [str(problem) for problem in check_folder(folder)]
    assert [mistake.name for mistake in together if not any(mistake.is_told_by(one, folder) for one in told)] == []


def test_shape_mistakes_stop_the_loading_all_at_once(folder: Path) -> None:
    planted = [mistake for mistake in MISTAKES if mistake.name in ("unknown key", "wrong type", "no such anchor", "short week")]
    for mistake in planted:
        mistake.plant(folder)
    with pytest.raises(BadContent) as raised:
        load("ductogram", folder)
    told = [str(problem) for problem in raised.value.problems]
    assert len(told) == len(planted)
    assert all(any(mistake.is_told_by(one, folder) for one in told) for mistake in planted), told


def test_a_missing_file_and_one_in_another_encoding_are_told(folder: Path) -> None:
    (folder / "facts.toml").unlink()
    (folder / "staff.toml").write_bytes("# año".encode("latin-1"))
    assert [str(problem) for problem in check_folder(folder)] == [
        f"{folder / 'facts.toml'}:1: can't be read: No such file or directory",
        f"{folder / 'staff.toml'}:1: can't be read: it is not UTF-8",
    ]


def test_what_the_conversation_says_must_be_there(folder: Path) -> None:
    for name in ("en.toml", "es.toml"):
        path = folder / name
        written = path.read_text(encoding="utf-8")
        start = written.index("[texts.leak]")
        path.write_text(written[:start] + written[written.index("\n[", start) + 1 :], encoding="utf-8")
    assert [problem.message for problem in check_folder(folder)] == ["texts.leak is missing, and the conversation sends it"]


def test_the_shipped_content_is_clean() -> None:
    assert check(load("ductogram")) == []
    assert check_folder(CONTENT / "ductogram") == []


def test_a_clinics_longer_name_is_a_warning_with_its_cost() -> None:
    procedure = load("ductogram")
    assert measure(procedure, SHIPPED) == []
    warnings = {problem.message for problem in measure(procedure, SHIPPED | {"org": "Lakeside Breast Imaging"})}
    assert "texts.no_squeezing costs 2 segments (171 GSM-7) with this clinic's values; planned: 1" in warnings
    assert not any("texts.thanks" in warning for warning in warnings)


def test_the_dearest_day_is_the_one_that_counts() -> None:
    price = {(cost.text.language, cost.text.key): cost.price for cost in costs(load("ductogram"))}
    longest = "Thank you. You said yes to your test Wed Sep 30 at 12:30 PM. Until the test, do not squeeze the nipple."
    assert price["en", "visit_confirmed"].units == len(longest)
    assert price["es", "confirm_visit"].segments == 3
