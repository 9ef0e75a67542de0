"""The sentences that the server makes are the ones that the front end has translations of, to the letter.

They reach the browser as plain English text, through ComfyUI's own messages too, and are recognised there by patterns
(web/chart/translate.js). Here they are made by the code that makes them in earnest.
"""

from __future__ import annotations

import ast
import itertools
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from saying import in_parts
from sentences import all_sentences
from speaking import LANGUAGES, english_left, patterns, translated

from devtools.places import ROOT
from lora_core.config import RunConfig
from lora_core.dataset.folder_scan import find_styles
from lora_core.dataset.gallery import correct, gallery, thumbnail
from lora_core.dataset.incoming import Incoming
from lora_core.dataset.load import load_style
from lora_core.dataset.sides import Sides
from lora_core.errors import AtelierError
from lora_core.names import LORA_FILE, check_name
from lora_core.picking.curve import fit_curve
from lora_core.picking.memorisation import ToldApart, describe
from lora_core.picking.pick import Series
from lora_core.picking.selection import epoch_with_checkpoint, select
from lora_core.picking.strength import fit_strengths
from lora_core.picking.weights import Weights
from lora_core.queue.forecast import Training
from lora_core.queue.taken import check_run_names
from lora_core.record.reader import _pick
from lora_core.record.run_file import FORMAT, Repeated, RunFile
from lora_core.record.writer import check_same
from lora_core.training.outlook import estimate
from lora_core.training.portions import NO_MEMORY
from lora_core.training.preflight import check_captions


def words_of(act: Callable[[], object]) -> str:
    """The sentence with which something is refused."""
    with pytest.raises(AtelierError) as caught:
        act()
    return str(caught.value)


def reasons() -> Iterator[str]:
    numbers = np.random.default_rng(0)
    level_N, response_N = 0.13 * (1 + 0.2 * numbers.normal(size=8)), 0.13 * (1 + 0.1 * numbers.normal(size=8))
    shapes: dict[str, Callable[[float], float]] = {
        "overfitting": lambda epoch: 0.2 * ((epoch - 20) / 20) ** 2 - 0.2,
        "falling": lambda epoch: -0.01 * epoch,
        "worse": lambda epoch: 0.01 * epoch,
        "unsure": lambda epoch: -0.0001,
        "hopeless": lambda epoch: 0.01 * epoch + 0.1 * (epoch > 0),
    }
    yield from too_early()
    for shape in shapes.values():
        for count, pictures_count in ((41, 8), (6, 8), (41, 1)):
            rows = np.array([level_N + response_N * shape(epoch) for epoch in range(count)])[:, :pictures_count]
            rows[1:] += 0.004 * numbers.normal(size=(count - 1, pictures_count))
            rows[3 if count < 10 else slice(4, 8, 3)] += 9.0
            curve = fit_curve(list(range(count)), rows.tolist())
            assert curve is not None
            for rule, epoch in (("lowest", None), ("earliest", None), ("epoch", 3)):
                for last in (count - 1, count + 5):
                    weights = Weights.RAW if last % 2 else Weights.AVERAGED
                    picked = select(curve, last, rule, epoch=epoch, weights=weights, names_weights=last > count)
                    yield picked.reason
                    yield from picked.warnings


def too_early() -> Iterator[str]:
    series = {Weights.RAW: Series(None, [2, 3]), Weights.AVERAGED: Series(None, [])}
    for rule, validates in itertools.product(("lowest", "epoch"), (True, False)):
        picked = _pick(series, None, rule, 2, "best", validates)
        assert picked is not None
        yield picked.reason


def pictures(folder: Path) -> Iterator[str]:
    empty = folder / "порожня"
    empty.mkdir()
    yield words_of(lambda: find_styles(empty))
    style = folder / "мій стиль"
    style.mkdir()
    for seed in range(3):
        blocks = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
        Image.fromarray(blocks).resize((120, 120)).save(style / f"{seed}.png")
    yield words_of(lambda: load_style(style, validation_count=8))
    single = folder / "одне"
    single.mkdir()
    (single / "0.png").write_bytes((style / "0.png").read_bytes())
    yield words_of(lambda: load_style(single, validation_count=8))
    yield words_of(lambda: check_captions(load_style(style, validation_count=1)))
    yield words_of(lambda: thumbnail([style], "0" * 32))
    entry = gallery([style])[0]
    yield words_of(lambda: correct([style], entry.key, "before", "new"))
    for name, content in (("a.psd", b"8BPS"), ("b.mp4", b"0"), ("c.png", b"")):
        (style / name).write_bytes(content)
    Image.new("RGB", (9, 8)).save(style / "d.png")
    (style / "val").mkdir()
    for name in ("0.png", "1.png"):
        (style / "val" / name).write_bytes((style / name).read_bytes())
    sides = Sides()
    sides.add(load_style(style))
    yield from (each.reason for each in sides.left_out)
    yield from sides.notes
    yield words_of(lambda: Incoming.begin("стиль", folder).settle(folder))


