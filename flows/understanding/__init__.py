"""What patients mean: `read(text, context) -> Reading`. The words stand in the TOML files beside this one."""

from flows.understanding.read import read
from flows.understanding.reading import Awaiting, Context, Intent, Kind, Reading, Stage, Topic, Urgency

__all__ = ["Awaiting", "Context", "Intent", "Kind", "Reading", "Stage", "Topic", "Urgency", "read"]
