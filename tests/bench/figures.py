"""What was measured, and how it is printed."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Figure:
    """One line of the report. `holds` is None where nothing was promised; `hold` says what was."""

    what: str
    figure: str
    hold: str = ""
    holds: bool | None = None


def at_most(what: str, value: float, limit: float, unit: str) -> Figure:
    """A figure that must not be greater."""
    return Figure(what, f"{value:,.3g} {unit}".strip(), f"≤ {limit:,g} {unit}".strip(), value <= limit)


def at_least(what: str, value: float, limit: float, unit: str) -> Figure:
    """A figure that must not be smaller."""
    return Figure(what, f"{value:,.3g} {unit}".strip(), f"≥ {limit:,g} {unit}".strip(), value >= limit)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def middle(values: Sequence[float]) -> float:
    """The median."""
    return median(values)


def print_report(sections: Sequence[tuple[str, Sequence[Figure]]]) -> None:
    """All figures in one table."""
    lines = [figure for _, figures in sections for figure in figures]
    wide = [max(len(getattr(line, column)) for line in lines) for column in ("what", "figure", "hold")]
    verdicts = {True: "ok", False: "NOT HELD", None: ""}
    print(f"{'':{wide[0]}}  {'figure':>{wide[1]}}  {'held':<{wide[2]}}")
    for title, figures in sections:
        print(f"\n{title}")
        for line in figures:
            print(f"{line.what:{wide[0]}}  {line.figure:>{wide[1]}}  {line.hold:<{wide[2]}}  {verdicts[line.holds]}".rstrip())
