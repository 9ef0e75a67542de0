"""The figures: what each way of choosing loses, against what it costs; copies against pictures told apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from lora_core.record.canvas import LIGHT

from .analysis import DEFAULT, Estimate, Way, clustered, ways
from .by_heart import Run
from .measured import Outcome

APART = 0.07
"""Passes between two ways that cost the same, so that neither hides the other."""
LEAST = 0.1
"""The lowest regret that is shown, in %; the scale is logarithmic."""
GRIDS = {
    "placed": LIGHT.validation,
    "kohya": LIGHT.region_o,
    "OneTrainer": LIGHT.training,
    "ai-toolkit": LIGHT.region_g,
}
"""Colours by the first word of a way's name."""
MARKERS = {
    "raw": "v",
    "lowest value": "s",
    "constant epoch": "D",
    "constant step": "d",
    "earliest": "X",
    "random": "P",
    "last": "^",
}
"""By what a way's name contains, the first that fits; a circle for the others."""


def draw_passes(outcomes: Sequence[Outcome], path: Path) -> None:
    """A point with its interval for each way."""
    found = ways(outcomes)
    figure, axes = _blank(10, 5)
    styles = [one.style for one in outcomes]
    regrets = [clustered([way.regret(one) for one in outcomes], styles) for way in found]
    for way, passes, regret in zip(found, spread([way.passes for way in found]), regrets, strict=True):
        _draw(axes, way, passes, regret)
    axes.set_yscale("log")
    highest = max(regret.high for regret in regrets)
    ticks = [tick for tick in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100) if tick <= max(20, highest)]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel("forward passes an epoch for each held-out picture")
    axes.set_ylabel("regret, % (mean, 95 % interval)")
    figure.legend(loc="outside right center", frameon=False, fontsize=8)
    figure.savefig(path)


def spread(passes: Sequence[float]) -> list[float]:
    """Those that are the same, side by side around where they are."""
    total, seen, places = Counter(passes), Counter[float](), []
    for each in passes:
        places.append(each + APART * (seen[each] - (total[each] - 1) / 2))
        seen[each] += 1
    return places


def _draw(axes: Axes, way: Way, passes: float, regret: Estimate) -> None:
    colour = LIGHT.point if way.name == DEFAULT else GRIDS.get(way.name.split(" ")[0].rstrip(","), LIGHT.ink)
    marker = next((shape for word, shape in MARKERS.items() if word in way.name), "o")
    mean, low, high = (max(value, LEAST) for value in (regret.mean, regret.low, regret.high))
    axes.plot([passes, passes], [low, high], color=colour, alpha=0.5, linewidth=1.5)
    axes.plot(passes, mean, marker, color=colour, label=way.name, linestyle="")


# Copies -------------------------------------------------------------------------------------------------------------

SHADES = (LIGHT.region_o, LIGHT.point, LIGHT.validation, LIGHT.region_g)
"""By the number of pictures, fewest first."""


def draw_copies(runs: Sequence[Run], path: Path) -> None:
    """A line for each run from look to look; a filled point is one with copies."""
    figure, axes = _blank(8, 5)
    numbers = sorted({run.job.condition.training for run in runs})
    shades = dict(zip(numbers, SHADES, strict=False))
    seen: set[int] = set()
    for run in runs:
        training = run.job.condition.training
        told = [100 * look.told_apart.share for look in run.looks]
        nearer = [100 * look.copies.nearer for look in run.looks]
        label = f"{training} pictures" if training not in seen else None
        seen.add(training)
        axes.plot(told, nearer, color=shades[training], linewidth=1, alpha=0.5)
        fills = [shades[training] if look.copies.copied else "none" for look in run.looks]
        axes.scatter(told, nearer, s=30, facecolors=fills, edgecolors=shades[training], zorder=2)
        axes.plot([], [], "o-", color=shades[training], markerfacecolor="none", label=label)
    for line in (axes.axhline, axes.axvline):
        line(50, color=LIGHT.faint, linewidth=0.8, linestyle=":")
    axes.set_xlabel("pairs in which a training picture has gained more than a held-out one, %")
    axes.set_ylabel("generated pictures nearer to a training picture, %")
    figure.legend(loc="outside right center", frameon=False)
    figure.savefig(path)


def _blank(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes
