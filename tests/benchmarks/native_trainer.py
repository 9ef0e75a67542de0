"""Seconds a step against ComfyUI's own Train LoRA node and other trainers: python dev.py bench native_trainer.

All train the same UNet with the same random weights on the same shapes, in turns in one process: our training step,
and the node's own code in ComfyUI 0.3.75 or the checkout that COMFYUI_DIR names. The node's step is the time from one
step of its optimiser to the next, so what it does before and after does not count. It is timed as it comes, with
gradient checkpointing, and in its best mode: without, and in newer versions with its "bypass". It trains biases and
normalisations besides the 282 layers with a matrix; that cannot be switched off. Beside them are diffusers with peft
and, from checkouts that --kohya and --onetrainer name, kohya's scripts and OneTrainer (`gpu/rivals.py`); and the UNet
without any LoRA, ours and diffusers', whose forward and backward passes are a bound for all that train in them. The
narrow UNet has SD 1.5's topology and 9 million parameters; --full is SD 1.5's size. On a CPU the processor time is
printed too, since other programs do not affect it; with --alone, no ComfyUI takes part.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import json
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from torch.optim.optimizer import register_optimizer_step_post_hook

from devtools.comfyui import Checkout, find_checkout
from lora_core.model.keys import unet_key
from lora_core.model.layout import UnetLayout
from lora_core.model.single_file import UNET_PREFIX
from lora_core.model.unet import UNet
from tests.benchmarks.gpu.material import Scale, random_unet
from tests.benchmarks.gpu.rivals import NotHereError, add_options, checkouts, rivals, without_lora
from tests.benchmarks.gpu.speed import UNTIL_REPLAYED
from tests.benchmarks.gpu.ways import Way, frozen, ours
from tests.benchmarks.step_counts import RANK, SD15, TOKENS

OURS = "LoRA Atelier"
NARROW = UnetLayout((32, 64, 128, 128), 2, (True, True, True, False), 64, (8, 8, 8, 8))
Moment = tuple[float, float]
"""Seconds by the clock, and of all of the process's threads."""
Seconds = Callable[[int], list[Moment]]
"""Makes so many steps and returns what each took."""


def main() -> None:
    arguments = _parser().parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    precision = arguments.precision or ("bfloat16" if arguments.full else "float32")
    layout = SD15 if arguments.full else NARROW
    scale = Scale(device, layout, arguments.pixels, arguments.batch, precision, checkouts=checkouts(arguments))
    checkout = None if arguments.alone else find_checkout()
    with ExitStack() as opened:
        contestants = _contestants(scale, checkout, opened)
        times: dict[str, list[Moment]] = {name: [] for name in contestants}
        for number in range(arguments.rounds + 1):
            for name, run in contestants.items():
                found = run(arguments.steps if number else max(arguments.steps, UNTIL_REPLAYED))  # the first warms up
                if number:
                    times[name] += found
    shape = f"batch {scale.batch}, {scale.pixels} x {scale.pixels} pixels, {precision}, rank {RANK}, {device}"
    what = f"{'SD 1.5' if arguments.full else 'narrow'} UNet, {shape}"
    comfyui = checkout.version if checkout is not None else ""
    print(f"{f'ComfyUI {comfyui}, ' if comfyui else ''}torch {torch.__version__}, {what}")
    clocks = {"by the clock": 0, "processor time": 1} if device.type == "cpu" else {"by the clock": 0}
    middle = {
        clock: {name: statistics.median(moment[number] for moment in found) for name, found in times.items()}
        for clock, number in clocks.items()
    }
    for clock, seconds in middle.items():
        print(f"{clock}:")
        for name, median in seconds.items():
            print(f"{name:>60}: {median:.3f} s a step, {median / seconds[OURS]:.2f} x ours")
    if arguments.json:
        results = {"comfyui": comfyui, "what": what, "full": arguments.full, "seconds": times, "median": middle}
        arguments.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


def _contestants(scale: Scale, checkout: Checkout | None, opened: ExitStack) -> dict[str, Seconds]:
    unet = random_unet(scale)
    contestants = {
        OURS: _steps(scale, ours(scale, unet, opened, graphs=True)),
        "no LoRA, gradient to the text alone": _steps(scale, frozen(scale, unet)),
    }
    networks = {"diffusers' network, no LoRA, gradient to the text alone": without_lora}
    for name, build in (networks | rivals(scale.checkouts)).items():
        try:
            contestants[name] = _steps(scale, build(scale, unet).way(scale))
        except NotHereError as missing:
            print(f"Left out: {missing}")
    if checkout is None:
        return contestants
    node = _comfyui(checkout, scale.device)
    model = _model(unet, scale)
    best = {"gradient_checkpointing": False}
    if "bypass_mode" in _defaults(node):
        best["bypass_mode"] = True
    return contestants | {
        "Train LoRA, as it comes": lambda count: _node_steps(node, model, scale, count, {}),
        f"Train LoRA, {', '.join(f'{key} {value}' for key, value in best.items())}": lambda count: _node_steps(
            node, model, scale, count, best
        ),
    }


