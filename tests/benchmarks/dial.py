"""Measures Building Dial on the pocket model: python dev.py bench dial [--write]

The nodes make the pictures, in one process: Styled ControlNet Apply under the settings of the dial, KSampler, and the
passport's measure of line agreement, edge F1. Three things are printed:

- the calibration: line agreement, and style gain over the photograph, from free to held (--write ships it);
- the promise on buildings that the calibration has not seen: at each quarter of the dial what it promises, the mean
  that is reached, and how far single pictures are off;
- the same for a dial that is calibrated on one building, as Dial Steps and Dial Calibration do it, with other seeds.

The style gain needs the folder of a pre-training, whose classifier sees styles. LoRAs that are there are used, each on
its share of the buildings.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from devtools.comfyui import find_checkout
from lora_core.record.canvas import save
from lora_core.record.dial_figure import QUARTERS, draw_dial
from lora_core.restyle.calibration import Calibration, calibrate
from lora_core.restyle.dial_path import even_steps, settings_at
from lora_core.restyle.measure import Looks, Restyled, passport_of
from lora_core.restyle.passport import Passport
from lora_core.vision.lineart import lineart
from pocket.drawing import STYLES, VERNACULAR
from pocket.drawing.facades import draw
from pocket.model import POCKET_CONTROL_NETS, POCKET_DIAL, POCKET_MODEL, pocket_lora

REPOSITORY = Path(__file__).resolve().parents[2]
SIDE = 128
UNSEEN, OWN = 10_000, 20_000
"""The first building that the promise is tried on, and of those with a dial of their own."""
OTHER_SEEDS = 8
"""Pictures at each quarter, to try a building's own dial with."""
PORTION = 16
TOLERANCE = 0.03
GUIDANCE = 4.0
Features = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Scene:
    """Buildings that are sampled together under one style."""

    style: str
    """"" for the plain model."""
    photos_BHWC: Tensor
    lines_BHW: Tensor
    depth_BHWC: Tensor
    captions: tuple[str, ...]


def main() -> None:
    asked = _parser().parse_args()
    for needed in (asked.model, asked.lineart, asked.depth):
        if not needed.is_file():
            print(f"There is no {needed}: the dial needs the pocket model and both of its ControlNets.")
            return
    _start_comfyui()
    with torch.inference_mode():
        bench = Bench(asked)
        calibration = bench.calibration()
        _print_calibration(calibration)
        _print_promise("unseen buildings", bench.promise(calibration))
        if asked.own:
            _print_promise(
                f"{asked.own} buildings with dials of their own: differences from their promises", bench.own_promises()
            )
    if asked.plot:
        save(draw_dial(calibration, 960, 420), asked.plot)
    if asked.write:
        POCKET_DIAL.write_text(calibration.to_text(), encoding="utf-8", newline="\n")
        print(POCKET_DIAL)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dev.py bench dial", description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=POCKET_MODEL)
    for kind, path in POCKET_CONTROL_NETS.items():
        parser.add_argument(f"--{kind}", type=Path, default=path)
    parser.add_argument("--loras", type=Path, default=POCKET_MODEL.parent, help="folder of the five styles' LoRAs")
    parser.add_argument("--classifier", type=Path, help="folder of a pre-training, to measure the style gain with")
    parser.add_argument("--buildings", type=int, default=60, help="to calibrate with, and as many to try it on")
    parser.add_argument("--holds", type=int, default=7, help="settings from free to held")
    parser.add_argument("--own", type=int, default=4, help="buildings with a dial of their own")
    parser.add_argument("--own-seeds", type=int, default=6, help="of each of these, to calibrate with")
    parser.add_argument("--steps", type=int, default=12, help="of the sampler")
    parser.add_argument("--plot", type=Path, help="where to draw the curve, a .png")
    parser.add_argument("--write", action="store_true", help="make it the calibration that comes with the pack")
    return parser


def _start_comfyui() -> None:
    """ComfyUI's modules, and the pack under a name of its own without its routes, which need a server."""
    sys.argv[1:] = ["--cpu", "--force-fp32", "--fp32-text-enc"]
    sys.path.insert(0, str(find_checkout().folder))
    import comfy.options

    comfy.options.enable_args_parsing()
    import comfy.utils

    comfy.utils.PROGRESS_BAR_ENABLED = False
    pack = types.ModuleType("lora_atelier")
    pack.__path__ = [str(REPOSITORY)]
    sys.modules["lora_atelier"] = pack


