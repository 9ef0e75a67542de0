"""The dial: its path, curves with a known answer, the file of a calibration, and the figure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import astuple, replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator

from lora_core.errors import ConfigError, RunError
from lora_core.record.canvas import to_array
from lora_core.record.dial_figure import draw_dial
from lora_core.restyle.calibration import Calibration, Point, calibrate, check_file, file_of
from lora_core.restyle.dial_curve import fit_curve
from lora_core.restyle.dial_path import FREE, HELD, Settings, even_steps, settings_at
from lora_core.restyle.monotone import interpolate
from lora_core.restyle.passport import Passport

HOLDS = even_steps(9, 1).holds
DIALS = np.linspace(0, 1, 41)


def sigmoid(hold: float) -> float:
    """From 0.3 to 0.9, steep in the middle."""
    low, high, at = (1 / (1 + np.exp(-8 * (x - 0.45))) for x in (0, 1, hold))
    return float(0.3 + 0.6 * (at - low) / (high - low))


KNOWN: dict[str, Callable[[float], float]] = {
    "straight": lambda hold: 0.4 + 0.5 * hold,
    "early": lambda hold: 0.4 + 0.5 * (1 - np.exp(-4 * hold)) / (1 - np.exp(-4)),
    "late": lambda hold: 0.4 + 0.5 * hold**2,
    "sigmoid": sigmoid,
}


def passport(lines: float, gain: float | None = None) -> Passport:
    return Passport("0" * 64, 0.5, lines, lines, lines, style_gain=gain)


def test_every_setting_of_the_path_runs_one_way() -> None:
    assert settings_at(0) == FREE
    assert settings_at(1) == HELD
    assert settings_at(0.5) == Settings(0.5, 0.7, 0.375, 0.7, 0.8)
    path = [settings_at(hold) for hold in np.linspace(0, 1, 101)]
    for one, other in pairwise(path):
        assert all(before < after for before, after in zip(astuple(one)[:-1], astuple(other)[:-1], strict=True))
        assert one.denoise > other.denoise


@pytest.mark.parametrize("hold", [-0.01, 1.01, float("nan")])
def test_a_hold_beyond_the_path_is_refused(hold: float) -> None:
    with pytest.raises(ConfigError, match="from 0 to 1"):
        settings_at(hold)


@pytest.mark.parametrize("name", KNOWN)
def test_equal_steps_of_the_dial_are_equal_steps_of_agreement(name: str) -> None:
    """What a known curve gives at the dial's hold is what the dial promises, from 9 measured holds."""
    known = KNOWN[name]
    curve = fit_curve(HOLDS, [known(hold) for hold in HOLDS])
    reached = [known(curve.hold(dial)) for dial in DIALS]
    promised = known(0) + DIALS * (known(1) - known(0))
    assert [curve.promised(dial) for dial in DIALS] == pytest.approx(promised)
    assert np.abs(np.asarray(reached) - promised).max() < 0.007


@pytest.mark.parametrize("name", KNOWN)
def test_noise_is_evened_out_and_the_dial_stays_monotone(name: str) -> None:
    """Every point is off by 0.01 or so and many fall: the dial still rises, off by at most twice what they are."""
    noise = np.random.default_rng(0).normal(0, 0.01, (50, len(HOLDS)))
    for errors in noise:
        curve = fit_curve(HOLDS, [KNOWN[name](hold) + error for hold, error in zip(HOLDS, errors, strict=True)])
        assert all(before < after for before, after in pairwise(curve.holds))
        assert all(before < after for before, after in pairwise(curve.lines))
        holds = [curve.hold(dial) for dial in DIALS]
        assert holds[0] == 0 and holds[-1] == pytest.approx(1) and holds[-1] <= 1
        assert all(before < after for before, after in pairwise(holds))
        reached = np.asarray([KNOWN[name](hold) for hold in holds])
        off = np.abs(reached - [curve.promised(dial) for dial in DIALS]).max()
        assert off < 0.007 + 2 * np.abs(errors).max()


def test_the_interpolation_is_scipys() -> None:
    """PchipInterpolator is the same method."""
    generator = np.random.default_rng(1)
    for count in (2, 3, 4, 9):
        for _ in range(20):
            x, y = (np.cumsum(generator.uniform(0.01, 1, count)) for _ in range(2))
            at = np.linspace(x[0], x[-1], 33)
            assert [interpolate(each, x, y) for each in at] == pytest.approx(PchipInterpolator(x, y)(at))


def test_what_falls_becomes_one_knot_by_hand() -> None:
    """Isotonic regression of 1, 3, 2, 4 with weights 1, 1, 3, 1: 3 and 2 become their weighted mean, 2.25."""
    curve = fit_curve([0, 0.25, 0.5, 1], [0.1, 0.3, 0.2, 0.4], [1, 1, 3, 1])
    assert curve.lines == pytest.approx((0.1, 0.225, 0.4))
    assert curve.holds == pytest.approx((0, 0.4375, 1))
    level = fit_curve([0, 0.5, 1], [0.2, 0.5, 0.5])
    assert (level.holds, level.lines) == ((0, 1), (0.2, 0.5))


