"""Where a patient is in the conversation, as it is saved between two turns."""

import json

from flows import conversation
from flows.effects import Place


def saved(place: Place) -> str:
    """The place as text for its row."""
    return json.dumps(conversation.to_json(place), ensure_ascii=False)


def loaded(text: str) -> Place:
    """The place again."""
    return conversation.from_json(json.loads(text))
