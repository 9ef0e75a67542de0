"""The memory of a device: what is free, giving back what is no longer used, and one answer to running out of it.

Whatever goes through a network in a batch goes in portions, which are halved when memory runs out and grow back when
that has gone well for a while. Results do not depend on the portion beyond the rounding of sums.
"""

from __future__ import annotations

import gc
import traceback
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Generic, Protocol, TypeVar

import torch
from torch import nn

Item = TypeVar("Item")
Result = TypeVar("Result")
Module = TypeVar("Module", bound=nn.Module)

FIRST_WAIT, LONGEST_WAIT = 8, 1024
"""How often a smaller portion has to succeed before a larger one is tried; twice as often after each failure."""

_WORDS = (
    "out of memory",
    "alloc_failed",
    "out_of_device_memory",
    "out_of_host_memory",
    "not enough gpu video memory",
    "defaultcpuallocator",
)


@dataclass(frozen=True)
class Room:
    """Bytes of a device's memory."""

    free: int
    """What torch may still use, its own cache included."""
    total: int


def room(device: torch.device) -> Room | None:
    """The memory of a device; None where torch cannot tell, and for a CPU, which swaps instead of refusing."""
    if device.type == "mps" and hasattr(torch.mps, "recommended_max_memory"):
        total = torch.mps.recommended_max_memory()
        return Room(total - torch.mps.driver_allocated_memory(), total)
    backend: Any = getattr(torch, device.type, None)
    if device.type == "cpu" or not hasattr(backend, "mem_get_info"):
        return None
    free, total = backend.mem_get_info(device)
    known = backend.memory_stats(device)
    cached = known.get("reserved_bytes.all.current", 0) - known.get("active_bytes.all.current", 0)
    return Room(free + cached, total)


def release_cached(device: torch.device) -> None:
    """Free what no tensor on `device` uses, so that other programs and larger blocks find room.

    CUDA, Apple's MPS, Intel's XPU and others keep freed memory in a cache of their own, which the module of the same
    name in torch empties; a CPU has none.
    """
    gc.collect()
    empty_cache = getattr(getattr(torch, device.type, None), "empty_cache", None)
    if empty_cache is not None:
        empty_cache()


