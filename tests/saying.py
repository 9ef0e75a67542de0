"""Sentences of the server that are put together from parts, made in earnest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from lora_core.config import LoraConfig, OptimizerConfig, PreviewConfig, RunConfig, TrainingConfig
from lora_core.dataset.buckets import check_resolution
from lora_core.dataset.load import load_style
from lora_core.dataset.style import StyleDataset
from lora_core.errors import AtelierError
from lora_core.memory import Portion, Room
from lora_core.picking.pick import Series
from lora_core.picking.selection import permitted_weights
from lora_core.picking.weights import Weights
from lora_core.record.run_file import Repeated
from lora_core.requirements import Requirement
from lora_core.resemblance.kinship import describe
from lora_core.resemblance.search import Resemblance
from lora_core.restyle.calibration import file_of
from lora_core.restyle.opinion import Row, Seen, report
from lora_core.training.disk_space import DiskSpace, check_disk_space
from lora_core.training.outlook import announce
from lora_core.training.plan import GIB, MemoryPlan

CPU = torch.device("cpu")
SPACE = DiskSpace(checkpoint=78_000_000, checkpoints=25, state=500_000_000, rest=50_000_000)


def in_parts(folder: Path) -> Iterator[str]:
    """One of each kind and more; pictures are drawn into `folder`."""
    style = folder / "style. of; parts"
    for seed in range(4):
        draw(style / f"{seed}.png", seed)
    yield from before_the_start(load_style(style, resolution=64, validation_count=1))
    yield from too_few(folder)
    yield from full_disk(folder)
    yield from memory()
    yield from second_opinion()
    yield from packages()
    yield from weights()
    yield from relatives()
    yield from remarks(folder / "remarks")
    yield from limits()
    for way in ("epochs", "steps", "continue"):
        for epochs in (1, 9):
            yield Repeated("z; b. c", 12, Weights.AVERAGED, way).describe(epochs, pictures=64)
        yield Repeated("б", 12, Weights.RAW, way).describe(9, pictures=64)


def refusal(act: Callable[[], object]) -> str:
    try:
        act()
    except AtelierError as error:
        return str(error)
    raise AssertionError("nothing was refused")


def draw(path: Path, seed: int) -> Path:
    """A picture that is like no other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    blocks = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    Image.fromarray(blocks).resize((120, 120)).save(path)
    return path


def before_the_start(dataset: StyleDataset) -> Iterator[str]:
    paper = RunConfig.paper()
    bare = replace(
        paper,
        preview=PreviewConfig(every_epochs=0),
        training=TrainingConfig(epochs=2000, batch_size=1, average_decay=0),
        validation=replace(paper.validation, probe_every_epochs=0),
        lora=replace(paper.lora, train_text_encoder=False),
    )
    plan = MemoryPlan(4, checkpointing=False, at_once=8, need=round(9.6 * GIB))
    yield announce(paper, dataset, SPACE, plan)
    yield announce(bare, dataset, SPACE, replace(plan, need=0))
    once = replace(
        paper, training=replace(paper.training, epochs=1, batch_size=64), preview=PreviewConfig(every_epochs=2)
    )
    yield announce(once, dataset, SPACE, plan)
    yield replace(plan, room=Room(11 * GIB, 12 * GIB)).text
    yield replace(plan, checkpointing=True, room=Room(8 * GIB, 12 * GIB)).text


def too_few(folder: Path) -> Iterator[str]:
    """Refusals of folders that hold too little, with what was skipped and without."""
    alike, held_out = folder / "alike", folder / "held out"
    for name in ("0.png", "1.png", "2.png"):
        draw(alike / name, 0)
    yield refusal(lambda: load_style(alike, validation_count=1)).split("\n")[0]
    draw(held_out / "val" / "0.png", 0)
    yield refusal(lambda: load_style(held_out, validation_count=1))
    for damaged in ("a.png", "b.png"):
        (held_out / damaged).write_bytes(b"")
        (alike / damaged).write_bytes(b"")
        yield refusal(lambda: load_style(held_out, validation_count=1))
        yield refusal(lambda: load_style(alike, validation_count=8))
    for name in ("1.png", "2.png"):
        (alike / name).unlink()
    yield refusal(lambda: load_style(alike, validation_count=8))


