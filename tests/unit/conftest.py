"""What the unit tests share: a tiny model of the SD 1.5 family and pictures on the disk."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
import tiny_sd
import torch
from PIL import Image

from lora_core.dataset.load import load_style
from lora_core.dataset.style import StyleDataset
from lora_core.model.base import BaseModel
from lora_core.model.disk import load_base_model


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A diffusers folder of the tiny model."""
    return tiny_sd.build(tmp_path_factory.mktemp("tiny sd"))


@pytest.fixture(scope="session")
def pristine_model(tiny_folder: Path) -> BaseModel:
    """The tiny model; to be copied, not changed."""
    torch.set_num_threads(1)
    return load_base_model(tiny_folder, None, torch.float32)


@pytest.fixture
def base_model(pristine_model: BaseModel) -> BaseModel:
    """A copy of the tiny model for one test."""
    return copy.deepcopy(pristine_model)


@pytest.fixture(scope="session")
def style_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten captioned pictures of two shapes, each of random coloured blocks and so unlike the others."""
    folder = tmp_path_factory.mktemp("data") / "мій стиль"
    folder.mkdir()
    numbers = np.random.default_rng(11)
    for index in range(10):
        width, height = (96, 64) if index % 3 == 0 else (64, 64)
        blocks = numbers.integers(0, 256, (4, 6, 3), dtype=np.uint8)
        Image.fromarray(blocks).resize((width, height), Image.Resampling.NEAREST).save(folder / f"дім {index}.png")
        (folder / f"дім {index}.txt").write_text(f"a house number {index}", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def dataset(style_folder: Path) -> StyleDataset:
    """Seven pictures to train on and three to validate."""
    return load_style(style_folder, resolution=64, validation_count=3)
