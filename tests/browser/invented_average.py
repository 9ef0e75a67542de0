"""An invented run's view as it is for a run that keeps an average of the weights and probes training pictures too.

The shape is that of a small trial: the averaged weights come to a lower loss than the raw ones and overfit later, while
the loss on training pictures goes on falling. Nothing here says how any model really trains.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lora_core.selection import curve, select

Curve = dict[str, list[Any]]


def with_average(view: dict[str, Any], rule: str = "lowest", epoch: int | None = None) -> dict[str, Any]:
    """`view` with the averaged weights as those to pick from."""
    epochs = view["validation"]["epoch"]
    averaged, found = _smoothed(epochs, _losses(epochs, view["epochs"], seed=5, rise=0.035, wobble=0.0003))
    # The training pictures are harder than those held out, as can be; only the change is the LoRA's doing.
    probe, _ = _smoothed(epochs, 1.06 * _losses(epochs, view["epochs"], seed=6, rise=-0.075, wobble=0.0003))
    del probe["standard_error"]
    kept = view["checkpoints"][::2]
    picked = select(found, view["epochs"], rule, epoch, kept).to_json() | {"weights": "averaged"}
    return view | {"averaged": averaged, "probe": probe, "averaged_checkpoints": kept, "selection": picked}


def _losses(epochs: list[int], last: int, *, seed: int, rise: float, wobble: float) -> np.ndarray:
    """Losses by epoch and picture: shape (epochs, 8)."""
    random = np.random.default_rng(seed)
    time = np.asarray(epochs) / last
    factor_E = 1 - 0.068 * (1 - np.exp(-time / 0.13)) + rise * np.clip(time - 0.3, 0, None)
    picture_P = np.random.default_rng(0).uniform(0.7, 1.35, 8)
    gain_P = random.normal(1, 0.25, 8)
    noise_EP = random.normal(0, wobble, (len(epochs), 8))
    noise_EP[0] = 0
    return (1 + (factor_E[:, None] - 1) * gain_P + noise_EP) * picture_P * 0.1325


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
