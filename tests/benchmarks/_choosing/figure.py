"""The figure of the experiment: what each way of choosing loses, against what it costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from lora_core.record.canvas import LIGHT

from .analysis import DEFAULT, Estimate, Way, clustered, ways
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
    figure = Figure(figsize=(10, 5), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    styles = [one.style for one in outcomes]
    for way, passes in zip(found, spread([way.passes for way in found]), strict=True):
        _draw(axes, way, passes, clustered([way.regret(one) for one in outcomes], styles))
    axes.set_yscale("log")
    ticks = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20)
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel("forward passes an epoch for each held-out picture")
    axes.set_ylabel("regret, % (mean, 95 % interval)")
    axes.spines[["top", "right"]].set_visible(False)
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
