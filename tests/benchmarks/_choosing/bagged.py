"""A steadier pick, as a proposal: the mean of the lowest epochs of redrawn held-out pictures (bagging, Breiman 1996).

Where the curve is flat, which epoch is lowest depends on which few pictures happened to be held out. Nothing that ships
picks like this: it was thought of after the third experiment, and has to be shown on new seeds.
"""

from __future__ import annotations

import numpy as np

from lora_core.picking.curve import fit_curve, overfitting_region, promising_region

from .measured import ByPicture

DRAWS = 500


def bagged(losses: ByPicture, random: np.random.Generator) -> int:
    """An epoch of G; the last one if there are too few validations to judge by."""
    curve = fit_curve(list(losses), list(losses.values()))
    if curve is None:
        return max(losses)
    inside_E = curve.inside(promising_region(curve, overfitting_region(curve)))
    pictures = curve.smooth_EN.shape[1]
    drawn_DN = random.integers(pictures, size=(DRAWS, pictures))
    mean_ED = curve.smooth_EN[:, drawn_DN].mean(axis=2)
    lowest_D = np.where(inside_E[:, None], mean_ED, np.inf).argmin(axis=0)
    return round(float(curve.epochs_E[lowest_D].mean()))
