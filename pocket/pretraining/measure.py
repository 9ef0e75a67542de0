"""How good a pocket model is: python -m pocket.pretraining.measure FOLDER --comfyui DIR [--model FILE]

Measured with the pictures that no stage trained on, by the classifier in the pre-training's FOLDER:

- how closely the autoencoder restores them: mean absolute error, of a range of 2;
- how surely the five styles are told apart, in the drawings and in what the autoencoder makes of them;
- how far generated pictures are from drawn ones of the same captions: the kernel distance (Bińkowski et al. 2018) of
  the classifier's features, beside that of other drawn pictures, which is what a perfect model would have;
- how closely pictures under FOLDER's ControlNets follow the lines and the depth they were given, beside pictures of the
  same captions and noise without, and beside the given buildings themselves after the autoencoder.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lora_core.model.diffusion import NUM_TIMESTEPS, sd15_alphas_cumprod
from lora_core.rng import stream

from ..drawing import STYLES, VERNACULAR
from ..model import SIDE
from .autoencoder import restored, restoring_error
from .classifier import Classifier, accuracy
from .control import Controlled
from .control_file import control_path, read_control
from .denoiser import tokenize
from .depth_reader import DepthReader
from .file import NAME, read
from .hints import read_hints, shades
from .network import Networks
from .obedience import agreement
from .pictures import Drawings, Pictures, pixels, read_drawings
from .plan import Log, Plan

PORTION = 16
"""Pictures at a time."""


def main() -> None:
    """Measures one file, and adds the numbers to the folder's log."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="of the pre-training: its pictures and its classifier")
    parser.add_argument("--comfyui", type=Path, required=True, help="a ComfyUI checkout: CLIP's tokenizer, key names")
    parser.add_argument("--model", type=Path, help=f"the file to measure, if it is not FOLDER's {NAME}")
    parser.add_argument("--pictures", type=int, default=Plan.held_out, help="of each kind, at most the held-out ones")
    parser.add_argument("--steps", type=int, default=30, help="of the sampler")
    parser.add_argument("--guidance", type=float, default=3.5)
    asked = parser.parse_args()
    plan = Plan(asked.folder, asked.comfyui)
    path = asked.model or asked.folder / NAME
    with torch.no_grad():
        networks, classifier = read(path, asked.comfyui), _classifier(asked.folder)
        drawn = {kind: read_drawings(plan, kind, asked.pictures) for kind in (*STYLES, VERNACULAR)}
        tokens = tokenize(drawn[VERNACULAR].captions, plan.comfyui)
        generated = generate(networks, tokens, asked.steps, asked.guidance)
        numbers = {
            **restoring(networks, classifier, drawn),
            **likeness(plan, classifier, drawn[VERNACULAR].pictures, generated),
            **obedience(plan, networks, drawn[VERNACULAR].pictures, tokens, generated, asked),
        }
    Log(asked.folder / "log.jsonl")(stage="measured", model=str(path), pictures=asked.pictures, **numbers)


def restoring(networks: Networks, classifier: Classifier, drawn: dict[str, Drawings]) -> dict[str, float]:
    """The autoencoder's error, and the five styles' accuracy before and after it."""
    of_drawn, of_restored = [], []
    for number, style in enumerate(STYLES):
        pictures = pixels(drawn[style].pictures)
        again = torch.cat([restored(networks.autoencoder, part) for part in torch.split(pictures, PORTION)])
        of_drawn.append(accuracy(classifier, pictures, number))
        of_restored.append(accuracy(classifier, again, number))
    errors = {kind: restoring_error(networks.autoencoder, of.pictures) for kind, of in drawn.items()}
    return {
        "l1": round(errors[VERNACULAR], 4),
        "l1_all_kinds": round(float(np.mean(list(errors.values()))), 4),
        "accuracy_drawn": round(float(np.mean(of_drawn)), 4),
        "accuracy_restored": round(float(np.mean(of_restored)), 4),
    }


