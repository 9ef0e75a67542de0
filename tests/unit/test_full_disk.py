"""A full disk: the run stops with a sentence, what was saved is intact, and it resumes when there is room.

The disk is made full by the limit on the size of files that POSIX gives a process (RLIMIT_FSIZE), which the kernel
enforces at the very write, and by a small file system where the test may mount one.
"""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import killed_run
import pytest
import torch

from lora_core.dataset.style import StyleDataset
from lora_core.errors import RunError
from lora_core.files import atomic_write
from lora_core.model.base import BaseModel
from lora_core.progress import Progress, SilentWatcher
from lora_core.record.checkpoints import checkpoint_path, epochs_on_disk, load_lora, load_state
from lora_core.training.trainer import Trainer

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on the size of files")


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes in here."""
    import resource
    import signal

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # the write fails with EFBIG instead of ending the process
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_what_stood_there_before_is_untouched(tmp_path: Path) -> None:
    path = tmp_path / "lora.safetensors"
    atomic_write(path, b"before")
    with largest_file(1000), pytest.raises(RunError, match=r"The disk is full: .*lora.safetensors needs 0\.0 MB"):
        atomic_write(path, b"x" * 2000)
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


class FillAt(SilentWatcher):
    """Makes the disk full when a given stage of a given epoch begins."""

    def __init__(self, stage: str, epoch: int, size: int) -> None:
        self.stage, self.epoch, self.size = stage, epoch, size
        self.full = False

    def progress(self, progress: Progress) -> None:
        import resource

        if (progress.stage, progress.epoch) == (self.stage, self.epoch):
            self.full = True
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def train(run: Path, model: BaseModel, dataset: StyleDataset, watcher: SilentWatcher | None = None) -> Path:
    """On a copy of the model; the run's folder."""
    cache, cpu = run.parent / "cache", torch.device("cpu")
    Trainer(killed_run.RECIPE, dataset, copy.deepcopy(model), run, cache, cpu, watcher or SilentWatcher()).train()
    return run


@pytest.fixture(scope="module")
def whole(pristine_model: BaseModel, dataset: StyleDataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose disk is never full."""
    return train(tmp_path_factory.mktemp("whole") / "run", pristine_model, dataset)


@pytest.mark.parametrize(
    ("stage", "size"),
    [("saving", 10_000), ("training", 1), ("preview", 10)],
    ids=["checkpoint", "history", "preview"],
)
def test_the_run_stops_and_goes_on_when_there_is_room(
    whole: Path, pristine_model: BaseModel, dataset: StyleDataset, tmp_path: Path, stage: str, size: int
) -> None:
    watcher = FillAt(stage, 2, size)
    with largest_file(10**9), pytest.raises(RunError, match="The disk is full"):
        train(tmp_path / "full", pristine_model, dataset, watcher)
    assert watcher.full
    assert 1 in epochs_on_disk(tmp_path / "full")
    assert load_state(tmp_path / "full" / "state") is not None
    for epoch in epochs_on_disk(tmp_path / "full"):
        load_lora(checkpoint_path(tmp_path / "full", epoch))
    again = train(tmp_path / "full", pristine_model, dataset)
    last = killed_run.RECIPE.training.epochs
    expected, got = load_lora(checkpoint_path(whole, last))[0], load_lora(checkpoint_path(again, last))[0]
    assert all(torch.equal(expected[key], got[key]) for key in expected)


def test_a_really_full_file_system(tmp_path: Path) -> None:
    """The same on a file system of 200 kB, where root may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = sys.platform == "linux" and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", disk], capture_output=True, check=False
    )
    if not mounted or mounted.returncode:
        pytest.skip("a small file system cannot be mounted here; the file size limit stands in for it")
    try:
        atomic_write(disk / "a", b"x" * 100_000)
        with pytest.raises(RunError, match="The disk is full"):
            atomic_write(disk / "b", b"x" * 150_000)
        assert [path.name for path in disk.iterdir()] == ["a"]
        atomic_write(disk / "c", b"x" * 50_000)
    finally:
        subprocess.run(["umount", disk], check=True)
