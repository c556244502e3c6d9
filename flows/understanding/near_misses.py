"""Do the rules keep away from the near misses that the word files tell?"""

from flows.understanding.read import read_by_rules
from flows.understanding.reading import Context, Intent, Reading, Stage, Topic, Urgency
from flows.understanding.words import Words, words


def caught() -> list[str]:
    """Every near miss that its own group catches, as a mistake in the word files."""
    lexicon = words()
    return [
        f"near miss of [{group}] is caught: {text!r}"
        for group, texts in lexicon.near_misses.items()
        for text in texts
        if _is_caught(group, text, lexicon)
    ]


def _is_caught(group: str, text: str, lexicon: Words) -> bool:
    section, _, name = group.partition(".")
    stage = Stage.AFTERCARE if section == "signs" else Stage.PREP
    reading = read_by_rules(text, Context(stage=stage))
    match section:
        case "signs":
            return _tells(reading, set(lexicon.signs[name].kinds))
        case "intents":
            return reading.does(Intent(name))
        case _:
            return Topic(name) in reading.topics


def _tells(reading: Reading, kinds: set[str]) -> bool:
    """Whether a sign of these kinds was read; of a group without kinds, whether anything was."""
    return bool(kinds & set(reading.kinds)) if kinds else reading.urgency > Urgency.NONE
