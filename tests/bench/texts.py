"""What patients write, in about the shares in which they write it; made up for this purpose."""

import random
from collections.abc import Iterator

DIGITS = ("1", "1", "1", "1", "2", "3", "1.", " 1 ", "one")
ANSWERS = ("yes", "no", "ok", "Yes I did", "not yet", "si", "no, nothing", "done", "I think so", "sure")
THANKS = ("thanks", "Thank you so much!", "ok thank you", "gracias", "👍", "great, thanks", "muchas gracias por todo")
QUESTIONS = (
    "can I eat before the test?",
    "Is coffee ok that morning",
    "what should i wear",
    "how long does it take?",
    "will it hurt",
    "Do I have to stop my blood thinner? I take eliquis every morning",
    "can I drive home after",
    "when do I get my results",
    "where is it again and what time",
    "can I use deodorant on the day",
    "when can i shower after the test? and what about the bandage",
    "¿puedo comer antes de la prueba?",
    "cuanto dura",
    "tengo que dejar de tomar mis medicinas?",
    "why do I need this test at all",
    "is it ok to squeeze it to see if it still leaks",
)
UNCLEAR = (
    "hmm",
    "the blue one I think",
    "my sister has the car until four so we will see",
    "call me maybe",
    "asdf",
    "I was at the pharmacy and they did not have it so I went to the other one and then my husband came and we forgot about it",
    "ok so what now",
    "no se",
)
CHANGES = ("I need to reschedule", "can we move it to next week", "who is this", "please call me", "en español por favor")
SIGNS = (
    "I have a fever of 101",
    "my breast is hot and swollen",
    "the pain is getting worse",
    "I found a lump that was not there before",
    "my lips are swelling and I itch all over",
    "tengo escalofrios y fiebre",
)
SHARES = ((DIGITS, 35), (ANSWERS, 13), (THANKS, 14), (QUESTIONS, 22), (UNCLEAR, 12), (CHANGES, 3), (SIGNS, 1))
ALL = tuple(text for group, _ in SHARES for text in group)


def mix(seed: int) -> Iterator[str]:
    """Texts without end, the same for the same seed."""
    chance = random.Random(seed)
    groups, shares = zip(*SHARES, strict=True)
    while True:
        yield chance.choice(chance.choices(groups, shares)[0])