class Bench:
    """The model, and what is done with it."""

    def __init__(self, asked: argparse.Namespace) -> None:
        from lora_atelier.nodes.host import pocket_model

        self.asked = asked
        self.model, self.clip, self.vae = pocket_model.load_checkpoint(asked.model)
        self.nets = {
            kind: pocket_model.load_control_net(getattr(asked, kind), asked.model) for kind in POCKET_CONTROL_NETS
        }
        files = {style: asked.loras / pocket_lora(style).name for style in STYLES}
        self.loras = {style: load_file(path) for style, path in files.items() if path.is_file()} or {"": None}
        self.features = _classifier(asked.classifier) if asked.classifier else None
        self.looks = {style: self.features(_drawn_style(style)) for style in self.loras if style and self.features}

    def calibration(self) -> Calibration:
        """The curve over all buildings."""
        holds, passports = [], []
        for scene in self._scenes(range(self.asked.buildings)):
            for hold in even_steps(self.asked.holds, 1).holds:
                found = self._restyled(scene, hold, seed=0)
                holds += [hold] * len(found)
                passports += found
        styles = ", ".join(name for name in self.loras if name) or "no LoRA"
        about = (
            f"{self.asked.model.name} with both ControlNets; {styles}; {self.asked.buildings} drawn ordinary "
            f"buildings from number 0, {SIDE} x {SIDE} pixels, seed 0; euler, normal, "
            f"{self.asked.steps} steps, cfg {GUIDANCE:g}. Style gain over the photograph."
        )
        return calibrate("pocket model", about, holds, passports)

    def promise(self, calibration: Calibration) -> dict[float, tuple[float, list[float]]]:
        """By dial: the agreement that is promised, and those that unseen buildings reach."""
        curve, found = calibration.curve(), {dial: [] for dial in QUARTERS}
        for scene in self._scenes(range(UNSEEN, UNSEEN + self.asked.buildings)):
            for dial in QUARTERS:
                found[dial] += [each.edge_f1 for each in self._restyled(scene, curve.hold(dial), seed=1)]
        return {dial: (curve.promised(dial), reached) for dial, reached in found.items()}

    def own_promises(self) -> dict[float, tuple[float, list[float]]]:
        """The same of single buildings, each with its own curve: differences from their promises, so 0 is promised."""
        found: dict[float, list[float]] = {dial: [] for dial in QUARTERS}
        styles = list(self.loras)
        for index in range(self.asked.own):
            scene = _scene(styles[index % len(styles)], [OWN + index] * self.asked.own_seeds)
            passports = {hold: self._restyled(scene, hold, seed=0) for hold in even_steps(7, 1).holds}
            pairs = [(hold, each) for hold, pictures in passports.items() for each in pictures]
            curve = calibrate("", "", [hold for hold, _ in pairs], [each for _, each in pairs]).curve()
            others = _scene(scene.style, [OWN + index] * OTHER_SEEDS)
            for dial in QUARTERS:
                reached = np.mean([each.edge_f1 for each in self._restyled(others, curve.hold(dial), seed=1)])
                found[dial].append(float(reached) - curve.promised(dial))
        return {dial: (0.0, differences) for dial, differences in found.items()}

    def _scenes(self, numbers: Sequence[int]) -> list[Scene]:
        """The buildings in portions, shared out among the styles."""
        styles = list(self.loras)
        shares = {style: list(numbers[place :: len(styles)]) for place, style in enumerate(styles)}
        return [
            _scene(style, share[start : start + PORTION])
            for style, share in shares.items()
            for start in range(0, len(share), PORTION)
        ]

    def _restyled(self, scene: Scene, hold: float, seed: int) -> list[Passport]:
        """The passports of a scene's buildings at a hold, one picture each."""
        import nodes
        from lora_atelier.nodes.styled_controlnet_apply import StyledControlNetApply

        dialled = settings_at(hold)
        model, positive, negative, latent, *_ = StyledControlNetApply.execute(
            model=self.model,
            clip=self.clip,
            vae=self.vae,
            photo=scene.photos_BHWC,
            prompt=scene.captions[0],
            negative_prompt="",
            lora=self.loras[scene.style],
            lora_strength=1.0,
            lineart_control_net=self.nets["lineart"],
            lineart=scene.lines_BHW[..., None].expand(-1, -1, -1, 3),
            lineart_strength=dialled.lineart_strength,
            lineart_start=0.0,
            lineart_end=dialled.lineart_end,
            depth_control_net=self.nets["depth"],
            depth=scene.depth_BHWC,
            depth_strength=dialled.depth_strength,
            depth_start=0.0,
            depth_end=dialled.depth_end,
        ).args
        positive = self._with_captions(positive, scene)
        settings = (seed, self.asked.steps, GUIDANCE, "euler", "normal")
        (sampled,) = nodes.KSampler().sample(model, *settings, positive, negative, latent, denoise=dialled.denoise)
        pictures = self.vae.decode(sampled["samples"]).clamp(0, 1).cpu()
        return [self._passport(scene, index, picture) for index, picture in enumerate(pictures)]

    def _with_captions(self, positive: Any, scene: Scene) -> Any:
        """The CONDITIONING with each building's own caption, under the LoRA as the node's own prompt is."""
        from lora_atelier.nodes.host import stock

        clip = self.clip
        if self.loras[scene.style] is not None:
            _, clip, _ = stock.apply_lora(self.model, clip, self.loras[scene.style], 1.0, 1.0)
        known = {caption: stock.encode_prompt(clip, caption)[0][0] for caption in set(scene.captions)}
        stacked = torch.cat([known[caption] for caption in scene.captions])
        return [[stacked, extra] for _, extra in positive]

    def _passport(self, scene: Scene, index: int, picture_HWC: Tensor) -> Passport:
        photo_HWC = scene.photos_BHWC[index]
        lines_HW = torch.from_numpy(lineart(picture_HWC.numpy()))
        looks = None
        if self.features and scene.style:
            seen, before = self.features(torch.stack([picture_HWC, photo_HWC]))
            looks = Looks(seen, self.looks[scene.style], before)
        return passport_of(Restyled(photo_HWC, picture_HWC, scene.lines_BHW[index], lines_HW), looks)


