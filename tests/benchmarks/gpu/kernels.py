"""Where the time of a replayed step goes: the kernels that the GPU ran, by what they are for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack

from torch.profiler import ProfilerActivity, profile

from .material import Scale, random_unet
from .outcome import Outcome
from .speed import UNTIL_REPLAYED
from .ways import ours

STEPS = 3
KINDS = {
    "channels-first to channels-last and back": ("nchwToNhwc", "nhwcToNchw"),
    "attention": ("sdpa", "flash", "fmha", "compute_dot_do_o", "convert_dq"),
    "convolutions and matrix products": ("gemm", "nvjet", "cutlass", "xmma", "splitK", "dgrad", "wgrad", "conv"),
    "normalisations": ("GroupNorm", "RowwiseMoments", "layer_norm", "InternalGradients", "FusedParams"),
    "gates": ("Gelu", "MulFunctor"),
}
"""Parts of kernels' names, in the order in which they are tried."""
OTHER = "sums, copies and all else"


def kernels(scale: Scale) -> Outcome:
    """Profiles a few steps of the UNet alone."""
    if scale.device.type != "cuda":
        return Outcome(left_out=["a profile of kernels, which a GPU alone has"])
    with ExitStack() as opened:
        way = ours(scale, random_unet(scale), opened, graphs=True)
        for _ in range(UNTIL_REPLAYED):
            way.step()
        scale.synchronize()
        with profile(activities=[ProfilerActivity.CUDA]) as profiled:
            for _ in range(STEPS):
                way.step()
            scale.synchronize()
    times = ((each.key, each.self_device_time_total / 1000 / STEPS) for each in profiled.key_averages())
    return Outcome(kernels=by_kind(times))


def by_kind(times: Iterable[tuple[str, float]]) -> Mapping[str, float]:
    """Adds up the times of kernels, by kind, longest first."""
    sums = dict.fromkeys([*KINDS, OTHER], 0.0)
    for name, time in times:
        kind = next((kind for kind, parts in KINDS.items() if any(part in name for part in parts)), OTHER)
        sums[kind] += time
    return dict(sorted(sums.items(), key=lambda each: -each[1]))
