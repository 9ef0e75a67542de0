"""Cards in the template browser: those of examples with results show them, as they are in the documents."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from devtools.cards import CARDS, HEIGHT, IMAGES, WIDTH
from devtools.demo_sheet import GAP, LINE, SIDE
from devtools.graphs import WORKFLOWS


@pytest.mark.parametrize("name", CARDS)
def test_a_card_is_made_from_the_present_pictures(name: str) -> None:
    with Image.open(WORKFLOWS / f"{name}.jpg") as image:
        shipped = np.asarray(image.convert("RGB"), dtype=float)
    assert shipped.shape == (HEIGHT, WIDTH, 3)
    assert np.abs(shipped - np.asarray(CARDS[name](), dtype=float)).mean() < 3, "run dev.py templates"


def test_the_first_house_on_the_card_is_the_demos_with_the_lora() -> None:
    with Image.open(IMAGES / "pocket_demo.png") as sheet:
        row = 2 * (LINE + SIDE + GAP) + LINE
        house = sheet.convert("RGB").crop((GAP, row, GAP + SIDE, row + SIDE)).resize((160, 160))
    card = CARDS["learn_without_a_gpu"]().crop((0, 0, 160, 160))
    assert np.abs(np.asarray(house, dtype=float) - np.asarray(card, dtype=float)).mean() < 3