def _scene(style: str, numbers: Sequence[int]) -> Scene:
    drawn = {number: draw(VERNACULAR, number, (SIDE, SIDE)) for number in set(numbers)}
    photos = [np.asarray(drawn[number].image.convert("RGB"), np.float32) / 255 for number in numbers]
    depth = [np.asarray(drawn[number].depth.convert("RGB"), np.float32) / 255 for number in numbers]
    return Scene(
        style,
        torch.from_numpy(np.stack(photos)),
        torch.from_numpy(np.stack([lineart(photo) for photo in photos])),
        torch.from_numpy(np.stack(depth)),
        tuple(drawn[number].caption for number in numbers),
    )


def _drawn_style(style: str) -> Tensor:
    pictures = [np.asarray(draw(style, UNSEEN + number, (SIDE, SIDE)).image.convert("RGB")) for number in range(32)]
    return torch.from_numpy(np.stack(pictures)).float() / 255


def _classifier(folder: Path) -> Features:
    from pocket.pretraining.classifier import Classifier

    classifier = Classifier(len(STYLES) + 1)
    classifier.load_state_dict(torch.load(folder / "classifier.state", weights_only=True)["average"])
    return lambda pictures_BHWC: classifier.features(pictures_BHWC.permute(0, 3, 1, 2) * 2 - 1)


def _print_calibration(calibration: Calibration) -> None:
    print(f"\n{calibration.about}\nhold   pictures  line agreement   style gain")
    for point in calibration.points:
        style = "" if point.style is None else f"   {point.style:.3f} ± {point.style_error:.3f}"
        print(f"{point.hold:.3f}  {point.pictures:7}   {point.lines:.3f} ± {point.lines_error:.3f}{style}")
    lines = [point.lines for point in calibration.points]
    fallen = max([before - after for before, after in itertools.pairwise(lines)] + [0.0])
    print(f"the largest fall from one hold to the next, which the curve evens out: {fallen:.3f}")


def _print_promise(what: str, found: dict[float, tuple[float, list[float]]]) -> None:
    print(f"\n{what}\ndial  promised  reached (mean)    difference  |difference| of one: mean, within {TOLERANCE}")
    worst = 0.0
    for dial, (promised, reached) in found.items():
        off = np.abs(np.asarray(reached) - promised)
        mean, error = np.mean(reached), np.std(reached, ddof=1) / len(reached) ** 0.5 if len(reached) > 1 else 0.0
        worst = max(worst, abs(mean - promised))
        print(
            f"{dial:.2f}  {promised:8.3f}  {mean:.3f} ± {error:.3f}  {mean - promised:+12.3f}  "
            f"{off.mean():8.3f}, {(off <= TOLERANCE).mean():.0%}"
        )
    print(f"the mean is off by at most {worst:.3f}")


if __name__ == "__main__":
    main()
