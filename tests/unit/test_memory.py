from __future__ import annotations

import gc
import weakref

import pytest
import torch

from lora_core.memory import release_cached


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
