"""An invented run's view as it is for a run that keeps an average of the weights and probes training pictures too.

The shape is that of a small trial: the averaged weights come to a lower loss than the raw ones and overfit later, while
the loss on training pictures goes on falling. Nothing here says how any model really trains.
"""

from __future__ import annotations

from typing import Any

import numpy as np

View = dict[str, Any]


def with_average(view: View, rule: str = "lowest", epoch: int | None = None, weights: str = "best") -> View:
    """`view` with the averaged curve and the probe; picked from the averaged weights unless `weights` is raw."""
    epochs, last = view["validation"]["epoch"], view["epochs"]
    start = view["validation"]["loss"][0]
    averaged = _curve(epochs, start, _relative(epochs, last, rise=0.035), seed=5)
    averaged["standard_error"] = [0.12 * (start - loss) for loss in averaged["smooth"]]
    # The training pictures are harder than those held out, as can be; only the change is the LoRA's doing.
    probe = _curve(epochs, 1.06 * start, _relative(epochs, last, rise=-0.075), seed=6)
    kept = [other + 1 for other in view["checkpoints"][::2] if other < last]
    selection = view["selection"] | {"weights": "raw"}
    if rule == "epoch":
        selection |= {"epoch": epoch, "rule": rule, "reason": f"Epoch {epoch}, raw weights, chosen by hand."}
    if weights != "raw" and (rule != "epoch" or epoch in kept):
        smooth = dict(zip(epochs, averaged["smooth"], strict=True))
        picked = epoch if rule == "epoch" and epoch is not None else min(kept, key=lambda other: smooth[other])
        selection |= _selection(picked, last, (start - smooth[picked]) / start)
    return view | {"averaged": averaged, "probe": probe, "averaged_checkpoints": kept, "selection": selection}


def _selection(epoch: int, last: int, better: float) -> View:
    overfitting = round(0.58 * last)
    return {
        "epoch": epoch,
        "weights": "averaged",
        "region_g": [round(0.13 * last), overfitting - 1],
        "region_o": [overfitting, last],
        "candidates": [epoch],
        "reason": f"Epoch {epoch} of {last}, averaged weights: validation {better * 100:.1f} % ± {better * 12:.1f} % "
        f"better than no LoRA; overfitting from epoch {overfitting}.",
    }


def _relative(epochs: list[int], last: int, *, rise: float) -> np.ndarray:
    """Losses by epoch, 1 without a LoRA."""
    time = np.asarray(epochs) / last
    relative: np.ndarray = 1 - 0.07 * (1 - np.exp(-time / 0.12)) + rise * np.clip(time - 0.12, 0, None)
    return relative


def _curve(epochs: list[int], start: float, relative: np.ndarray, *, seed: int) -> dict[str, list[Any]]:
    wobble = np.random.default_rng(seed).normal(0, 0.0009, len(epochs))
    wobble[0] = 0
    losses = {"loss": start * (relative + wobble), "smooth": start * relative}
    return {"epoch": epochs} | {name: values.tolist() for name, values in losses.items()}