def likeness(plan: Plan, classifier: Classifier, drawn: Pictures, generated: Tensor) -> dict[str, float]:
    """The kernel distances between generated, drawn and other drawn pictures of ordinary buildings."""
    others = read_drawings(plan, VERNACULAR, 2 * len(drawn)).pictures[len(drawn) :]
    wanted = _features(classifier, pixels(drawn))
    return {
        "distance_generated": round(kernel_distance(_features(classifier, generated), wanted), 5),
        "distance_other_drawn": round(kernel_distance(_features(classifier, pixels(others)), wanted), 5),
    }


def obedience(
    plan: Plan, networks: Networks, drawn: Pictures, tokens: Tensor, without: Tensor, asked: argparse.Namespace
) -> dict[str, dict[str, float]]:
    """The agreement of pictures with each ControlNet, without it, and of the buildings after the autoencoder."""
    again = torch.cat([restored(networks.autoencoder, part) for part in torch.split(pixels(drawn), PORTION)])
    reader, numbers = _depth_reader(plan.folder), {}
    for kind, hints in read_hints(plan, len(drawn)).items():
        control = read_control(control_path(plan, kind), networks.unet, plan.comfyui)
        under = generate(networks, tokens, asked.steps, asked.guidance, (control, shades(hints)))
        for how, pictures in {"with": under, "without": without, "restored": again}.items():
            numbers[f"{kind}_{how}"] = agreement(kind, pictures, hints, reader)
    return numbers


def generate(
    networks: Networks, tokens: Tensor, steps: int, guidance: float, held: tuple[Any, Tensor] | None = None
) -> Tensor:
    """Pictures from -1 to 1 by DDIM (Song et al. 2021), one a caption; the last row of `tokens` is the empty one.

    Args:
        held: a ControlNet and its control pictures, one a caption.
    """
    alphas_cumprod = sd15_alphas_cumprod()
    timesteps = torch.linspace(NUM_TIMESTEPS - 1, 0, steps).round().long()
    pictures = []
    for start in range(0, len(tokens) - 1, PORTION):
        captions = tokens[start : min(start + PORTION, len(tokens) - 1)]
        both = torch.cat([captions, tokens[-1:].expand(len(captions), -1)])
        context_BTD = networks.text_encoder(both).last_hidden_state
        unet = Controlled(networks.unet, held[0], held[1][start : start + PORTION]) if held else networks.unet
        noisy = torch.randn((len(captions), 4, SIDE // 8, SIDE // 8), generator=stream(0, "generate", start))
        for now, then in zip(timesteps, [*timesteps[1:], None], strict=True):
            predicted = unet(noisy.repeat(2, 1, 1, 1), now, context_BTD).sample
            asked, bare = predicted.chunk(2)
            noise = bare + guidance * (asked - bare)
            clean = (noisy - (1 - alphas_cumprod[now]).sqrt() * noise) / alphas_cumprod[now].sqrt()
            kept = alphas_cumprod[then] if then is not None else torch.tensor(1.0)
            noisy = kept.sqrt() * clean + (1 - kept).sqrt() * noise
        pictures.append(networks.autoencoder.decoder(noisy).clamp(-1, 1))
    return torch.cat(pictures)


def kernel_distance(one_ND: Tensor, other_MD: Tensor) -> float:
    """The squared maximum mean discrepancy under the kernel (x · y / D + 1)³, without bias: 0 on average for two draws
    of the same distribution, whatever their number."""
    size = one_ND.shape[1]

    def within(features: Tensor) -> Tensor:
        kernel = (features @ features.T / size + 1) ** 3
        count = len(features)
        return (kernel.sum() - kernel.trace()) / (count * (count - 1))

    between = ((one_ND @ other_MD.T / size + 1) ** 3).mean()
    return (within(one_ND) + within(other_MD) - 2 * between).item()


def _features(classifier: Classifier, pictures_BCHW: Tensor) -> Tensor:
    return torch.cat([classifier.features(part) for part in torch.split(pictures_BCHW, PORTION)]).double()


def _classifier(folder: Path) -> Classifier:
    classifier = Classifier(len(STYLES) + 1)
    classifier.load_state_dict(torch.load(folder / "classifier.state", weights_only=True)["average"])
    return classifier.eval()


def _depth_reader(folder: Path) -> DepthReader:
    reader = DepthReader()
    reader.load_state_dict(torch.load(folder / "depth_reader.state", weights_only=True)["average"])
    return reader.eval()


if __name__ == "__main__":
    main()