def _steps(scale: Scale, way: Way) -> Seconds:
    def timed(count: int) -> list[Moment]:
        moments = [_now()]
        for _ in range(count):
            way.step()
            scale.synchronize()
            moments.append(_now())
        return _between(moments)

    return timed


def _comfyui(checkout: Checkout, device: torch.device) -> Any:
    """The node of this ComfyUI, whose modules can be imported from now on."""
    sys.path.insert(0, str(checkout.folder))
    arguments = importlib.import_module("comfy.cli_args").args
    arguments.cpu = device.type == "cpu"
    node = importlib.import_module("comfy_extras.nodes_train").TrainLoraNode
    importlib.import_module("comfy.utils").set_progress_bar_enabled(False)
    return node


def _model(unet: UNet, scale: Scale) -> Any:
    """ComfyUI's MODEL with these weights. Its checkpoint loader knows SD 1.5 by its widths, so it is built here."""
    import comfy.model_detection
    import comfy.model_management
    import comfy.model_patcher
    import comfy.supported_models

    layout = scale.layout
    weights = {
        UNET_PREFIX + unet_key(name, layout.blocks, layout.attention): weight.clone()
        for name, weight in unet.state_dict().items()
    }
    config = comfy.supported_models.SD15(comfy.model_detection.detect_unet_config(weights, UNET_PREFIX))
    config.set_inference_dtype(scale.dtype, None)
    offload = comfy.model_management.unet_offload_device()
    model = config.get_model(weights, UNET_PREFIX, device=offload)
    model.load_model_weights(weights, UNET_PREFIX)
    patcher = comfy.model_patcher.ModelPatcher(
        model, load_device=comfy.model_management.get_torch_device(), offload_device=offload
    )
    # Newer versions train on a model made anew, which its loader has to know how to make.
    patcher.cached_patcher_init = (lambda **_: _model(unet, scale), ())
    return patcher


def _defaults(node: Any) -> dict[str, Any]:
    """The node's inputs with the values that it shows at first."""
    return {each.id: getattr(each, "default", None) for each in node.define_schema().inputs}


def _now() -> Moment:
    return time.perf_counter(), time.process_time()


def _between(moments: list[Moment]) -> list[Moment]:
    return [(end[0] - begin[0], end[1] - begin[1]) for begin, end in itertools.pairwise(moments)]


def _node_steps(node: Any, model: Any, scale: Scale, count: int, chosen: dict[str, Any]) -> list[Moment]:
    """Executes the node and times its steps but for the first."""
    side = scale.pixels // 8
    generator = torch.Generator().manual_seed(0)
    number_format = {"float32": "fp32", "bfloat16": "bf16"}[scale.precision]
    # Pictures one by one: 0.3.75 stumbles over a single batch of them.
    latents = [{"samples": torch.randn((1, 4, side, side), generator=generator)} for _ in range(max(2, scale.batch))]
    settings = _defaults(node) | {
        "model": model,
        "positive": [[torch.randn((1, TOKENS, scale.layout.context), generator=generator), {}]],
        "batch_size": scale.batch,
        "steps": count + 1,
        "rank": RANK,
        "training_dtype": number_format,
        "lora_dtype": number_format,
        **chosen,
    }
    ended: list[Moment] = []

    def note(*_: Any) -> None:
        scale.synchronize()
        ended.append(_now())

    hook = register_optimizer_step_post_hook(note)
    try:
        node.execute(latents=latents, **{name: [value] for name, value in settings.items() if name != "latents"})
    finally:
        hook.remove()
    return _between(ended)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="SD 1.5's own size, bfloat16 (12 GB of memory on a CPU)")
    parser.add_argument("--alone", action="store_true", help="without ComfyUI's node, in a third of the memory")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=3, help="of each in a round")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--pixels", type=int, default=256)
    parser.add_argument("--precision", choices=("float32", "bfloat16"))
    parser.add_argument("--json", type=Path, help="write all times to this file")
    add_options(parser)
    return parser


if __name__ == "__main__":
    main()
