"""Runs beside a ComfyUI checkout and prints as JSON how taking models off the GPU ends while garbage is collected.

    python unload_while_collecting.py COMFYUI_DIR

A failed graph leaves its models in a circle of references, where they stay until Python happens to collect them. Here
that happens at each of ATTEMPTS moments, by ComfyUI's own function and by the pack's.
"""

from __future__ import annotations

import gc
import json
import sys
import types
from collections import Counter
from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
ATTEMPTS = 150


def main(comfyui: str) -> None:
    sys.argv = [sys.argv[0], "--cpu"]
    sys.path.insert(0, comfyui)
    import comfy.options

    comfy.options.enable_args_parsing()
    import comfy.model_management

    pack = types.ModuleType("lora_atelier")  # the pack without its routes, which need a server
    pack.__path__ = [str(REPOSITORY)]
    sys.modules["lora_atelier"] = pack
    from lora_atelier.nodes.host import device

    _ends(device.free_memory)(1)
    gc.freeze()  # whatever was imported need not be looked through each time
    ways = {"ComfyUI's": comfy.model_management.unload_all_models, "the pack's": device.free_memory}
    print(
        "RESULT " + json.dumps({name: Counter(map(_ends(way), range(1, ATTEMPTS + 1))) for name, way in ways.items()})
    )


def _ends(unload: Callable[[], None]) -> Callable[[int], str]:
    """How it ends if Python collects after so many new objects."""
    import comfy.model_management

    def attempt(threshold: int) -> str:
        gc.collect()
        _leave_a_model()
        usual = gc.get_threshold()
        gc.set_threshold(threshold, 1000, 1000)
        try:
            unload()
        except Exception as error:  # whatever ComfyUI raises is the result
            return f"{type(error).__name__}: {error}"
        finally:
            gc.set_threshold(*usual)
            gc.collect()
            comfy.model_management.current_loaded_models.clear()
        return "fine"

    return attempt


def _leave_a_model() -> None:
    """A loaded model that nothing refers to but garbage."""
    import torch
    from comfy.model_management import load_models_gpu
    from comfy.model_patcher import ModelPatcher

    model = ModelPatcher(torch.nn.Linear(4, 4), torch.device("cpu"), torch.device("cpu"))
    load_models_gpu([model])
    holder = [model]
    holder.append(holder)


if __name__ == "__main__":
    main(*sys.argv[1:])
