"""Named random streams.

Every random draw of a run is a pure function of the run's seed, the name of what is drawn and an index such as the
step: `stream(seed, "noise", step)`. No generator lives from one step to the next, so there is no random state to save,
resuming at a step draws what an uninterrupted run would have drawn, and repeating a step after running out of memory
draws the same noise again. Draws are made on the CPU, so they are the same for every device.
"""

from __future__ import annotations

import hashlib

import torch


def stream_seed(seed: int, name: str, *indices: int) -> int:
    """A 63-bit seed that depends on all arguments; stable across Python versions and platforms."""
    key = ":".join([str(seed), name, *map(str, indices)])
    return int.from_bytes(hashlib.blake2b(key.encode("utf-8"), digest_size=8).digest(), "big") >> 1


def stream(seed: int, name: str, *indices: int) -> torch.Generator:
    """A fresh CPU generator for one purpose, for instance `stream(0, "timesteps", 12)`."""
    return torch.Generator().manual_seed(stream_seed(seed, name, *indices))
