"""Lists that are read as plain text and as Markdown."""

from __future__ import annotations

from lora_core.outline import outline


def test_each_item_is_a_line_of_a_list_of_its_own() -> None:
    """Markdown begins a list only after an empty line, and joins lines that are neither items nor apart."""
    assert outline("bauhaus: 2 pictures", ["дім_1.png: a house", "b.png: a tower"]) == (
        "bauhaus: 2 pictures\n\n- дім_1.png: a house\n- b.png: a tower"
    )


def test_nothing_to_list_leaves_the_title() -> None:
    assert outline("bauhaus: 2 pictures", []) == "bauhaus: 2 pictures"
