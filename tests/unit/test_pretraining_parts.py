"""What the pre-training's stages are made of: the feature loss, a ControlNet that begins, the measures of agreement."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn.functional import avg_pool2d, interpolate

from pocket.drawing import STYLES
from pocket.drawing.facades import draw
from pocket.pretraining import autoencoder
from pocket.pretraining.classifier import Classifier
from pocket.pretraining.control import Controlled, new_control, own_parts
from pocket.pretraining.depth_reader import DepthReader
from pocket.pretraining.hints import lines_of, shades
from pocket.pretraining.network import new_unet
from pocket.pretraining.obedience import agreement, bytes_of
from pocket.pretraining.pictures import pixels


@pytest.fixture(scope="module")
def buildings() -> np.ndarray:
    return np.stack([np.asarray(draw(style, 1, (128, 128)).image.convert("RGB")) for style in STYLES[:2]])


def test_features_miss_what_is_smoothed_away(buildings: np.ndarray) -> None:
    torch.manual_seed(0)
    guide, drawn = Classifier(6).requires_grad_(False), pixels(buildings)
    blurred = interpolate(avg_pool2d(drawn, 4), scale_factor=4).requires_grad_(True)
    assert autoencoder.feature_loss(guide, drawn, drawn) == 0
    loss = autoencoder.feature_loss(guide, blurred, drawn)
    (slope,) = torch.autograd.grad(loss, blurred)
    closer = (blurred - 0.1 * slope / slope.abs().max()).detach()
    assert 0 < autoencoder.feature_loss(guide, closer, drawn) < loss


def test_a_control_net_changes_nothing_before_it_is_trained_and_learns_from_the_first_step() -> None:
    torch.manual_seed(0)
    unet = new_unet().requires_grad_(False)
    control = new_control(unet)
    noisy, context, hint = torch.randn(2, 4, 16, 16), torch.randn(2, 77, 64), torch.rand(1, 3, 128, 128)
    timesteps = torch.tensor([10, 900])
    under = Controlled(unet, control, hint)(noisy, timesteps, context).sample
    assert torch.equal(under, unet(noisy, timesteps, context).sample)

    under.square().mean().backward()
    assert all(parameter.grad is None for parameter in unet.parameters())
    handed_on = control.controlnet_down_blocks[0].weight
    assert handed_on.grad.abs().max() > 0
    with torch.no_grad():  # one step on, and the control picture has a say
        handed_on.sub_(handed_on.grad.sign() * 0.1)
        dark = Controlled(unet, control, torch.zeros_like(hint))(noisy, timesteps, context).sample
        assert (Controlled(unet, control, hint)(noisy, timesteps, context).sample - dark).abs().max() > 1e-3
    trained = {name for name, parameter in control.named_parameters() if parameter.requires_grad}
    own = sum(parameter.numel() for part in own_parts(control) for parameter in part.parameters())
    assert 2 * sum(control.get_parameter(name).numel() for name in trained) < 4_000_000 and own < 600_000  # bytes


def test_the_agreement_of_a_building_with_its_own_lines_and_depth_is_the_best(buildings: np.ndarray) -> None:
    torch.manual_seed(0)
    reader, pictures, lines = DepthReader().eval(), pixels(buildings), lines_of(buildings)
    assert shades(lines).shape == (2, 3, 128, 128) and shades(lines).max() <= 1
    assert agreement("lineart", pictures, lines, reader) == {"edge_f1": 1.0, "line_ssim": 1.0}
    others = agreement("lineart", pictures.flip(0), lines, reader)
    assert others["edge_f1"] < 0.8 and others["line_ssim"] < 0.8
    assert np.array_equal(bytes_of(pictures), buildings)

    with torch.no_grad():
        found = reader(pictures)
    depth = ((found - found.min()) / (found.max() - found.min()) * 255).round().byte().numpy()
    assert agreement("depth", pictures, depth, reader)["depth_rmse"] < 0.01
    assert agreement("depth", pictures, depth[::-1].copy(), reader)["depth_rmse"] > 0.02
