"""An invented run's view as it is for a run that keeps an average of the weights and probes training pictures too.

The shape is that of a small trial: the averaged weights come to a lower loss than the raw ones and overfit later, while
the loss on training pictures goes on falling. Nothing here says how any model really trains.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lora_core.selection import curve, select

Curve = dict[str, list[Any]]


def with_average(
    view: dict[str, Any], rule: str = "lowest", epoch: int | None = None, weights: str = "best"
) -> dict[str, Any]:
    """`view` with the averaged curve and the probe; picked from the averaged weights unless `weights` is raw."""
    epochs = view["validation"]["epoch"]
    start, last = view["validation"]["loss"][0], view["epochs"]
    averaged, found = _smoothed(epochs, start * _relative(epochs, last, seed=5, rise=0.035))
    # The training pictures are harder than those held out, as can be; only the change is the LoRA's doing.
    probe, _ = _smoothed(epochs, 1.06 * start * _relative(epochs, last, seed=6, rise=-0.075))
    del probe["standard_error"]
    kept = [other + 1 for other in view["checkpoints"][::2] if other < last]
    picked = view["selection"] | {"weights": "raw"}
    if rule == "epoch":
        picked |= {"epoch": epoch, "rule": rule, "reason": f"Epoch {epoch}, chosen by hand."}
    if weights != "raw" and (rule != "epoch" or epoch in kept):
        picked = select(found, last, rule, epoch, kept).to_json() | {"weights": "averaged"}
    return view | {"averaged": averaged, "probe": probe, "averaged_checkpoints": kept, "selection": picked}


def _relative(epochs: list[int], last: int, *, seed: int, rise: float) -> np.ndarray:
    """Losses by epoch and picture, 1 in the mean without a LoRA: shape (epochs, 8)."""
    random = np.random.default_rng(seed)
    time = np.asarray(epochs) / last
    factor_E = 1 - 0.07 * (1 - np.exp(-time / 0.12)) + rise * np.clip(time - 0.12, 0, None)
    gain_P = 1 + random.normal(0, 0.25, 8)
    wobble_EP = np.cumsum(random.normal(0, 0.0005, (len(epochs), 8)), axis=0)
    wobble_EP += random.normal(0, 0.0009, (len(epochs), 8))
    wobble_EP[0] = 0
    picture_P = random.uniform(0.7, 1.35, 8)
    return (1 + (factor_E[:, None] - 1) * gain_P / gain_P.mean() + wobble_EP) * picture_P / picture_P.mean()


def _smoothed(epochs: list[int], losses_EP: np.ndarray) -> tuple[Curve, Any]:
    found = curve(epochs, losses_EP.tolist())
    assert found is not None
    start = float(losses_EP[0].mean())
    lists = {
        "epoch": epochs,
        "loss": losses_EP.mean(axis=1).tolist(),
        "smooth": [start, *found.smooth_T.tolist()],
        "standard_error": [0.0, *found.standard_error_T.tolist()],
    }
    return lists, found
