"""What a model on the disk was made to predict, and at which noise levels. Training knows one of each.

The weights of a model that predicts velocity look like those of SD 1.5: what it predicts is written elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from ..errors import BaseModelError
from .diffusion import BETA_END, BETA_START, NUM_TIMESTEPS

_EPSILON = ("epsilon", "eps", "")
_SCHEDULE = {
    "num_train_timesteps": NUM_TIMESTEPS,
    "beta_start": BETA_START,
    "beta_end": BETA_END,
    "beta_schedule": "scaled_linear",
    "trained_betas": None,
    "rescale_betas_zero_snr": False,
}
"""SD 1.5's noise levels in scheduler_config.json."""
_UNSAID = {"beta_start": 0.0001, "beta_end": 0.02, "beta_schedule": "linear"}
"""What diffusers writes if nobody chose noise levels. No Stable Diffusion was trained with them."""
_DISTILLED = re.compile(r"FlowMatch|LCM|TCD")
"""Schedulers of models that predict something else, or in few steps, although their settings may say epsilon."""


def check_scheduler(folder: Path) -> None:
    """Checks the scheduler of a diffusers folder; one without is taken for SD 1.5.

    Raises:
        BaseModelError: the model predicts something other than the noise, or at other noise levels.
    """
    path = folder / "scheduler" / "scheduler_config.json"
    try:
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        kind, prediction = str(config.get("_class_name", "")), config.get("prediction_type", "epsilon")
    except FileNotFoundError:
        return
    except (OSError, ValueError, AttributeError) as error:
        raise BaseModelError(f"{path} cannot be used ({type(error).__name__}: {error}). Download it again.") from error
    if prediction not in _EPSILON or _DISTILLED.match(kind):
        raise _other(f"scheduler_config.json of {folder.name}", f"{kind} with prediction_type {prediction!r}")
    other = [name for name, value in _SCHEDULE.items() if config.get(name, value) != value]
    if all(config.get(name, value) == value for name, value in _UNSAID.items()):
        other = [name for name in other if name not in _UNSAID]
    if other:
        shown = ", ".join(f"{name} {config[name]!r}" for name in other)
        raise _other(f"scheduler_config.json of {folder.name}", f"other noise levels ({shown})")


def check_single_file(path: Path, names: Mapping[str, object]) -> None:
    """Checks what a single-file checkpoint says of itself: by a key, in its metadata, or in a .yaml file beside it.

    Args:
        path: of the .safetensors file.
        names: its weights.

    Raises:
        BaseModelError: the model predicts something other than the noise, or at other noise levels.
    """
    for key, meaning in (("v_pred", "v_prediction"), ("ztsnr", "noise levels down to a signal of zero")):
        if key in names:
            raise _other(path.name, f"{meaning} (it has a key {key!r})")
    prediction = _metadata(path).get("modelspec.prediction_type", "epsilon")
    if prediction.casefold() not in _EPSILON:
        raise _other(path.name, f"prediction_type {prediction!r}")
    parameterization = _parameterization(path.with_suffix(".yaml"))
    if parameterization not in _EPSILON:
        raise _other(f"{path.stem}.yaml", f"parameterization {parameterization!r}")


def _metadata(path: Path) -> dict[str, str]:
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}
    except (OSError, SafetensorError):
        return {}


def _parameterization(path: Path) -> str:
    """What the original code's configuration says; "eps" is its default."""
    try:
        found = re.search(r"""^\s*parameterization:\s*["']?(\w+)""", path.read_text(encoding="utf-8"), re.MULTILINE)
    except (OSError, ValueError):
        return "eps"
    return found[1] if found else "eps"


def _other(where: str, what: str) -> BaseModelError:
    return BaseModelError(
        f"The base model does not predict the noise as Stable Diffusion 1.5 does: {where} says {what}. A LoRA trained "
        "on it would not fit it. Use SD 1.5 or a fine-tune of it that predicts the noise (epsilon)."
    )
