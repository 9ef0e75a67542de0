"""Cards in the template browser: they show results, as they are in the documents, and say whose they are."""

from __future__ import annotations

import io
from functools import partial

import numpy as np
import pytest
from PIL import Image

from devtools.apps import APPS, app_name
from devtools.cards import AS_JPEG, CARDS, FOOT, HEIGHT, WIDTH, draw_app_card
from devtools.demo_sheet import GAP, LINE, SIDE
from devtools.graphs import NAMES, WORKFLOWS, load_workflow
from devtools.places import IMAGES

ALL = {**CARDS, **{app_name(name): partial(draw_app_card, name) for name in APPS}}


@pytest.mark.parametrize("name", ALL)
def test_a_card_is_made_from_the_present_pictures(name: str) -> None:
    with Image.open(WORKFLOWS / f"{name}.jpg") as image:
        shipped = np.asarray(image.convert("RGB"), dtype=float)
    assert shipped.shape == (HEIGHT, WIDTH, 3)
    present = io.BytesIO()
    ALL[name]().save(present, "JPEG", **AS_JPEG)
    with Image.open(present) as image:
        assert np.abs(shipped - np.asarray(image, dtype=float)).mean() < 1, "run dev.py templates"


def test_every_example_has_a_small_card() -> None:
    assert set(CARDS) == set(NAMES)
    assert all((WORKFLOWS / f"{name}.jpg").stat().st_size < 60_000 for name in ALL)


@pytest.mark.parametrize("name", APPS)
def test_the_card_of_an_app_says_so_in_its_last_line_alone(name: str) -> None:
    graph, app = np.asarray(CARDS[name]()), np.asarray(draw_app_card(name))
    differs = np.argwhere((graph != app).any(axis=-1))
    assert len(differs), "it says so"
    assert differs[:, 0].min() >= HEIGHT - FOOT
    assert differs[:, 1].max() < WIDTH // 2, "beside the caption"


def test_where_the_pocket_model_stands_in_the_card_says_so() -> None:
    others = [
        name for name in NAMES if all(node["type"] != "PocketModelLoader" for node in load_workflow(name)["nodes"])
    ]
    assert len(others) == 3
    captions = [np.asarray(CARDS[name]().crop((WIDTH // 2, HEIGHT - FOOT, WIDTH, HEIGHT))) for name in others]
    assert (captions[0] < 100).any(), "it can be read"
    assert all(np.array_equal(caption, captions[0]) for caption in captions)


def test_the_first_house_on_the_card_is_the_demos_with_the_lora() -> None:
    with Image.open(IMAGES / "pocket_demo.png") as sheet:
        row = 2 * (LINE + SIDE + GAP) + LINE
        house = sheet.convert("RGB").crop((GAP, row, GAP + SIDE, row + SIDE)).resize((160, 160))
    card = CARDS["learn_without_a_gpu"]().crop((0, 0, 160, 160))
    assert np.abs(np.asarray(house, dtype=float) - np.asarray(card, dtype=float)).mean() < 3
