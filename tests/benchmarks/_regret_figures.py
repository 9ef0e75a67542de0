"""The figures of validation_regret: a row for each way of choosing, and a panel for each run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from lora_core.record.canvas import LIGHT

from ._regret_report import WAYS, regrets


def draw_ways(outcomes: Sequence[dict[str, Any]], path: Path) -> None:
    """A row for each way: a dot for each run, a bar at the mean."""
    found = regrets(outcomes)
    figure = Figure(figsize=(10, 4.6), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for row, (way, values) in enumerate(found.items()):
        colour = LIGHT.point if way == "LoRA Atelier" else LIGHT.validation
        axes.scatter(values, [row] * len(values), s=22, color=colour, alpha=0.45, linewidths=0)
        axes.plot([np.nanmean(values)] * 2, [row - 0.32, row + 0.32], color=colour, linewidth=3)
    axes.axvline(0, color=LIGHT.faint, linewidth=1, linestyle=":")
    axes.set_yticks(range(len(found)), [WAYS[way][0].replace("*", "") for way in found])
    axes.invert_yaxis()
    axes.set_xscale("symlog", linthresh=5)
    ticks = [-5, -2, 0, 2, 5, 10, 20, 50, 100]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.set_xlabel("regret: % of the best single checkpoint's improvement that the choice loses")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(left=False)
    figure.savefig(path)


def draw_runs(outcomes: Sequence[dict[str, Any]], path: Path) -> None:
    """A panel for each run, a column for each style: losses on held-out and on unseen pictures, and the pick."""
    styles = list(dict.fromkeys(outcome["style"] for outcome in outcomes))
    seeds = sorted({outcome["seed"] for outcome in outcomes})
    figure = Figure(figsize=(2 * len(styles), 1.7 * len(seeds) + 0.5), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(seeds), len(styles), sharex=True, sharey=True, squeeze=False)
    for axes in panels.flat:
        axes.set_visible(False)
    for outcome, regret in zip(outcomes, regrets(outcomes)["LoRA Atelier"], strict=True):
        row, column = seeds.index(outcome["seed"]), styles.index(outcome["style"])
        _draw_run(panels[row, column], outcome, regret)
    for column, style in enumerate(styles):
        panels[0, column].set_title(style.capitalize(), fontsize=9)
    figure.supylabel("loss, % of that without LoRA", fontsize=9)
    figure.supxlabel("epoch", fontsize=9)
    handles, names = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=len(names), frameon=False, fontsize=8)
    figure.savefig(path)


def _draw_run(axes: Axes, outcome: dict[str, Any], regret: float) -> None:
    held_out, unseen = outcome["view"]["averaged"], outcome["oracle"]
    axes.set_visible(True)
    axes.axhline(100, color=LIGHT.faint, linewidth=0.8, linestyle=":")
    smooth = np.asarray(held_out["smooth"])
    share, error = (100 * np.asarray(values) / smooth[0] for values in (smooth, held_out["standard_error"]))
    axes.fill_between(held_out["epoch"], share - error, share + error, color=LIGHT.validation, alpha=0.15, linewidth=0)
    axes.plot(held_out["epoch"], share, color=LIGHT.validation, linewidth=1.3, label="8 held-out pictures, averaged")
    for weights, colour, size, label in (("raw", LIGHT.faint, 5, "raw"), ("averaged", LIGHT.region_o, 16, "averaged")):
        losses = {int(epoch): 100 * loss / unseen["raw"]["0"] for epoch, loss in unseen[weights].items()}
        axes.scatter(
            [*losses], [*losses.values()], s=size, color=colour, linewidths=0, label=f"64 unseen pictures, {label}"
        )
    axes.axvline(outcome["picks"]["LoRA Atelier"][1], color=LIGHT.point, linewidth=1, label="the default's pick")
    axes.annotate(f"regret {regret:.1f} %", (0.96, 0.05), xycoords="axes fraction", ha="right", fontsize=7)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=7)