def forget_frames(error: BaseException) -> None:
    """Drops the local variables of the functions that an error, and those it came from, have ended."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            traceback.clear_frames(each.__traceback__)
            waiting += [each.__cause__, each.__context__]


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory ran out, on a GPU or on the CPU.

    Only torch's own allocators have an error of their own. Drivers and libraries say it in words or by a name: CUDA,
    HIP and Apple's MPS "out of memory", cuBLAS and cuDNN "..._ALLOC_FAILED", Intel's "..._OUT_OF_DEVICE_MEMORY",
    DirectML "not enough GPU video memory", the CPU's allocator "can't allocate memory" and, on Windows, "not enough
    memory".
    """
    if isinstance(error, (MemoryError, torch.cuda.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(each in str(error).lower() for each in _WORDS)


@dataclass(frozen=True)
class Shortage:
    """Memory ran out. What had been computed is gone, and so is the error, whose traceback would have kept it."""

    text: str
    """What the allocator said."""


class Dispensable(Protocol):
    """Something that takes memory only to be faster."""

    def give_up(self, why: str) -> bool:
        """Frees that memory for good; returns whether there was any."""


_dispensable: weakref.WeakSet[Any] = weakref.WeakSet()


def give_up_when_short(what: Dispensable) -> None:
    """When memory runs out from now on, this is given up before anything else; it is not kept alive."""
    _dispensable.add(what)


def attempt(work: Callable[[], Result], device: torch.device) -> Result | Shortage:
    """The result of `work`, or a Shortage if it ran out of memory; errors of other kinds pass on.

    If something can be given up when that happens, `work` has a second chance.
    """
    found = _attempt(work, device)
    if isinstance(found, Shortage):
        freed = [each.give_up("memory ran out") for each in list(_dispensable)]
        if any(freed):
            release_cached(device)
            return _attempt(work, device)
    return found


def _attempt(work: Callable[[], Result], device: torch.device) -> Result | Shortage:
    try:
        return work()
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        shortage = Shortage(str(error))
    # Only here, after `except`, has Python dropped the traceback with the tensors in its frames.
    release_cached(device)
    return shortage


def silent(_text: str) -> None:
    """Tells nobody."""


class Portion:
    """How many things go through a network at once."""

    def __init__(
        self, most: int, device: torch.device, told: Callable[[str], None] = silent, *, least: int = 1
    ) -> None:
        """Begins with `most` and never exceeds it; `told` hears of each change, for the record.

        With a `least` of 0 there is one more retreat: a portion of 0 is to be computed on the CPU.
        """
        self.size = most
        self._most, self._least, self._device, self._told = most, least, device, told
        self._successes, self._wait = 0, FIRST_WAIT

    def run(self, work: Callable[[int], Result], doing: str, left: int | None = None) -> Result | Shortage:
        """`work(size)`, again with half the size whenever memory runs out; Shortage if the smallest is too large.

        Args:
            work: may be called several times; nothing of a failed call may remain but what this object knows.
            doing: when memory ran out, for the record: "at step 3", "while validating".
            left: how many things there are, if that may be less than the size.
        """
        before = self.size
        growing = self.size < self._most and self._successes >= self._wait
        if growing:
            self.size = min(self._most, max(1, 2 * self.size))
        while True:
            size = self.size if left is None else min(self.size, left)
            result = attempt(partial(work, size), self._device)
            if not isinstance(result, Shortage):
                break
            if growing:
                self._wait, growing = min(2 * self._wait, LONGEST_WAIT), False
            self._successes = 0
            if size <= self._least:
                return result
            self.size = size // 2
        self._successes = 1 if growing else self._successes + 1
        if self.size != before:
            change = "Out of memory" if self.size < before else "There is room again"
            self._told(f"{change} {doing}: {f'{self.size} at a time' if self.size else 'on the CPU'}.")
        return result


def in_portions(
    items: Sequence[Item],
    portion: Portion,
    work: Callable[[Sequence[Item]], Result],
    doing: str,
    failure: Exception,
) -> Iterator[tuple[Sequence[Item], Result]]:
    """All items in turn, as many at a time as the portion says, each time with what `work` makes of them.

    Raises:
        Exception: `failure`, if memory does not suffice for the smallest portion.
    """
    done = 0
    while done < len(items):
        found = portion.run(partial(_first, items[done:], work), doing, len(items) - done)
        if isinstance(found, Shortage):
            raise failure
        yield found
        done += len(found[0])


def _first(items: Sequence[Item], work: Callable[[Sequence[Item]], Result], size: int) -> tuple[Sequence[Item], Result]:
    return items[:size], work(items[:size])


class Lent(Generic[Module]):
    """A module that computes on a device as long as there is room, and on the CPU otherwise; a context manager.

    Afterwards it is on the CPU, whatever happened.
    """

    def __init__(self, module: Module, device: torch.device, told: Callable[[str], None] = silent) -> None:
        """`told` hears of it if the module has to compute on the CPU."""
        self._module, self._device = module, device
        self._portion = Portion(1, device, told, least=0)

    def __enter__(self) -> Lent[Module]:
        return self

    def __exit__(self, *_exception: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._module.to("cpu")

    def run(self, work: Callable[[Module, torch.device], Result], doing: str, failure: Exception) -> Result:
        """`work(module, device)`, with the module on that device.

        Raises:
            Exception: `failure`, if even the CPU has no memory for it.
        """

        def placed(size: int) -> Result:
            device = self._device if size else torch.device("cpu")
            self._module.to(device)
            return work(self._module, device)

        result = self._portion.run(placed, doing)
        if isinstance(result, Shortage):
            raise failure
        return result


def size_of(module: Any, device: torch.device | None = None) -> int:
    """Bytes of a module's parameters and buffers, all of them or those on one device."""
    tensors = [*module.parameters(), *module.buffers()]
    return sum(each.nbytes for each in tensors if device is None or each.device.type == device.type)
