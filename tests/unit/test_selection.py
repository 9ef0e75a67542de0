"""What validation curves show: ordinary ones, strange ones, and the words for both."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lora_core.errors import CheckpointError
from lora_core.picking.curve import fit_curve
from lora_core.picking.pick import Selection, Series
from lora_core.picking.selection import choose, select, should_stop
from lora_core.picking.weights import Weights

PICTURES = 8
EPOCHS = 200


def u_shape(epoch: float) -> float:
    """Falls by 2 % in the first half, rises by twice that in the second; lowest at 80."""
    return 1.0 - 0.02 + 0.02 * ((epoch - 80) / 80) ** 2


def losses(shape: Callable[[float], float], epochs: int = EPOCHS, wobble: float = 2e-4, seed: int = 0) -> np.ndarray:
    """Losses (T, N) of pictures that differ in level and in how strongly they respond to training."""
    numbers = np.random.default_rng(seed)
    level_N = 0.13 * (1 + 0.2 * numbers.normal(size=PICTURES))
    response_N = 0.3 * numbers.normal(size=PICTURES)
    response_N = 0.13 * (1 + response_N - response_N.mean())
    rows = [level_N + response_N * (shape(epoch) - 1) for epoch in range(epochs + 1)]
    shake = 0.13 * wobble * numbers.normal(size=(epochs + 1, 1))
    shake[0] = 0
    return np.array(rows) + shake


def pick(values: np.ndarray, rule: str = "lowest", epochs: list[int] | None = None, **choice) -> Selection:
    epochs = list(range(len(values))) if epochs is None else epochs
    found = fit_curve(epochs, values.tolist())
    assert found is not None
    return select(found, epochs[-1], rule, **choice)


def test_u_shape_is_picked_at_its_bottom() -> None:
    picked = pick(losses(u_shape))
    assert abs(picked.epoch - 80) <= 5
    assert picked.region_g is not None and picked.region_g[0] < 60 and picked.region_g[1] > 85
    assert picked.region_o is not None and 90 < picked.region_o[0] < 115 and picked.region_o[1] == EPOCHS
    assert picked.candidates and all(picked.region_g[0] <= epoch <= picked.region_g[1] for epoch in picked.candidates)
    assert picked.epoch in picked.indistinguishable
    assert picked.improvement == pytest.approx(0.02 * 0.13 / losses(u_shape)[0].mean(), rel=0.05)
    assert picked.standard_error is not None and 0.0005 < picked.standard_error < 0.004
    assert picked.warnings == []
    assert picked.reason.startswith(f"Epoch {picked.epoch} of 200: validation ")
    assert "better than no LoRA; epochs " in picked.reason and "overfitting from epoch" in picked.reason


def test_g_ends_where_o_begins() -> None:
    picked = pick(losses(u_shape))
    assert picked.region_g[1] + 1 == picked.region_o[0]


def test_earliest_lies_before_the_lowest_and_within_its_error() -> None:
    values = losses(u_shape)
    lowest, earliest = pick(values), pick(values, "earliest")
    assert 40 < earliest.epoch < lowest.epoch
    assert f"within one standard error of the lowest ({lowest.epoch})" in earliest.reason


def test_given_epoch() -> None:
    picked = pick(losses(u_shape), "epoch", epoch=120)
    assert picked.epoch == 120 and "chosen by hand" in picked.reason


def test_given_epoch_without_a_checkpoint_names_the_nearest() -> None:
    with pytest.raises(CheckpointError, match=r"Epoch 81 has no checkpoint.*80, 90, 70"):
        pick(losses(u_shape), "epoch", epoch=81, available=[10, 70, 80, 90, 200])


def test_no_epoch_given() -> None:
    with pytest.raises(CheckpointError, match="name an epoch"):
        pick(losses(u_shape), "epoch")


@pytest.mark.parametrize("rule", ["steady", "lowest", "earliest"])
def test_only_what_is_on_the_disk_is_picked(rule: str) -> None:
    kept = [20, 60, 75, 130, 200]
    assert pick(losses(u_shape), rule, available=kept).epoch in kept
    assert pick(losses(u_shape), available=kept).epoch == 75


def test_checkpoints_all_outside_g() -> None:
    assert pick(losses(u_shape), available=[3, 190]).epoch == 3


def test_no_checkpoint_at_all() -> None:
    with pytest.raises(CheckpointError, match="no checkpoint yet"):
        pick(losses(u_shape), available=[])


def test_checkpoint_at_no_validated_epoch() -> None:
    values = losses(u_shape)[::10]
    assert pick(values, epochs=list(range(0, 201, 10)), available=[77, 133]).epoch == 77


def test_minimum_at_the_middle_of_a_late_second_fall() -> None:
    def twice(epoch: float) -> float:
        return 1 - 0.01 * math.exp(-(((epoch - 40) / 15) ** 2)) - 0.02 * math.exp(-(((epoch - 140) / 20) ** 2))

    picked = pick(losses(twice))
    assert abs(picked.epoch - 140) <= 4
    assert picked.region_o is not None and picked.region_o[0] > 140


def test_two_bottoms_are_two_candidates() -> None:
    def twice(epoch: float) -> float:
        return 1 - 0.02 * (1 - math.exp(-epoch / 10)) + 0.002 * math.cos(epoch / 15)

    picked = pick(losses(twice, wobble=2e-5))
    assert sum(abs(epoch - 47) <= 3 or abs(epoch - 141) <= 3 for epoch in picked.candidates) == 2


# Strange curves


def test_still_falling_at_the_end() -> None:
    picked = pick(losses(lambda epoch: 1 - 0.03 * (1 - math.exp(-epoch / 150))))
    assert picked.epoch >= 190 and picked.region_o is None
    assert "no overfitting so far" in picked.reason
    assert any("still falling at epoch 200" in warning for warning in picked.warnings)


def test_flat() -> None:
    picked = pick(losses(lambda _: 1.0))
    assert any(
        "within its own uncertainty" in warning or "No epoch is better" in warning for warning in picked.warnings
    )
    assert len(picked.indistinguishable) > 20


def test_rising_from_the_start() -> None:
    picked = pick(losses(lambda epoch: 1 + 0.002 * min(epoch, 1) + 0.0004 * epoch))
    assert picked.epoch <= 3
    assert any("No epoch is better than no LoRA" in warning for warning in picked.warnings)
    assert "worse than no LoRA" in picked.reason


def test_spikes_do_not_move_the_pick() -> None:
    values = losses(u_shape)
    before = pick(values).epoch
    values[[30, 31, 82, 150]] += 0.03
    values[60] -= 0.03
    picked = pick(values)
    assert abs(picked.epoch - before) <= 3
    assert any("Spikes" in warning and "30" in warning and "60" in warning for warning in picked.warnings)


def test_holes_are_left_out_and_named() -> None:
    values = losses(u_shape)
    values[60:70] = np.nan
    values[90, 3] = np.inf
    picked = pick(values)
    assert abs(picked.epoch - 80) <= 6
    assert any("not a finite number" in warning and "60" in warning for warning in picked.warnings)


def test_five_points() -> None:
    picked = pick(losses(u_shape)[::40], epochs=[0, 40, 80, 120, 160, 200])
    assert picked.epoch == 80
    assert any("Only 5 validations" in warning for warning in picked.warnings)


def test_constant_to_the_last_digit() -> None:
    picked = pick(np.full((50, PICTURES), 0.13))
    assert picked.region_o is None and picked.improvement == pytest.approx(0, abs=1e-9)


def test_without_epoch_0_nothing_is_said_of_no_lora() -> None:
    values = losses(u_shape)[1:]
    picked = pick(values, epochs=list(range(1, 201)))
    assert picked.improvement is None and "no LoRA" not in picked.reason
    assert abs(picked.epoch - 80) <= 5


def test_a_single_picture_has_no_standard_error() -> None:
    picked = pick(losses(u_shape)[:, :1])
    assert picked.standard_error is None and "±" not in picked.reason
    assert abs(picked.epoch - 80) <= 8


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_fewer_than_three_trained_epochs_say_nothing(count: int) -> None:
    values = losses(u_shape)[:count]
    assert fit_curve(list(range(count)), values.tolist()) is None


@settings(max_examples=150)
@given(
    st.lists(
        st.one_of(st.floats(1e-6, 1e3), st.just(math.nan), st.just(math.inf)),
        min_size=4,
        max_size=60,
    ),
    st.sampled_from(["steady", "lowest", "earliest"]),
)
def test_any_curve_gets_an_answer(values: list[float], rule: str) -> None:
    found = fit_curve(list(range(len(values))), [[value] for value in values])
    if found is None:
        return
    picked = select(found, len(values), rule)
    trained = [epoch for epoch, value in enumerate(values) if epoch and math.isfinite(value)]
    assert picked.epoch in trained
    assert picked.region_g is not None and picked.region_g[0] <= picked.region_g[1]
    if picked.region_o is not None:
        assert picked.region_g[1] < picked.region_o[0] <= picked.region_o[1]
    assert picked.reason.endswith(".")


# Raw and averaged weights


def late(epoch: float) -> float:
    """As averaged weights do: 3 % instead of 2 %, and lowest at 110."""
    return 1.0 - 0.03 + 0.03 * ((epoch - 110) / 110) ** 2


def both(raw=u_shape, averaged=late, raw_kept=range(1, 201), averaged_kept=range(1, 201)) -> dict[Weights, Series]:
    epochs = list(range(201))
    return {
        Weights.RAW: Series(fit_curve(epochs, losses(raw).tolist()), list(raw_kept)),
        Weights.AVERAGED: Series(
            fit_curve(epochs, losses(averaged).tolist()) if averaged else None, list(averaged_kept)
        ),
    }


def test_the_better_of_both_is_picked_by_its_own_curve() -> None:
    picked = choose(both(), 200)
    assert picked is not None and picked.weights == "averaged" and abs(picked.epoch - 110) <= 7
    assert picked.region_o is not None and picked.region_o[0] > 125
    assert picked.reason.startswith(f"Epoch {picked.epoch} of 200, averaged weights: validation 2.8 % ± ")
    other = choose(both(raw=late, averaged=u_shape), 200)
    assert other is not None and other.weights == "raw" and abs(other.epoch - 110) <= 7
    assert f"Epoch {other.epoch} of 200, raw weights: " in other.reason


@pytest.mark.parametrize(("among", "near"), [("raw", 80), ("averaged", 110)])
def test_whose_checkpoints_is_the_users_choice(among: str, near: int) -> None:
    picked = choose(both(), 200, among=among)
    assert picked is not None and picked.weights == among and abs(picked.epoch - near) <= 7


def test_earliest_stays_on_the_curve_of_the_lowest() -> None:
    picked = choose(both(), 200, "earliest")
    assert picked is not None and picked.weights == "averaged" and 90 < picked.epoch < 110
    assert "averaged weights, the earliest within one standard error" in picked.reason


def test_only_kept_checkpoints_are_compared() -> None:
    """The averaged ones are better, but those that are left of them are not."""
    picked = choose(both(averaged_kept=[3, 200]), 200)
    assert picked is not None and picked.weights == "raw"


def test_a_chosen_epoch_is_averaged_if_there_is_one() -> None:
    series = both(raw_kept=[20, 60, 80], averaged_kept=[60, 120])
    chosen = {epoch: choose(series, 200, "epoch", epoch) for epoch in (20, 60, 80, 120)}
    weights = {epoch: picked.weights for epoch, picked in chosen.items() if picked is not None}
    assert weights == {20: "raw", 60: "averaged", 80: "raw", 120: "averaged"}
    raw = choose(series, 200, "epoch", 60, among="raw")
    assert raw is not None and raw.weights == "raw"
    with pytest.raises(CheckpointError, match=r"Epoch 121 has no checkpoint.*120, 80, 60, 20"):
        choose(series, 200, "epoch", 121)
    with pytest.raises(CheckpointError, match="Epoch 20 has no checkpoint"):
        choose(series, 200, "epoch", 20, among="averaged")


def test_without_an_average_nothing_is_said_of_weights() -> None:
    picked = choose(both(averaged=None, averaged_kept=[]), 200)
    assert picked is not None and picked.weights == "raw" and "weights" not in picked.reason
    with pytest.raises(CheckpointError, match=r"no checkpoint of averaged weights.*average_decay is 0"):
        choose(both(averaged=None, averaged_kept=[]), 200, among="averaged")


def test_nothing_to_pick_from_yet() -> None:
    assert choose(both(raw_kept=[], averaged_kept=[]), 200) is None
    assert choose({Weights.RAW: Series(None, [1]), Weights.AVERAGED: Series(None, [1])}, 200) is None


# Early stopping


def test_early_stopping_waits_for_its_patience() -> None:
    means = losses(u_shape).mean(axis=1).tolist()
    stopped = next(n for n in range(4, 201) if should_stop(list(range(n)), means[:n], 20)) - 1
    assert 95 <= stopped <= 115


def test_early_stopping_never_stops_a_falling_curve() -> None:
    means = losses(lambda epoch: 1 - 0.03 * epoch / 200).mean(axis=1).tolist()
    assert not any(should_stop(list(range(n)), means[:n], 15) for n in range(4, 201))
