"""What is left to do, how long that takes, and what is said of it before a run starts."""

from __future__ import annotations

from dataclasses import replace

import torch

from lora_core.config import PreviewConfig, RunConfig, TrainingConfig, ValidationConfig
from lora_core.dataset.style import StyleDataset
from lora_core.memory import Room
from lora_core.training.disk_space import DiskSpace
from lora_core.training.outlook import Stopwatch, Work, announce, count_work, estimate
from lora_core.training.plan import GIB, MemoryPlan
from lora_core.training.validator import due


def counted_one_by_one(config: RunConfig, closed: int) -> dict[Work, int]:
    """The same as count_work, by asking of each epoch what is due after it."""
    epochs, averages = config.training.epochs, bool(config.training.average_decay)
    left = [(epoch, epoch == epochs) for epoch in range(closed + 1, epochs + 1)]
    grids = 0
    for epoch, last in left:
        validates = due(config.validation.every_epochs, epoch, last)
        grids += validates and (not averages or due(config.validation.raw_every_epochs, epoch, last))
        grids += validates and averages
        grids += due(config.validation.probe_every_epochs, epoch, last)
    previews = sum(due(config.preview.every_epochs, epoch, last) for epoch, last in left)
    return {Work.STEP: 40, Work.GRID: grids, Work.PREVIEW: previews, Work.CLOSING: len(left)}


def test_work_left_is_what_is_due_after_each_epoch() -> None:
    for epochs in (1, 7, 12):
        for every, raw, probe, preview, decay in (
            (1, 5, 5, 5, 0.99),
            (2, 3, 0, 4, 0.9),
            (0, 1, 2, 0, 0.0),
            (3, 2, 1, 7, 0.0),
        ):
            config = replace(
                RunConfig(),
                training=TrainingConfig(epochs=epochs, average_decay=decay),
                validation=ValidationConfig(every_epochs=every, raw_every_epochs=raw, probe_every_epochs=probe),
                preview=PreviewConfig(every_epochs=preview),
            )
            for closed in range(-1, epochs + 1):
                assert count_work(config, 100, closed, 60) == counted_one_by_one(config, closed), (config, closed)


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_time_left_counts_validation_and_previews_and_not_only_steps() -> None:
    time = Time()
    watch = Stopwatch({Work.STEP: 12, Work.GRID: 16, Work.PREVIEW: 40, Work.CLOSING: 0}, time)
    left = {Work.STEP: 10, Work.GRID: 2, Work.PREVIEW: 1, Work.CLOSING: 2}
    assert watch.seconds(left) is None
    time.now = 100.0  # caching, which comes before
    watch.start()
    time.now += 32
    watch.lap(Work.GRID, 2)  # a second for each pass
    assert watch.seconds(left) == 10 * 12 + 2 * 16 + 40
    for _ in range(2):
        time.now += 5
        watch.lap(Work.STEP)
    time.now += 4
    watch.lap(Work.STEP, 0)  # what the device was behind
    time.now += 3
    watch.lap(Work.CLOSING)
    one_pass = (32 + 14) / (2 * 16 + 2 * 12)
    assert watch.seconds(left) == 10 * 7 + 2 * 16 + 40 * one_pass + 2 * 3


def test_a_long_training_without_a_graphics_card_names_another_way() -> None:
    cpu = torch.device("cpu")
    assert estimate(58.2 * 3600, cpu).startswith("About 58 h on this CPU")
    assert "learn_without_a_gpu" in estimate(58.2 * 3600, cpu)
    assert estimate(100 * 60, cpu).startswith("About 1 h 40 min")
    assert "learn_without_a_gpu" not in estimate(100 * 60, cpu)
    assert "learn_without_a_gpu" not in estimate(58.2 * 3600, torch.device("cuda"))


def test_what_is_coming_is_counted_and_compared_with_the_paper(dataset: StyleDataset) -> None:
    space = DiskSpace(checkpoint=78_000_000, checkpoints=25, state=500_000_000, rest=50_000_000)
    plan = MemoryPlan(4, checkpointing=False, at_once=8, need=round(9.6 * GIB))
    config = replace(RunConfig(), training=TrainingConfig(epochs=200, batch_size=1))
    each = len(dataset.training)
    text = announce(config, dataset, space, plan)
    assert text.startswith(f"200 epochs of {each} steps, {200 * each:,} in all, and 41 previews. ")
    assert "About 2.5 GB on the disk and 9.6 GB of memory, as counted." in text
    assert text.endswith("Unlike the paper's recipe: batch size 1 instead of 4.")
    bare = replace(config, preview=PreviewConfig(every_epochs=0), training=TrainingConfig(average_decay=0))
    assert " Off: previews, averaged weights." in announce(bare, dataset, space, plan)
    once = replace(config, training=TrainingConfig(epochs=1, batch_size=64), preview=PreviewConfig(every_epochs=9))
    assert announce(once, dataset, space, plan).startswith("1 epoch of 1 step, 1 in all, and 2 previews. ")
    there = replace(plan, room=Room(8 * GIB, 12 * GIB))
    assert "of memory" not in announce(config, dataset, space, there)  # the plan says it with what is free
