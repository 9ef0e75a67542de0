"""The outcome as Markdown, and its place in docs/performance.md."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from devtools.console import Failure
from devtools.console import seconds as in_words

from .outcome import Length, Outcome, Timing

BEGIN, END = "<!-- gpu: begin -->", "<!-- gpu: end -->"


def markdown(machine: str, scale: str, outcomes: Mapping[str, Outcome]) -> str:
    """Tables and lists for docs/performance.md."""
    timings = [timing for outcome in outcomes.values() for timing in outcome.timings]
    lengths = [outcome.length for outcome in outcomes.values() if outcome.length is not None]
    lines = [f"**{machine}**; {scale}.", ""]
    if timings:
        lines += ["| | a step (fastest) | pictures a second | of the counted bound | peak memory (counted) |"]
        lines += ["| --- | --- | --- | --- | --- |", *map(_row, timings), ""]
    lines += [sentence for length in lengths for sentence in (_length(length), "")]
    lines += [sentence for outcome in outcomes.values() if outcome.kernels for sentence in (_kernels(outcome), "")]
    checked = [row for name, outcome in outcomes.items() for row in _checked(name, outcome)]
    return "\n".join(lines + (["| checked | |", "| --- | --- |", *checked] if checked else [])).strip()


def _checked(name: str, outcome: Outcome) -> list[str]:
    rows = [f"| {name}: {fact.what} | {'yes' if fact.holds else '**no**'} |" for fact in outcome.facts]
    rows += [f"| {name}: {what} | not tried |" for what in outcome.left_out]
    return rows + ([f"| {name}: {outcome.error.splitlines()[-1]} | **failed** |"] if outcome.error else [])


def _row(timing: Timing) -> str:
    bound = "" if timing.bound is None else f"{timing.bound:.1f} ms, {timing.bound / timing.milliseconds:.0%}"
    peak = "not measured" if timing.peak is None else f"{timing.peak:.2f} GiB"
    counted = "" if timing.counted is None else f" ({timing.counted:.2f})"
    return (
        f"| {timing.name} | {timing.milliseconds:.1f} ms ({timing.fastest:.1f}) | {timing.images:.1f} | {bound} "
        f"| {peak}{counted} |"
    )


def _length(length: Length) -> str:
    return (
        f"The paper's run, 200 epochs of 14 steps of 4 pictures, takes **{in_words(length.run)}**, extrapolated from "
        f"{length.step:.1f} ms a step, {length.closing:.1f} ms of the training thread to close an epoch, "
        f"{length.validation:.2f} s a validation, {length.preview:.2f} s a preview and {length.start:.1f} s to start."
    )


def _kernels(outcome: Outcome) -> str:
    said = ", ".join(f"{kind} {milliseconds:.1f} ms" for kind, milliseconds in outcome.kernels.items())
    return f"Kernels of a replayed step: {said}."


def write(text: str, page: Path) -> None:
    """Puts `text` between the two markers of a page.

    Raises:
        Failure: the page has no such place.
    """
    whole = page.read_text(encoding="utf-8")
    before, found, rest = whole.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        raise Failure(f"{page} has no place for the tables: it needs the lines {BEGIN} and {END}.")
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
