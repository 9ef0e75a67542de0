"""The LoRA that a run starts from instead of from zero."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from ..errors import CheckpointError
from ..run_folder import START_FILE
from ..tensors import fingerprint
from .checkpoints import load_lora


@dataclass(frozen=True)
class StartingLora:
    """A LoRA under kohya's keys, in float32 on the CPU whatever it came in."""

    tensors: dict[str, Tensor]
    fingerprint: str = field(init=False)
    """Of its values: the same for a float16 and a float32 file that hold the same numbers."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "fingerprint", fingerprint(self.tensors))

    @classmethod
    def of(cls, tensors: Mapping[str, Tensor]) -> StartingLora:
        """Copies the tensors of a LoRA that was read or trained elsewhere."""
        return cls({key: value.detach().to("cpu", torch.float32, copy=True) for key, value in tensors.items()})

    @classmethod
    def read(cls, path: Path) -> StartingLora:
        """Reads a .safetensors file.

        Raises:
            CheckpointError: it is missing or damaged.
        """
        return cls.of(load_lora(path)[0])

    @classmethod
    def of_run(cls, folder: Path) -> StartingLora | None:
        """What the run in a folder started from, by its own copy, since the file that it came from may be deleted.

        None if it started from zero. Raises CheckpointError if the copy is damaged.
        """
        return cls.read(folder / START_FILE) if (folder / START_FILE).exists() else None

    def check(self, shapes: Mapping[str, tuple[int, ...]], alpha: float) -> None:
        """Checks that a run can start from it.

        Args:
            shapes: of the matrices that the run trains, by kohya's keys.
            alpha: of the run.

        Raises:
            CheckpointError: it is of other layers, another rank, another alpha or for another model, or broken.
        """
        matrices = {key: value for key, value in self.tensors.items() if not key.endswith(".alpha")}
        if matrices.keys() != shapes.keys():
            raise CheckpointError(
                f"The LoRA to start from has {len(matrices)} matrices, this run trains {len(shapes)}, and they have "
                f"{len(matrices.keys() & shapes.keys())} in common. It was made with other layers (layers, "
                "train_text_encoder) or by another program: use the settings it was made with."
            )
        (rank,), ranks = _ranks(shapes), _ranks({key: tuple(value.shape) for key, value in matrices.items()})
        if ranks != {rank}:
            raise CheckpointError(
                f"The LoRA to start from has rank {', '.join(map(str, sorted(ranks)))}, this run rank {rank}. Use the "
                "same rank."
            )
        for key, value in matrices.items():
            if tuple(value.shape) != shapes[key]:
                raise CheckpointError(
                    f"The LoRA to start from was made for another base model: {key} has the shape "
                    f"{tuple(value.shape)}, and {shapes[key]} is needed. Use the base model it was made for."
                )
        if not all(bool(value.isfinite().all()) for value in matrices.values()):
            raise CheckpointError(
                "The LoRA to start from holds values that are no numbers: its training had gone wrong. Use an earlier "
                "checkpoint of it, or another LoRA."
            )
        found = [value for key, value in self.tensors.items() if key.endswith(".alpha")]
        alphas = {each for value in found for each in value.flatten().tolist()} or {float(rank)}
        if alphas != {alpha}:
            raise CheckpointError(
                f"The LoRA to start from has alpha {', '.join(f'{each:g}' for each in sorted(alphas))}, this run "
                f"alpha {alpha:g}: it would count for more or less than it was trained to. Use the same alpha."
            )


def _ranks(shapes: Mapping[str, tuple[int, ...]]) -> set[int]:
    """The rank of every layer."""
    return {shape[0] if shape else 0 for key, shape in shapes.items() if key.endswith(".lora_down.weight")}