@pytest.mark.parametrize(
    ("holds", "lines", "words"),
    [
        ([0, 1], [0.5, 0.51], "nothing to turn"),
        ([0, 1], [0.9, 0.4], "nothing to turn"),
        ([0], [0.5], "two or more"),
        ([0, 0.5, 0.5], [0.1, 0.2, 0.3], "increasing order"),
        ([0, 1], [0.1, float("nan")], "two or more"),
    ],
)
def test_what_makes_no_dial_is_told(holds: list[float], lines: list[float], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        fit_curve(holds, lines)


def test_pictures_are_gathered_by_their_hold() -> None:
    steps = even_steps(2, 3)
    assert steps.holds == (0, 0, 0, 1, 1, 1)
    assert str(steps) == "6 pictures at 2 holds"
    made = calibrate("mine", "note", steps.holds, [passport(each) for each in (0.2, 0.3, 0.4, 0.8, 0.8, 0.8)])
    assert made.points == (Point(0, 3, 0.3, 0.05774), Point(1, 3, 0.8, 0))  # 0.1 / sqrt(3)
    with pytest.raises(ConfigError, match="5 passports arrived for 6 holds"):
        calibrate("", "", steps.holds, [passport(0.5)] * 5)


def test_the_style_is_kept_if_every_picture_has_it() -> None:
    full = calibrate("", "", (0, 0, 1, 1), [passport(0.2, 0.3), passport(0.2, 0.5), *[passport(0.8, 0.1)] * 2])
    assert [(point.style, point.style_error) for point in full.points] == [(0.4, 0.1), (0.1, 0)]
    partly = calibrate("", "", (0, 0, 1, 1), [passport(0.2, 0.3), passport(0.2), *[passport(0.8, 0.1)] * 2])
    assert [point.style for point in partly.points] == [None, 0.1]


POINTS = Point(0, 3, 0.3, 0.05, 0.4, 0.02), Point(0.5, 3, 0.7, 0.01, 0.3, 0.02)
CALIBRATION = Calibration("мій $\\дім$", "note", POINTS)


def test_a_file_is_read_as_it_was_written() -> None:
    text = CALIBRATION.to_text()
    assert Calibration.from_text(text) == CALIBRATION
    later = {**json.loads(text), "version": 2, "more": [1]}
    assert Calibration.from_text(json.dumps(later)) == CALIBRATION


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"points": []},
        {"points": [{}]},
        {"points": "x"},
        {"points": None},
        {"title": 3},
    ],
)
def test_another_file_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        Calibration.from_text(json.dumps({**json.loads(CALIBRATION.to_text()), **change}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hold", -0.1),
        ("hold", 0.5),  # the next one's
        ("pictures", 0),
        ("lines", float("inf")),
        ("lines", float("nan")),
        ("lines", True),
        ("lines", "0.3"),
        ("lines_error", -1e-9),
        ("style", 1e308),
        ("style_error", -1),
    ],
)
def test_a_number_that_cannot_be_is_refused(name: str, value: object) -> None:
    file = json.loads(CALIBRATION.to_text())
    file["points"][0][name] = value
    with pytest.raises(ConfigError):
        Calibration.from_text(json.dumps(file))


def test_a_file_of_a_later_version_that_cannot_be_read_says_so() -> None:
    later = {"format": "lora_atelier_dial", "version": 2, "title": "дім", "about": "", "curve": []}
    with pytest.raises(ConfigError, match=r"written by a newer LoRA Atelier\. Update the pack"):
        Calibration.from_text(json.dumps(later))


@pytest.mark.parametrize("text", ["{a", "{}", '{"format": "lora_atelier_dial", "version": 1}', "[" * 100_000])
def test_what_is_wrong_with_a_file_is_said_in_words(text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Calibration.from_text(text)
    assert not re.search(r"[A-Z]\w+Error|Expecting|char |recursion|'", str(refused.value).replace("Atelier's", ""))


def test_a_title_from_elsewhere_is_as_long_as_one_that_is_typed() -> None:
    """It is drawn, and a text of a million letters would be drawn for hours."""
    found = Calibration.from_text(replace(CALIBRATION, title="y" * 10**5).to_text())
    assert found.title == "y" * 100


@pytest.mark.parametrize("name", ["y", "y" * 96, "y" * 100, "я" * 100, "漢" * 83])
def test_every_name_that_can_be_written_can_be_chosen(name: str) -> None:
    assert file_of(name) == file_of(f"{name}.json") == f"{name}.json"
    check_file(file_of(name))
    with pytest.raises(RunError, match="too long"):
        file_of(name + "y" * 100)


@pytest.mark.parametrize("name", ["../a", "nul", "", "a/b", 5, None])
def test_a_name_that_no_file_can_have_is_refused(name: object) -> None:
    for check in (file_of, check_file):
        with pytest.raises(RunError, match="calibration's name"):
            check(name)
    with pytest.raises(ConfigError, match="one of the list"):
        check_file("my building")


@pytest.mark.parametrize("text", ["", "[]", "null", "[" * 100_000, "{}", "\ud800"])
def test_a_damaged_file_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="not a calibration"):
        Calibration.from_text(text)


def test_the_figure_shows_style_and_dial() -> None:
    plain = replace(CALIBRATION, points=tuple(replace(point, style=None) for point in CALIBRATION.points))
    pictures = [to_array(draw_dial(each, 640, 320, dial)) for each in (CALIBRATION, plain) for dial in (None, 0.5)]
    assert {picture.shape for picture in pictures} == {(320, 640, 3)}
    assert len({picture.tobytes() for picture in pictures}) == 4
