"""What a run of the paper's length writes to the disk, for epochs of several lengths: python dev.py bench bytes_written

The real saver and the real retention work on an invented loss curve and a clock that is moved by hand; the files are as
small as can be, and what is counted is the size that they would have with SD 1.5 (all layers, rank 16, float32).
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch

from lora_core.picking.retention import keep
from lora_core.record.entries import Measured
from lora_core.training.saver import Saver
from lora_core.training.state import OptimizerState, RunState

LORA = 78.5e6
"""Bytes of one LoRA file."""
STATE = 4 * LORA
"""Weights, AdamW's two moments and the average."""
EPOCHS, KEPT = 200, 16
SECONDS = (1.0, 3.5, 15.0, 60.0, 300.0)


def main() -> None:
    """Prints a table."""
    print("an epoch's seconds   GB written   MB a second   longest time without a state   before: GB")
    for seconds in SECONDS:
        written, longest = run(seconds)
        rate = written / (seconds * EPOCHS)
        print(
            f"{seconds:18g} {written / 1e9:12.1f} {rate / 1e6:13.1f} {longest:26.0f} s {EPOCHS * 6 * LORA / 1e9:13.0f}"
        )


def run(seconds: float) -> tuple[float, float]:
    """Bytes that a run writes, and the longest time that it would lose in a kill."""
    now, written, saved_at, longest = 0.0, 0.0, 0.0, 0.0
    losses = _losses()
    kept: Sequence[int] = []
    unwritten: set[int] = set()
    with tempfile.TemporaryDirectory() as temporary, Saver(Path(temporary), lambda: now) as saver:
        for epoch in range(1, EPOCHS + 1):
            for _ in range(10):  # the trainer looks after every step
                now += seconds / 10
                if saver.overdue:
                    saver.save(partial(_empty_state, epoch), [], [])
                    written, longest, saved_at = written + STATE, max(longest, now - saved_at), now
                    saver.wait()
            kept = sorted(keep([*kept, epoch], {each: losses[each] for each in range(epoch + 1)}, KEPT))
            unwritten = (unwritten | {epoch}) & set(kept)
            due = STATE + 2 * len(unwritten) * LORA  # raw and averaged
            if saver.affords(round(due)) or epoch == EPOCHS:
                saver.save(partial(_empty_state, epoch), [], [])
                written, longest, saved_at, unwritten = written + due, max(longest, now - saved_at), now, set()
                saver.wait()
    return written, longest


def _losses() -> dict[int, list[float]]:
    numbers = np.random.default_rng(0)
    shape_E = 1 - 0.05 * (1 - ((np.arange(EPOCHS + 1) - 80) / 80) ** 2)
    return dict(enumerate((0.13 * (shape_E[:, None] + 0.003 * numbers.normal(size=(EPOCHS + 1, 8)))).tolist()))


def _empty_state(step: int) -> RunState:
    return RunState(
        step, step, 0, {kind: {} for kind in Measured}, {"x.alpha": torch.ones(1)}, None, OptimizerState({}, {}, 1)
    )


if __name__ == "__main__":
    main()