def taken_name(folder: Path) -> Iterator[str]:
    """How a run's name is refused that an earlier run with other settings and pictures has."""
    run = folder / "a; b. c"
    shutil.copytree(Path(__file__).parent / "old_runs" / "format_1", run)
    before = replace(RunFile.read(run), format=FORMAT, name=run.name)
    before.write(run)
    config = replace(before.config, lora=replace(before.config.lora, rank=99))
    other = replace(before.fingerprints, dataset="0" * 32)
    yield words_of(lambda: check_same(run, config, other))
    repeats = Repeated("a run", 3, Weights.RAW, "epochs")
    yield words_of(lambda: check_same(run, config, other, repeats))


def taken_in_the_queue(folder: Path) -> str:
    """How a run's name is refused that a training in the queue with other settings and pictures has."""
    paper = RunConfig.paper()
    waiting = Training("a; b. c", paper, 8, 2, 64, "a folder")
    other = replace(waiting, config=replace(paper, lora=replace(paper.lora, rank=99)), source="another")
    return words_of(lambda: check_run_names([other], [waiting], folder / "none"))


def host() -> Iterator[str]:
    """The sentences that name ComfyUI's folders, from their source, since only ComfyUI can import that."""
    for node in ast.walk(ast.parse((ROOT / "nodes" / "host" / "folders.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "'щось'" for part in node.values)
            if text.startswith(("No folder", "There is no training run")):
                yield text
        elif isinstance(node, ast.Constant) and re.fullmatch("the (models|output|input) folder", str(node.value)):
            yield f"A file cannot be used: {node.value}/щось. Check that it is there and may be opened."


def made_by_the_server(folder: Path) -> list[str]:
    strengths = [0.0, 0.5, 1.0, 1.5]
    losses = {"half": [4, 2, 3, 5], "none": [1, 2, 3, 4], "most": [4, 3, 2, 1], "full": [3, 2, 1, 2]}
    spread = np.random.default_rng(0).normal(size=(4, 8))
    return [
        *reasons(),
        *(describe({3: ToldApart(*each)}, 3) for each in ((0.8, 0.6, 0.9), (0.5, 0.3, 0.7))),
        *(
            fit_strengths(strengths, (np.array(each)[:, None] + 0.3 * spread).tolist()).reason
            for each in losses.values()
        ),
        fit_strengths([0.5, 1.0], [[3.0, 2.0], [2.0, 3.01]]).reason,
        fit_strengths([0.5, 1.0], [[2.0], [3.0]]).reason,
        *pictures(folder),
        *(words_of(lambda name=name: check_name(name)) for name in ("..", "a:b")),  # type: ignore[misc]
        words_of(lambda: check_name("a*b", "file name", LORA_FILE)),
        words_of(lambda: check_name("a/b", "folder name")),
        words_of(lambda: epoch_with_checkpoint(7, [2, 4])),
        *taken_name(folder),
        taken_in_the_queue(folder),
        *(estimate(seconds, torch.device(on)) for seconds in (60, 5000, 90000) for on in ("cpu", "cuda")),
        NO_MEMORY,
        *host(),
        *in_parts(folder),
    ]


@pytest.fixture(scope="module")
def sentences(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return made_by_the_server(tmp_path_factory.mktemp("pictures"))


@pytest.mark.parametrize("code", LANGUAGES)
def test_each_has_a_translation(sentences: list[str], code: str) -> None:
    said = translated(sentences, code)
    assert sorted({english for english, other in zip(sentences, said, strict=True) if other == english}) == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_none_is_half_translated(sentences: list[str], code: str) -> None:
    said = [each.replace("off ", "").replace(" on", "") for each in translated(sentences, code)]  # a setting's values
    assert [each for each in said if english_left(each)] == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_nothing_else_has_one(sentences: list[str], code: str) -> None:
    known = patterns(code)
    assert len(known) > 50
    said = "\n".join([*sentences, *(f"{each.text}\n{each.text}: 'щось'" for each in all_sentences(least=1))])
    assert [english for english in known if not re.search(_shape(english), said)] == []


def _shape(english: str) -> str:
    """A pattern of what is said with a template: of a number for each {name}, or of any text for each {text_name}."""
    parts = re.split(r"\{(\w+)\}", english)
    kinds = [r".+?" if name.startswith("text") else r"-?\d+(?:,\d{3})*(?:\.\d+)?" for name in parts[1::2]] + [""]
    return "".join(re.escape(text) + kind for text, kind in zip(parts[::2], kinds, strict=True))
