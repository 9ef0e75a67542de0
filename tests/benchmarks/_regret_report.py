"""The results of validation_regret: five tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lora_core.config import ValidationConfig
from lora_core.picking.curve import fit_curve
from lora_core.picking.selection import select
from lora_core.training.validator import due

WAYS = {
    "LoRA Atelier": ("**default: placed grid, raw and averaged weights**", 32),
    "LoRA Atelier, earliest": ("the default with the rule *earliest*", 32),
    "factors, decay 0.995, smoothed": ("weights averaged with decay 0.995", 16),
    "factors, decay 0.995, earliest": ("the same with the rule *earliest*", 16),
    "default grid, averaged only": ("the averaged half of the default", 16),
    "averaged, 8 forwards, smoothed": ("averaged weights, one placed timestep a picture", 8),
    "averaged, 8 forwards, earliest": ("the same with the rule *earliest*", 8),
    "default grid, raw only": ("the raw half of the default", 16),
    "placed, 8 forwards, smoothed": ("raw weights, one placed timestep a picture", 8),
    "t = 200, 400, 600, 800, smoothed": ("t = 200, 400, 600, 800 (kohya's), smoothed as ours", 32),
    "t = 200, 400, 600, 800, lowest value": ("t = 200, 400, 600, 800 (kohya's), lowest value", 32),
    "t = 499, one noise, smoothed": ("t = 499 and one noise (OneTrainer's), smoothed as ours", 8),
    "t = 499, one noise, lowest value": ("t = 499 and one noise (OneTrainer's), lowest value", 8),
    "last epoch, averaged": ("the last epoch's averaged weights", 0),
    "last epoch": ("the last epoch", 0),
}
"""By the name in a run's file: how the tables call a way of choosing, and its forward passes an epoch."""
DUELS = (
    ("LoRA Atelier", "t = 200, 400, 600, 800, smoothed"),
    ("averaged, 8 forwards, smoothed", "t = 499, one noise, smoothed"),
    ("LoRA Atelier", "LoRA Atelier, earliest"),
    ("factors, decay 0.995, smoothed", "LoRA Atelier"),
)
"""Ways to be compared run by run. In each of the first two pairs both have the same number of forward passes."""
CONSTANTS = (40, 80)
"""Epochs that might have been chosen without looking: always this one. The oracle has seen them in every run."""


def shares(outcome: dict[str, Any]) -> dict[str, dict[int, float]]:
    """By weights and epoch: the improvement over no LoRA, where that of the best single raw checkpoint is 1."""
    found = outcome["oracle"]
    nothing = found["raw"]["0"]
    best = nothing - min(loss for epoch, loss in found["raw"].items() if epoch != "0")
    return {
        weights: {int(epoch): (nothing - loss) / best for epoch, loss in losses.items()}
        for weights, losses in found.items()
    }


def regrets(outcomes: Sequence[dict[str, Any]]) -> dict[str, list[float]]:
    """By way of choosing: the regret of each run in percent, NaN where a run is older than the way. A way that no run
    has tried is left out."""
    found: dict[str, list[float]] = {way: [] for way in WAYS}
    for outcome in outcomes:
        known, picks = shares(outcome), outcome["picks"]
        for way, values in found.items():
            share = float("nan")
            if way in picks:
                weights, epoch = picks[way]
                share = known[weights][epoch]
            values.append(100 * (1 - share))
    return {way: values for way, values in found.items() if np.isfinite(values).any()}


def averaged_is_picked(outcome: dict[str, Any]) -> bool:
    """Whether averaged weights are picked when raw ones are validated as seldom as they are by default."""
    raw, averaged = outcome["view"]["validation"], outcome["view"]["averaged"]
    every, last = ValidationConfig().raw_every_epochs, outcome["epochs"]
    seldom = [place for place, epoch in enumerate(raw["epoch"]) if due(every, epoch, epoch == last)]
    found = fit_curve([raw["epoch"][place] for place in seldom], [[raw["loss"][place]] for place in seldom])
    if found is None:  # too few raw validations, so only the averaged weights can be picked
        return True
    lowest = found.smooth_E[found.epochs_E == select(found, last).epoch].item()
    return lowest > min(averaged["smooth"][1:])


def tables(outcomes: Sequence[dict[str, Any]], every: int) -> Iterator[str]:
    """Lines of Markdown: each way's regret, pairs run by run, constant epochs, and each kind of weights at the same
    epochs, `every` apart."""
    found = regrets(outcomes)
    yield f"{len(outcomes)} runs; regret in % of what the best single checkpoint improves"
    yield ""
    yield from _ways(found)
    yield ""
    yield from _duels(found)
    yield ""
    yield from _constants(outcomes, found["LoRA Atelier"])
    yield ""
    beaten = np.asarray(found["LoRA Atelier"]) < 0
    yield f"The default's choice is better than the best single checkpoint in {beaten.sum()} of {len(outcomes)} runs."
    seldom = sum(averaged_is_picked(outcome) for outcome in outcomes)
    yield f"Raw weights validated after every fifth epoch: averaged ones picked in {seldom} of {len(outcomes)} runs."
    lost = np.asarray(found["LoRA Atelier"]) - [100 * (1 - max(shares(one)["averaged"].values())) for one in outcomes]
    yield f"Its regret against the best averaged checkpoint scored: {_mean(lost)}, at worst {lost.max():.1f}."
    yield f"Its mean regret over styles, one value for each: {_mean(_by_style(outcomes, found['LoRA Atelier']))}."
    yield ""
    yield from _stated(outcomes)
    yield ""
    yield from _kinds(outcomes, every)