def full_disk(folder: Path) -> Iterator[str]:
    huge = replace(SPACE, state=10**18)
    yield refusal(lambda: check_disk_space({folder / "a": huge}))
    yield refusal(lambda: check_disk_space({folder / "a": huge, folder / "b": huge}))


def memory() -> Iterator[str]:
    """What is told of memory that runs out and of memory that is there again."""
    told: list[str] = []
    for least, fits in ((1, 2), (0, 0)):
        portion, room = Portion(4, CPU, told.append, least=least), [fits]

        def work(size: int, room: list[int] = room) -> None:
            if size > room[0]:
                raise torch.OutOfMemoryError("CUDA out of memory")

        doings = ("at step 7", "while encoding pictures", "while drawing a preview", "while captioning")
        for doing in (*doings, "while estimating depth", "while validating"):
            portion.size, room[0] = 4, fits
            portion.run(work, doing)
        room[0] = 4
        for _ in range(200):
            portion.run(work, "at step 9")
    assert len(told) > 6 * 2
    yield from told
    yield f"{told[0].removesuffix('.')}, same effective batch."


def second_opinion() -> Iterator[str]:
    rows = [
        Row("no LoRA", None, Seen([0.60, 0.61, 0.62], 0.2), ["", ""]),
        Row("epoch 3 (picked)", 0.05, Seen([0.30, 0.32, 0.31], 0.2), ["", ""]),
        Row("epoch 5", 0.04, Seen([0.20, 0.21, 0.22], 0.25), ["дім; z, b.png", ""]),
        Row("epoch 7", -0.04, Seen([0.50, 0.54, 0.52], 0.25), ["a.png", "c.png"]),
        Row("epoch 9", 0.05, Seen([0.31, 0.30, 0.32], None), ()),
        Row("epoch 11", None, None, ["a.png"]),
    ]
    yield from report(Row("held-out pictures", seen=Seen([0.1, 0.2], 0.3)), rows, rows[1]).splitlines()


def packages() -> Iterator[str]:
    for package, oldest, purpose, name in (
        ("no-such-package", "1.0", "Captioning by BLIP", "no_such_package.x"),
        ("torch", "99", "A depth map", "torch.x"),
        ("numpy", "1.0", "The figure of a run", "numpy.no_such_thing"),
        ("pillow", "99", "Reading pictures", "PIL.x"),
    ):
        yield Requirement(package, oldest, purpose, (name,)).problem() or ""


def weights() -> Iterator[str]:
    one, none = Series(None, [1]), Series(None, [])
    yield refusal(lambda: permitted_weights({Weights.RAW: one, Weights.AVERAGED: none}, "averaged"))
    yield refusal(lambda: permitted_weights({Weights.RAW: none, Weights.AVERAGED: one}, "raw"))


def relatives() -> Iterator[str]:
    for area in (1.0, 0.6):
        for mirrored in (False, True):
            for score in (0.0, 1.0):
                yield describe(Resemblance(0, 1, area, mirrored, score), "дім.png", "вежа.png")


def remarks(folder: Path) -> Iterator[str]:
    """What is said of odd files in a folder of pictures."""
    for seed in range(3):
        draw(folder / f"{seed}.png", seed)
    for name in ("0.txt", "0.caption", "lonely.txt"):
        (folder / name).write_bytes("будинок".encode("cp1251"))
    for number in range(7):
        (folder / f"{number}.docx").write_bytes(b"")
    (folder / "all.json").write_text("{}", encoding="utf-8")
    (folder / "old").mkdir()
    Image.open(folder / "1.png").convert("CMYK").save(folder / "print.jpg")
    Image.open(folder / "2.png").convert("RGB").save(folder / "2.jpg", quality=95)
    draw(folder / "clear.png", 9)
    with Image.open(folder / "clear.png") as image:
        clear = image.convert("RGBA")
    clear.putalpha(90)
    clear.save(folder / "clear.png")
    yield from load_style(folder, resolution=64, validation_count=1).notes


def limits() -> Iterator[str]:
    """How values are refused that a recipe can't have."""
    yield refusal(lambda: OptimizerConfig(learning_rate=0.0))
    yield refusal(lambda: LoraConfig(rank=0))
    yield refusal(lambda: LoraConfig(layers="some"))
    yield refusal(lambda: TrainingConfig(average_decay=2.0))
    yield refusal(lambda: check_resolution(65))
    yield refusal(lambda: file_of("a?b"))
