"""The same numbers twice on a GPU, which otherwise adds in whatever order its threads finish."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import torch

from ..errors import ConfigError

_WORKSPACE, _FIXED = "CUBLAS_WORKSPACE_CONFIG", (":4096:8", ":16:8")
"""cuBLAS repeats its results only with one of these workspaces (cuBLAS documentation, "Results reproducibility")."""


def prepare_cublas() -> None:
    """Gives cuBLAS a workspace of fixed size; without effect once CUDA has computed anything in this process."""
    os.environ.setdefault(_WORKSPACE, _FIXED[0])


@contextlib.contextmanager
def deterministic(device: torch.device) -> Iterator[None]:
    """Within it torch computes in a fixed order, backward passes of attention and convolutions included.

    torch refuses operators that cannot do so. Outside, everything is as it was before.

    Raises:
        ConfigError: CUDA was started without a fixed workspace for cuBLAS.
    """
    if device.type == "cuda":
        if not torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            prepare_cublas()
        if os.environ.get(_WORKSPACE) not in _FIXED:
            raise ConfigError(
                f"A deterministic run on a GPU needs the environment variable {_WORKSPACE}={_FIXED[0]} before CUDA "
                "starts. Set it and start this program again, or train without `deterministic`."
            )
    was_on = torch.are_deterministic_algorithms_enabled()
    only_warned = torch.is_deterministic_algorithms_warn_only_enabled()
    memory: Any = torch.utils.deterministic  # a module that is more than its type says
    filled, searched = memory.fill_uninitialized_memory, torch.backends.cudnn.benchmark
    torch.use_deterministic_algorithms(True)
    memory.fill_uninitialized_memory = False  # a safeguard for code that reads what it never wrote
    torch.backends.cudnn.benchmark = False
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(was_on, warn_only=only_warned)
        memory.fill_uninitialized_memory = filled
        torch.backends.cudnn.benchmark = searched
