"""CUDA graphs: what a GPU is told to do, kept by the driver and started again with a single call."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache

import torch

_FAILED: list[torch.cuda.CUDAGraph] = []
"""Graphs whose recording went wrong. torch's allocator may ask them for ever whether an allocation is theirs, so they
stay, and no other is recorded in this process."""


class CudaRecorder:
    """Records on one GPU. All graphs share their memory, since none leaves anything there for another."""

    @classmethod
    def on(cls, device: torch.device) -> CudaRecorder | None:
        """One for this device, if it is NVIDIA's, torch manages its memory itself, and nothing has gone wrong before.

        CUDA's own allocator, ComfyUI's choice for many cards, would keep what is freed after a failure, for ever.
        """
        if device.type != "cuda" or torch.version.hip is not None or _FAILED:
            return None
        return cls(device) if torch.cuda.get_allocator_backend() == "native" else None

    @staticmethod
    def missed(device: torch.device) -> str:
        """What a run on this device misses by the allocator that was chosen for it; nothing if it misses nothing."""
        if device.type != "cuda" or torch.version.hip is not None or torch.cuda.get_allocator_backend() == "native":
            return ""
        return (
            "Steps are launched kernel by kernel, since this program has CUDA manage its own memory. On a fast card "
            "training is faster if ComfyUI is started with --disable-cuda-malloc: steps are then recorded and replayed."
        )

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._memory = torch.cuda.graph_pool_handle()

    def rehearse(self, work: Callable[[], None]) -> None:
        """Does the work where it will be recorded, so that libraries prepare themselves for that.

        Raises where it waits for the GPU: after that a recording could not be ended cleanly.
        """
        with torch.cuda.device(self._device):
            stream, own = torch.cuda.current_stream(), _stream(torch.cuda.current_device())
            mode = torch.cuda.get_sync_debug_mode()
            own.wait_stream(stream)
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "Synchronization debug mode")  # torch calls it a prototype
                torch.cuda.set_sync_debug_mode("error")
            try:
                with torch.cuda.stream(own):
                    work()
            finally:
                torch.cuda.set_sync_debug_mode(mode)
                stream.wait_stream(own)

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        """See `Recorder`. Other threads may use the GPU meanwhile."""
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.device(self._device):
            stream, own = torch.cuda.current_stream(), _stream(torch.cuda.current_device())
            try:
                with torch.cuda.graph(graph, self._memory, own, capture_error_mode="thread_local"):
                    work()
            except BaseException:
                _FAILED.append(graph)
                raise
            finally:
                torch.cuda.set_stream(stream)  # torch leaves its own behind if ending the recording fails
        return graph.replay


@cache
def _stream(_device: int) -> torch.cuda.Stream:
    """The stream to record on, for each GPU always the same: libraries keep a workspace for every one they have met."""
    return torch.cuda.Stream()  # type: ignore[no-untyped-call]
