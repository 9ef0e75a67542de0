from __future__ import annotations

import gc
import itertools
import weakref

import pytest
import torch

from lora_core.memory import (
    FIRST_WAIT,
    Lent,
    Portion,
    Room,
    Shortage,
    attempt,
    forget_frames,
    in_portions,
    release_cached,
    room,
)


class Ring:
    """An object that only the garbage collector can free."""

    def __init__(self) -> None:
        self.itself = self


def test_what_only_the_garbage_collector_frees_is_freed() -> None:
    gc.disable()
    try:
        ring = weakref.ref(Ring())
        assert ring() is not None
        release_cached(torch.device("cpu"))
    finally:
        gc.enable()
    assert ring() is None


@pytest.mark.parametrize("kind", ["cuda", "mps", "xpu"])
def test_each_kind_of_device_has_its_own_cache_emptied(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    emptied = []
    for each in ("cuda", "mps", "xpu"):
        monkeypatch.setattr(getattr(torch, each), "empty_cache", lambda each=each: emptied.append(each))
    release_cached(torch.device(kind))
    assert emptied == [kind]


# Running out of memory


CPU = torch.device("cpu")


class Limited:
    """Work that has memory for `limit` things."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.tried: list[int] = []

    def __call__(self, size: int) -> int:
        self.tried.append(size)
        if size > self.limit:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return size


def test_a_failed_attempt_leaves_nothing_behind() -> None:
    left: list[weakref.ref[torch.Tensor]] = []

    def work() -> None:
        activations = torch.zeros(3)
        left.append(weakref.ref(activations))
        raise torch.OutOfMemoryError("CUDA out of memory")

    gc.disable()
    try:
        assert attempt(work, CPU) == Shortage("CUDA out of memory")
        assert left[0]() is None
    finally:
        gc.enable()


def test_other_errors_pass_on() -> None:
    def work() -> None:
        raise RuntimeError("shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="multiplied"):
        attempt(work, CPU)


def test_a_portion_is_halved_until_it_fits_and_stays_so() -> None:
    told: list[str] = []
    portion, work = Portion(8, CPU, told.append), Limited(3)
    assert [portion.run(work, "at step 1"), portion.run(work, "at step 2")] == [2, 2]
    assert work.tried == [8, 4, 2, 2]
    assert told == ["Out of memory at step 1: 2 at a time."]


def test_a_portion_grows_back_to_what_it_was_but_no_further() -> None:
    told: list[str] = []
    portion, work = Portion(3, CPU, told.append), Limited(1)
    portion.run(work, "at first")
    work.limit = 100
    sizes = [portion.run(work, "later") for _ in range(3 * FIRST_WAIT)]
    assert sizes == [1] * (FIRST_WAIT - 1) + [2] * FIRST_WAIT + [3] * (FIRST_WAIT + 1)
    assert told[1:] == ["There is room again later: 2 at a time.", "There is room again later: 3 at a time."]


def test_a_portion_that_could_not_grow_waits_twice_as_long() -> None:
    told: list[str] = []
    portion, work = Portion(2, CPU, told.append), Limited(1)
    for _ in range(8 * FIRST_WAIT):
        portion.run(work, "while busy")
    attempts = [place for place, size in enumerate(work.tried) if size == 2]
    assert [later - before - 1 for before, later in itertools.pairwise(attempts)] == [
        FIRST_WAIT,
        2 * FIRST_WAIT,
        4 * FIRST_WAIT,
    ]
    assert told == ["Out of memory while busy: 1 at a time."]  # what comes to nothing is not worth a word


def test_the_smallest_portion_that_does_not_fit_is_a_shortage() -> None:
    assert Portion(4, CPU).run(Limited(0), "ever") == Shortage("CUDA out of memory")


@pytest.mark.parametrize(("limit", "sizes"), [(9, [7]), (3, [3, 3, 1]), (1, [1] * 7)])
def test_all_items_are_done_in_order_whatever_the_portion(limit: int, sizes: list[int]) -> None:
    work = Limited(limit)
    done = list(in_portions(range(7), Portion(64, CPU), lambda items: [work(len(items))], "now", ValueError()))
    assert [item for items, _ in done for item in items] == list(range(7))
    assert [size for _, (size,) in done] == sizes


def test_items_of_which_not_one_fits_are_a_failure_in_the_callers_words() -> None:
    with pytest.raises(ValueError, match="close other programs"):
        list(in_portions([1, 2], Portion(2, CPU), lambda _: Limited(0)(1), "now", ValueError("close other programs")))


class Traveller(torch.nn.Module):
    """A module that only notes where it is told to go."""

    def __init__(self) -> None:
        super().__init__()
        self.visited: list[str] = []

    def to(self, device: torch.device | str) -> Traveller:  # type: ignore[override]
        self.visited.append(str(device))
        return self


def test_a_lent_module_comes_back_and_computes_on_the_cpu_without_memory() -> None:
    module, told = Traveller(), list[str]()

    def work(_module: Traveller, device: torch.device) -> str:
        if device.type != "cpu":
            raise torch.OutOfMemoryError("CUDA out of memory")
        return device.type

    with Lent(module, torch.device("meta"), told.append) as lent:
        assert [lent.run(work, "while encoding", ValueError()) for _ in range(2)] == ["cpu", "cpu"]
    assert module.visited == ["meta", "cpu", "cpu", "cpu"]
    assert told == ["Out of memory while encoding: on the CPU."]


@pytest.mark.parametrize("error", [ValueError(), KeyboardInterrupt(), torch.OutOfMemoryError("CUDA out of memory")])
def test_a_lent_module_comes_back_after_any_error(error: BaseException) -> None:
    module = Traveller()

    def work(*_arguments: object) -> None:
        raise error

    with pytest.raises((type(error), ArithmeticError)), Lent(module, torch.device("meta")) as lent:
        lent.run(work, "while encoding", ArithmeticError())
    assert module.visited[-1] == "cpu"


def test_what_is_free_counts_the_cache_of_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    gib = 2**30
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (5 * gib, 12 * gib))
    known = {"reserved_bytes.all.current": 4 * gib, "active_bytes.all.current": gib}
    monkeypatch.setattr(torch.cuda, "memory_stats", lambda _: known)
    assert room(torch.device("cuda")) == Room(free=8 * gib, total=12 * gib)
    assert room(CPU) is None


def test_an_error_can_be_kept_without_what_its_functions_held() -> None:
    left: list[weakref.ref[torch.Tensor]] = []

    def inner() -> None:
        model = torch.zeros(3)
        left.append(weakref.ref(model))
        raise KeyError

    def outer() -> None:
        model = torch.zeros(3)
        left.append(weakref.ref(model))
        try:
            inner()
        except KeyError as error:
            raise ValueError("in words") from error

    with pytest.raises(ValueError, match="in words") as caught:
        outer()
    assert [each() is None for each in left] == [False, False]
    forget_frames(caught.value)
    assert [each() is None for each in left] == [True, True]