def _ways(found: dict[str, list[float]]) -> Iterator[str]:
    yield "| way of choosing | forward passes an epoch | runs | mean ± s.e. | median | best | worst | minus default |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for way, values in found.items():
        name, forwards = WAYS[way]
        runs = np.isfinite(values).sum()
        spread = " | ".join(f"{number:.1f}" for number in (np.nanmedian(values), np.nanmin(values), np.nanmax(values)))
        more = _mean(np.subtract(values, found["LoRA Atelier"]))
        yield f"| {name} | {forwards} | {runs} | {_mean(values)} | {spread} | {more} |"


def _duels(found: dict[str, list[float]]) -> Iterator[str]:
    yield "| a way | against | runs | ahead in | behind in | lower regret by, mean ± s.e. |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for way, other in DUELS:
        if way in found and other in found:
            less = np.subtract(found[other], found[way])
            less = less[np.isfinite(less)]
            names = " | ".join(WAYS[each][0].replace("**", "") for each in (way, other))
            yield f"| {names} | {len(less)} | {(less > 0).sum()} | {(less < 0).sum()} | {_mean(less)} |"


def _by_style(outcomes: Sequence[dict[str, Any]], values: Sequence[float]) -> list[float]:
    styles = [outcome["style"] for outcome in outcomes]
    return [
        float(np.mean([value for value, of in zip(values, styles, strict=True) if of == style]))
        for style in dict.fromkeys(styles)
    ]


def _constants(outcomes: Sequence[dict[str, Any]], default: Sequence[float]) -> Iterator[str]:
    yield "| always | mean ± s.e. | worst | default ahead in | minus default |"
    yield "| --- | --- | --- | --- | --- |"
    for weights in ("averaged", "raw"):
        for epoch in CONSTANTS:
            known = [shares(outcome)[weights] for outcome in outcomes]
            if all(epoch in losses for losses in known):
                values = np.asarray([100 * (1 - losses[epoch]) for losses in known])
                more = values - default
                cells = f"{_mean(values)} | {values.max():.1f} | {(more > 0).sum()} of {len(more)} | {_mean(more)}"
                yield f"| epoch {epoch}, {weights} weights | {cells} |"


def deviation(outcome: dict[str, Any]) -> float:
    """How many of its standard errors the stated improvement of the default's pick is above the unseen one."""
    stated = outcome["view"]["selection"]
    losses = outcome["oracle"]
    unseen = 1 - losses[stated["weights"]][str(stated["epoch"])] / losses["raw"]["0"]
    return float((stated["improvement"] - unseen) / stated["standard_error"])


def best_is_close(outcome: dict[str, Any]) -> bool:
    """Whether the best averaged epoch scored is among those that "can't be told apart" from the pick."""
    losses = {int(epoch): loss for epoch, loss in outcome["oracle"]["averaged"].items() if epoch != "0"}
    close = outcome["view"]["selection"]["indistinguishable"]
    return bool(min(close) <= min(losses, key=losses.__getitem__) <= max(close))


def _stated(outcomes: Sequence[dict[str, Any]]) -> Iterator[str]:
    """How often what the picker states holds on unseen pictures."""
    outcomes = [outcome for outcome in outcomes if outcome["view"]["selection"] is not None]
    if not outcomes:
        return
    away = np.array([deviation(outcome) for outcome in outcomes])
    yield "| stated by the picker | if it is right | found |"
    yield "| --- | --- | --- |"
    for errors, nominal in ((1, "68 %"), (2, "95 %")):
        inside = (np.abs(away) <= errors).sum()
        name = f"unseen improvement within {errors} standard error{'s' if errors > 1 else ''} of the stated one"
        yield f"| {name} | {nominal} | {inside} of {len(away)} |"
    close = sum(best_is_close(outcome) for outcome in outcomes)
    yield f"| best averaged epoch scored among those that can't be told apart | 95 % | {close} of {len(outcomes)} |"
    yield f"| stated minus unseen improvement, in standard errors, mean ± s.e. | 0 | {_mean(away)} |"


def _kinds(outcomes: Sequence[dict[str, Any]], every: int) -> Iterator[str]:
    shared = [shares(outcome) for outcome in outcomes]
    epochs = range(every, min(outcome["epochs"] for outcome in outcomes) + 1, every)
    yield f"| weights | {' | '.join(f'epoch {epoch}' for epoch in epochs)} |"
    yield f"| --- |{' --- |' * len(epochs)}"
    for weights in ("raw", "averaged"):
        cells = [_mean([100 * (1 - known[weights][epoch]) for known in shared]) for epoch in epochs]
        yield f"| {weights} | {' | '.join(cells)} |"
    for weights in sorted(shared[0].keys() - {"raw", "averaged"}):  # paired by run: resolves far smaller differences
        cells = [
            _mean([100 * (known["averaged"][epoch] - known[weights][epoch]) for known in shared]) for epoch in epochs
        ]
        yield f"| {weights}, minus averaged | {' | '.join(cells)} |"


def _mean(values: Sequence[float] | NDArray[np.float64]) -> str:
    """Mean and standard error of the finite values."""
    values = np.asarray(values)[np.isfinite(values)]
    error = np.std(values, ddof=1) / len(values) ** 0.5 if len(values) > 1 else float("nan")
    mean = round(float(np.mean(values)), 1) + 0.0  # which makes 0.0 of -0.0
    return f"{mean:.1f} ± {error:.1f}"
