"""How long it takes to tell which model a checkpoint is: python dev.py bench model_identity

Random weights of SD 1.5's shape, 1.07 billion values, once as the file has them in float16 and once in float32.
"""

from __future__ import annotations

import time

import torch
from safetensors.torch import load_file

from devtools.comfyui import find_checkout
from devtools.standins import Standins
from lora_core.model.identity import NetworkIdentity


def main() -> None:
    """Prints the seconds."""
    weights = {key: value.clone() for key, value in load_file(Standins(find_checkout()).checkpoint).items()}
    count = sum(value.numel() for value in weights.values())
    digests = set()
    for dtype in (torch.float16, torch.float32):
        weights = {key: value.to(dtype) for key, value in weights.items()}
        started = time.perf_counter()
        digests.add(NetworkIdentity.of(weights).digest)
        print(f"{count / 1e9:.2f} billion values in {dtype}: {time.perf_counter() - started:.1f} s")
    print("The same in both formats." if len(digests) == 1 else "NOT THE SAME in both formats!")


if __name__ == "__main__":
    main()
