"""Names of runs and files: what no system can hold, what Windows takes for a device, and what gets too long."""

from __future__ import annotations

import pytest

from lora_core.errors import RunError
from lora_core.names import FILE_BYTES, LORA_FILE, OLD_RUN, RUN, check_name, lora_file, new_run, quoted, shortened
from lora_core.picking.weights import Weights
from lora_core.record.export import default_name, style_name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (None, "is of type NoneType, not text"),
        (5, "is of type int, not text"),
        (["a"], "is of type list, not text"),
        ({"a": 1}, "is of type dict, not text"),
        ("half \ud83d", "lone surrogate"),
        ("", "is empty"),
        ("   ", "is empty"),
        ("..", "consists of dots"),
        (". .", "consists of dots"),
        ("nul\0byte", r"contains '\\x00'"),
        ("line\nbreak", r"contains '\\n'"),
        ("bell\x07", r"contains '\\x07'"),
        ("delete\x7f", r"contains '\\x7f'"),
        ("new\x85line", r"contains '\\x85'"),
        ("two\u2028lines", r"contains '\\u2028'"),
        ("gpj.\u202eexe", r"contains '\\u202e'"),
        ("a/b", "contains '/'"),
        ("a\\b", r"contains '\\\\'"),
        ("\\\\server\\share", "contains"),
        ("//server/share", "contains '/'"),
        ("C:", "contains ':'"),
        ("stream:data", "contains ':'"),
        ("what?", r"contains '\?'"),
        ('"quoted"', "contains '\"'"),
        (" a", "starts or ends with a space"),
        ("a ", "starts or ends with a space"),
        ("a\u3000", "starts or ends with a space"),
        ("a.", "ends with a dot"),
        *((device, "is the name of a device") for device in ("con", "PRN", "Aux", "nul", "COM1", "lpt9", "COM0")),
        *(
            (device, "is the name of a device")
            for device in ("COM¹", "lpt²", "LPT³.txt", "CONIN$", "conout$", "CLOCK$")
        ),
        ("nul.tar.gz", "is the name of a device"),
        ("con .txt", "is the name of a device"),
    ],
)
def test_what_is_no_name(name: object, reason: str) -> None:
    with pytest.raises(RunError, match=reason) as caught:
        check_name(name)
    str(caught.value).encode("utf-8")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "name",
    ["bauhaus", "Вулиця Хрещатик №5", "a b-c_d (1)", "console", "com10", "company.1", ".hidden", "a..b", "👨‍👩‍👧", "è"],
)
def test_what_is_a_name(name: str) -> None:
    assert check_name(name) == name


def test_everything_called_after_the_longest_run_fits_a_file_system() -> None:
    for letter, count in (("x", 100), ("я", 100), ("漢", 73), ("🏛", 55)):
        name = check_name(letter * count)
        for weights in ("raw", "averaged"):
            file = default_name(name, 100_000, weights)
            assert file.startswith(name[:50])
            assert len(file.encode("utf-8")) <= FILE_BYTES
            check_name(file.removesuffix(".safetensors"), "file name", LORA_FILE)
        with pytest.raises(RunError, match="is too long"):
            check_name(letter * (count + 1))


def test_a_name_that_earlier_versions_took_is_cut_for_its_file() -> None:
    old = "漢" * 84 + "ab"
    assert check_name(old, limit=OLD_RUN) == old
    file = default_name(old, 84, Weights.AVERAGED)
    assert file.endswith("-epoch-0084-averaged.safetensors")
    assert 240 < len(file.encode("utf-8")) <= FILE_BYTES
    assert check_name(file.removesuffix(".safetensors"), "file name", LORA_FILE)
    assert file != default_name("漢" * 84 + "ac", 84, Weights.AVERAGED)


@pytest.mark.parametrize("number", [1, 1000])
@pytest.mark.parametrize("letter", ["x", "я", "🏛"])
def test_the_longest_name_of_a_lora_leaves_room_for_what_stands_beside_it(letter: str, number: int) -> None:
    name = letter * (241 // len(letter.encode("utf-8")))
    assert check_name(name, "file name", LORA_FILE) == name
    with pytest.raises(RunError, match="is too long"):
        check_name(name + letter, "file name", LORA_FILE)
    assert lora_file(name) == f"{name}.safetensors"
    earlier = lora_file(name, f" (before {number})")
    assert earlier.endswith(f" (before {number}).safetensors")
    for file in (lora_file(name), earlier):
        for ending in (".metadata.json", ".preview.png", ".preview.webp"):
            assert len((file.removesuffix(".safetensors") + ending).encode("utf-8")) <= FILE_BYTES


@pytest.mark.parametrize("letter", ["x", "я", "漢", "🏛"])
@pytest.mark.parametrize("length", [1, 98, 100, 255])
def test_what_a_taken_name_is_to_be_instead_is_a_possible_name(letter: str, length: int) -> None:
    name = letter * min(length, 255 // len(letter.encode("utf-8")))
    for ending in ("-2", "-10"):
        made = new_run(name, ending)
        assert check_name(made) == made
        assert made.endswith(ending) and name.startswith(made.removesuffix(ending))
    assert new_run("bauhaus", "-2") == "bauhaus-2"


def test_a_short_name_is_not_cut() -> None:
    assert shortened("bauhaus", "-epoch-0084.safetensors") == "bauhaus-epoch-0084.safetensors"
    assert RUN.bytes + len("-epoch-000000-averaged.safetensors") == FILE_BYTES


@pytest.mark.parametrize("value", ["x" * 10**6, ["x" * 10**6], {"y": "x" * 10**6}, "\ud800" * 10**6, "\n" * 10**6])
def test_a_message_stays_short(value: object) -> None:
    shown = quoted(value)
    assert len(shown) < 700
    shown.encode("utf-8")


@pytest.mark.parametrize("weights", list(Weights))
def test_a_file_name_says_of_which_style_and_epoch_it_is(weights: Weights) -> None:
    file = default_name("Neoclassical-epoch 2", 84, weights)
    assert style_name(file) == f"Neoclassical-epoch 2\nepoch 84, {weights.value}"
    assert style_name("my lora.safetensors") == "my lora"
