"""Captions that leave the naming of the style to the trigger word."""

from __future__ import annotations

import pytest

from lora_core.dataset.captions import compose_caption
from lora_core.dataset.style_words import read_words, without_words


@pytest.mark.parametrize(
    ("text", "style", "expected"),
    [
        ("bauhaus", "", ["bauhaus"]),
        (" art deco , Bauhaus,, art deco ", "", ["art deco", "Bauhaus"]),
        ("{style}, modern", "art-deco_1920", ["art deco 1920", "modern"]),
        ("{style}", "", []),
        ("", "bauhaus", []),
        ("модерн, бароко", "", ["модерн", "бароко"]),
    ],
)
def test_words_are_read(text: str, style: str, expected: list[str]) -> None:
    assert read_words(text, style) == expected


@pytest.mark.parametrize(
    ("caption", "words", "left"),
    [
        ("a bauhaus building", ["bauhaus"], "a building"),
        ("a Bauhaus style building with a flat roof", ["bauhaus"], "a building with a flat roof"),
        ("a bauhaus-style building", ["bauhaus"], "a building"),
        ("an art deco building", ["art deco"], "a building"),
        ("a modern office building", ["modern"], "an office building"),
        ("An Art-Deco tower", ["art deco"], "A tower"),
        ("a building in the bauhaus style", ["bauhaus"], "a building"),
        ("a building in the style of bauhaus, tall and white", ["bauhaus"], "a building, tall and white"),
        ("a house in bauhaus style", ["bauhaus"], "a house"),
        ("a building of bauhaus architecture", ["bauhaus"], "a building"),
        ("a photo of bauhaus", ["bauhaus"], "a photo"),
        ("bauhaus, a white house", ["bauhaus"], "a white house"),
        ("a white house, bauhaus", ["bauhaus"], "a white house"),
        ("a white, bauhaus, flat house", ["bauhaus"], "a white, flat house"),
        ("a bauhausian house", ["bauhaus"], "a bauhausian house"),
        ("a preart deco house", ["art deco"], "a preart deco house"),
        ("an art deco and bauhaus house", ["bauhaus", "art deco"], "a house"),
        ("a deco house", ["art deco"], "a deco house"),
        ("будинок у стилі бароко, білий", ["бароко"], "будинок у стилі, білий"),
        ("a tall c++ (house)", ["c++ (house)"], "a tall"),
        ("a white house", [], "a white house"),
        ("a house in the old style", ["-", "_ _"], "a house in the old style"),
        ("bauhaus", ["bauhaus"], ""),
    ],
)
def test_a_caption_does_not_name_the_style(caption: str, words: list[str], left: str) -> None:
    assert without_words(caption, words) == left


def test_the_trigger_word_stands_once_and_first() -> None:
    said = without_words("a bauhaus style house", ["bauhaus"])
    assert compose_caption(said, "bauhaus style") == "bauhaus style, a house"
