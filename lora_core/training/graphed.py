"""Work on a GPU that is recorded once and then replayed as a whole, which spares Python its thousands of launches.

A recording is trusted only after it has done what the work itself does, and at the first doubt the work goes on as if
there were none: an error while it is made or replayed, another result, or memory that is needed elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from torch import Tensor

from ..memory import give_up_when_short, silent

CHECKS = 3
"""How often a recording must agree with the work before it takes its place, each time on new inputs."""
MOST_RECORDINGS = 8
"""Of different shapes. The rest, which are rare, are never recorded."""
TOLERANCES = {"float32": 2e-3, "bfloat16": 2e-2, "float16": 2e-2}
"""The largest relative difference that still agrees, by the work's precision: a GPU adds in any order."""
Work = Callable[..., None]


class Recorder(Protocol):
    """Makes recordings on a device."""

    def rehearse(self, work: Callable[[], None]) -> None:
        """Does the work; raises if it does anything that a recording cannot."""

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        """Notes what the work does without doing it. What is returned does it, on the same tensors."""


@dataclass
class _Recording:
    inputs: list[Tensor]
    replay: Callable[[], None]
    agreed: int = 0
    """How often it has done what the work does."""

    def run(self, inputs: Sequence[Tensor]) -> None:
        for own, given in zip(self.inputs, inputs, strict=True):
            own.copy_(given)
        self.replay()


class Graphed:
    """Work that adds to some tensors what it makes of others, replayed for shapes that come again."""

    def __init__(
        self,
        results: Sequence[Tensor],
        recorder: Recorder | None,
        precision: str,
        told: Callable[[str], None] = silent,
    ) -> None:
        """
        Args:
            results: what the work adds to; always the same tensors.
            recorder: None to do all work plainly.
            precision: the number format in which the work computes, by name.
            told: hears when replaying begins and why it ends, for the record.
        """
        self._results, self._recorder, self._told = list(results), recorder, told
        self._limit = TOLERANCES[precision]
        self._met: set[Any] = set()
        self._recordings: dict[Any, _Recording] = {}
        if recorder is not None:
            give_up_when_short(self)

    def run(self, work: Work, inputs: Sequence[Tensor], count: int) -> None:
        """Does `work(*inputs, count)`, or replays it. It may not depend on anything else that changes.

        The first time that a shape is met, libraries prepare themselves; the second time the work is recorded.
        """
        plainly = partial(work, *inputs, count)
        key = (count, *(each.shape for each in inputs))
        if self._recorder is None:
            plainly()
        elif key in self._recordings:
            self._replay(self._recordings[key], inputs, plainly)
        elif key in self._met and len(self._recordings) < MOST_RECORDINGS:
            self._record(key, work, inputs, plainly)
        else:
            self._met.add(key)
            plainly()

    def give_up(self, why: str) -> bool:
        """Frees all recordings and makes no more; returns whether there were any."""
        recorder, self._recorder = self._recorder, None
        had_some = bool(self._recordings)
        self._recordings.clear()
        if recorder is not None:
            self._told(f"Steps are not recorded and replayed from here on: {why}.")
        return had_some

    def _record(self, key: Any, work: Work, inputs: Sequence[Tensor], plainly: Callable[[], None]) -> None:
        assert self._recorder is not None
        before = self._copies()
        own = [each.clone() for each in inputs]
        recorded = partial(work, *own, key[0])
        try:
            self._recorder.rehearse(recorded)
            self._recordings[key] = _Recording(own, self._recorder.record(recorded))
            return
        except Exception as error:  # whatever it is: the work can be done without
            why = f"{type(error).__name__}: {error}"
        self._restart(before, plainly, why)

    def _replay(self, recording: _Recording, inputs: Sequence[Tensor], plainly: Callable[[], None]) -> None:
        if recording.agreed == CHECKS:
            recording.run(inputs)
            return
        before = self._copies()
        try:
            recording.run(inputs)
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
        else:
            self._compare(recording, before, plainly)
            return
        self._restart(before, plainly, why)

    def _compare(self, recording: _Recording, before: list[Tensor], plainly: Callable[[], None]) -> None:
        """The results become those of the work itself, whatever the recording has made of them."""
        replayed = self._copies()
        self._set(before)
        plainly()
        apart = _apart(before, self._results, replayed)
        if apart is None:  # overflowed: that says nothing of the recording
            return
        if not apart <= self._limit:
            self.give_up(f"a replayed step differed from a plain one by {apart:.1e} (at most {self._limit:g})")
            return
        recording.agreed += 1
        if recording.agreed == CHECKS and sum(each.agreed == CHECKS for each in self._recordings.values()) == 1:
            self._told(f"Steps are recorded as CUDA graphs and replayed; {CHECKS} agreed with plain ones.")

    def _restart(self, before: list[Tensor], plainly: Callable[[], None], why: str) -> None:
        self.give_up(why)
        self._set(before)
        plainly()

    def _copies(self) -> list[Tensor]:
        return [each.clone() for each in self._results]

    def _set(self, values: Sequence[Tensor]) -> None:
        for result, value in zip(self._results, values, strict=True):
            result.copy_(value)


def _apart(before: Sequence[Tensor], expected: Sequence[Tensor], found: Sequence[Tensor]) -> float | None:
    """How far what was added differs, relative, at most; None if what was expected is not finite."""
    most = 0.0
    for start, right, other in zip(before, expected, found, strict=True):
        added, difference = float((right - start).norm()), float((other - right).norm())
        if added != added or added == float("inf"):
            return None
        relative = difference / added if added else difference
        most = relative if not relative <= most else most  # NaN counts as the most
    return most
