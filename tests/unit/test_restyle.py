"""The figures of a restyling's passport: by published values, by other programs, and by cases known beforehand."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage
from skimage import data
from skimage.metrics import structural_similarity

from lora_core.errors import ConfigError
from lora_core.restyle.change import mask_correlation, may_change, outside
from lora_core.restyle.measure import Looks, Restyled, passport_of
from lora_core.restyle.passport import Passport, as_saved, from_text, lines, picture_id, report, to_text
from lora_core.restyle.relief import depth_error
from lora_core.restyle.stamp import stamped
from lora_core.restyle.structure import TOLERANCE, edge_agreement, ssim
from lora_core.restyle.style import style_distance, style_gain

FULL = Passport("ab", 0.9, 0.8, 0.6, 0.6857, 0.051, 0.0, 0.0, 0.97, 0.31, 0.42)


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def tensor(picture: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.asarray(picture, dtype=np.float64) / 255)


# Lines. --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def camera() -> tuple[np.ndarray, np.ndarray]:
    """The photograph "camera" of scikit-image and the same under the noise that its own test of SSIM gives it."""
    clear = data.camera()
    grain = 20.0 * np.random.RandomState(5).randn(*clear.shape)
    return clear, np.clip(clear + grain, 0, 255).astype(np.uint8)


def test_ssim_has_the_published_value(camera: tuple[np.ndarray, np.ndarray]) -> None:
    # By imdiff of IPOL, Getreuer 2011 (ipol.im/pub/art/2011/g_lmii), as scikit-image quotes it to three digits.
    assert ssim(*map(tensor, camera)) == pytest.approx(0.357959091663361, abs=1.5e-3)


@pytest.mark.parametrize("seed", range(3))
def test_ssim_is_that_of_scikit_image(seed: int) -> None:
    one, other = noise(40, 57, seed=seed).double(), noise(40, 57, seed=seed + 9).double() * 0.5
    settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1.0}
    expected = structural_similarity(one.numpy(), other.numpy(), **settings)
    assert ssim(one, other) == pytest.approx(expected, abs=1e-9)


def test_ssim_of_a_part_is_that_of_the_windows_in_it() -> None:
    one, other = noise(60, 60), noise(60, 60)
    other[:, :30] = one[:, :30]
    left = torch.zeros(60, 60, dtype=torch.bool)
    left[:, :25] = True
    assert ssim(one, other, left) == pytest.approx(1.0)
    assert ssim(one, noise(60, 60, seed=1), left) < 0.3


@pytest.mark.parametrize("pair", [((20, 20), (20, 21)), ((10, 40), (10, 40))])
def test_ssim_refuses(pair: tuple[tuple[int, int], tuple[int, int]]) -> None:
    with pytest.raises(ConfigError, match=r"[Pp]ictures of"):
        ssim(*(torch.zeros(shape) for shape in pair))


@pytest.mark.parametrize("seed", range(3))
def test_edges_agree_as_by_exact_distances(seed: int) -> None:
    reference, found = (noise(90, 130, seed=seed + offset) > 0.995 for offset in (0, 50))
    radius = math.ceil(TOLERANCE * math.hypot(130, 90))
    to_reference, to_found = (ndimage.distance_transform_edt(~each.numpy()) for each in (reference, found))
    agreement = edge_agreement(reference.float(), found.float())
    assert agreement.precision == pytest.approx((to_reference[found.numpy()] <= radius).mean())
    assert agreement.recall == pytest.approx((to_found[reference.numpy()] <= radius).mean())
    p, r = agreement.precision, agreement.recall
    assert agreement.f1 == pytest.approx(2 * p * r / (p + r))


@pytest.mark.parametrize(("shift", "f1"), [(0, 1.0), (2, 1.0), (3, 0.0)])
def test_a_line_may_move_by_the_tolerance(shift: int, f1: float) -> None:
    drawing = torch.zeros(120, 160)  # a diagonal of 200 pixels: 1.5, so 2
    drawing[:, 80] = 1
    assert edge_agreement(drawing, drawing.roll(shift, dims=1)).f1 == f1


def test_drawings_without_lines() -> None:
    blank, drawing = torch.zeros(50, 50), torch.eye(50)
    assert edge_agreement(blank, blank).f1 == 1.0
    assert edge_agreement(drawing, blank).f1 == 0.0
    assert edge_agreement(blank, drawing).f1 == 0.0


def test_edges_outside_the_part_do_not_count() -> None:
    drawing = torch.zeros(100, 100)
    drawing[:, 20] = 1
    more = drawing.clone()
    more[:, 80] = 1
    left = torch.zeros(100, 100, dtype=torch.bool)
    left[:, :50] = True
    assert edge_agreement(drawing, more, left).f1 == 1.0
    assert edge_agreement(drawing, more).precision == 0.5


# Depth. --------------------------------------------------------------------------------------------------------------


def test_depth_is_aligned_by_least_squares() -> None:
    found, reference = noise(20, 30).double(), noise(20, 30, seed=1).double()
    columns = np.stack([found.numpy().ravel(), np.ones(600)], axis=1)
    fit = np.linalg.lstsq(columns, reference.numpy().ravel(), rcond=None)[0]
    expected = np.sqrt(np.mean((columns @ fit - reference.numpy().ravel()) ** 2))
    assert depth_error(found, reference) == pytest.approx(expected, abs=1e-12)


def test_scale_and_shift_of_depth_do_not_matter() -> None:
    reference = noise(20, 30)
    assert depth_error(3 * reference - 7, reference) == pytest.approx(0, abs=1e-6)
    assert depth_error(torch.full((20, 30), 0.3), reference) == pytest.approx(float(reference.std(unbiased=False)))


def test_depth_of_a_part() -> None:
    reference, found = noise(20, 30), noise(20, 30)
    found[:, 15:] = noise(20, 15, seed=2)
    left = torch.zeros(20, 30, dtype=torch.bool)
    left[:, :15] = True
    assert depth_error(found, reference, left) == pytest.approx(0, abs=1e-6)
    assert depth_error(found, reference) > 0.1


# Change. -------------------------------------------------------------------------------------------------------------


def test_change_outside_the_mask() -> None:
    photo, mask = torch.zeros(10, 20, 3), torch.ones(10, 20)
    mask[:, 10:] = 0
    picture = photo.clone()
    picture[:, :10] = 1
    assert outside(photo, picture, mask) == outside(photo, photo, mask)
    picture[0, 10, 0] = 51 / 255
    kept = outside(photo, picture, mask)
    assert kept is not None
    assert (kept.largest, kept.mean) == (51, pytest.approx(51 / 300))
    assert outside(photo, picture, torch.ones(10, 20)) is None


def test_change_that_follows_the_mask_correlates() -> None:
    photo = torch.zeros(64, 96, 3)
    mask = torch.linspace(0, 1, 96).expand(64, 96)
    picture = (0.5 * mask)[..., None].expand(64, 96, 3)
    assert mask_correlation(photo, picture, mask) == pytest.approx(1)
    assert mask_correlation(photo, picture.flip(1), mask) == pytest.approx(-1)
    assert mask_correlation(photo, photo, mask) is None
    assert mask_correlation(photo, picture, torch.ones(64, 96)) is None
    blocks = mask.reshape(8, 8, 12, 8).mean(dim=(1, 3)).flatten().numpy()
    changed = noise(64, 96, 3)
    of_change = changed.mean(dim=-1).reshape(8, 8, 12, 8).mean(dim=(1, 3)).flatten().numpy()
    assert mask_correlation(photo, changed, mask) == pytest.approx(np.corrcoef(blocks, of_change)[0, 1], abs=1e-6)


def test_what_may_change_is_more_white_than_black() -> None:
    mask = torch.tensor([[0.0, 0.4, 0.6, 1.0]])
    assert may_change(mask).tolist() == [[False, False, True, True]]
    assert may_change(mask / 4).all()
    assert may_change(None) is None


# Style. --------------------------------------------------------------------------------------------------------------


def test_distance_and_gain_of_a_style() -> None:
    style = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    assert style_distance(torch.tensor([5.0, 0.0]), style) == pytest.approx(0.5)
    assert style_distance(torch.tensor([1.0, 1.0]), style) == pytest.approx(1 - math.sqrt(0.5))
    assert style_gain(0.3, 0.4) == pytest.approx(0.25)
    assert style_gain(0.3, 0.0) is None


# The passport. -------------------------------------------------------------------------------------------------------


def test_a_picture_that_is_its_photograph() -> None:
    photo, drawing, depth = noise(40, 40, 3), noise(40, 40), noise(40, 40)
    mask = torch.zeros(40, 40)
    mask[10:30] = 1
    looks = Looks(torch.ones(4), torch.ones(2, 4), torch.eye(4)[0])
    found = passport_of(Restyled(photo, photo, drawing, drawing, mask, depth, depth), looks)
    assert found == Passport(
        picture=picture_id(as_saved(photo)),
        line_ssim=pytest.approx(1),
        edge_precision=1,
        edge_recall=1,
        edge_f1=1,
        depth_rmse=pytest.approx(0, abs=1e-6),
        outside_max=0,
        outside_mean=0,
        mask_correlation=None,
        style_distance=pytest.approx(0, abs=1e-6),
        style_gain=pytest.approx(1),
    )


def test_what_is_not_given_is_not_measured() -> None:
    photo, drawing = noise(40, 40, 3), noise(40, 40)
    found = passport_of(Restyled(photo, photo, drawing, drawing))
    assert {name for name, value in found.to_json().items() if value is None} == {
        *("depth_rmse", "outside_max", "outside_mean", "mask_correlation", "style_distance", "style_gain")
    }
    assert len(lines(found)) == 1


def test_passports_survive_json() -> None:
    bare = Passport("cd", 1, 1, 1, 1)
    assert from_text(to_text([FULL, bare])) == [FULL, bare]
    newer = {**FULL.to_json(), "version": 2, "colour": 3}
    assert from_text(json.dumps([newer])) == [FULL]


@pytest.mark.parametrize(
    "text",
    [
        *("", "{}", "[1]", "[{}]", '[{"picture": true}]', "[" * 100_000),
        *(
            json.dumps([{**FULL.to_json(), name: value}])
            for name, value in (
                *(("edge_f1", odd) for odd in ("0.9", float("nan"), float("inf"), 10**400, 7, -0.1, [], True)),
                *(("edge_recall", 1.1), ("style_gain", 1.5), ("depth_rmse", float("nan")), ("line_ssim", 1e308)),
            )
        ),
    ],
)
def test_what_is_no_passport_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"LoRA Atelier"):
        from_text(text)


def test_a_passport_is_of_one_picture(tmp_path) -> None:
    picture = noise(20, 30, 3)
    Image.fromarray(as_saved(picture)).save(tmp_path / "saved.png")
    with Image.open(tmp_path / "saved.png") as saved:
        assert picture_id(np.asarray(saved)) == picture_id(as_saved(picture))
    assert picture_id(as_saved(picture)) != picture_id(as_saved(picture.reshape(30, 20, 3)))


def test_the_figures_in_short_and_in_sentences() -> None:
    assert lines(FULL) == [
        "lines 0.90  edges 0.69",
        "depth error 0.051",
        "outside the mask 0 / 255",
        "mask followed 0.97",
        "style +42 %",
    ]
    told = report(FULL)
    for figure in ("0.900", "60%", "80%", "0.051", "at most 0 of 255", "0.970", "0.310", "42%"):
        assert figure in told
    assert all(line.startswith("- ") for line in told.splitlines()), "so that Markdown keeps the lines apart"


def test_the_stamp_has_the_picture_and_figures_below() -> None:
    picture = Image.new("RGB", (256, 128), "navy")
    stamp = stamped(picture, FULL)
    assert stamp.width == 256
    assert stamp.crop((0, 0, 256, 128)).getcolors() == picture.getcolors()
    below = np.asarray(stamp.crop((0, 128, 256, stamp.height)).convert("L"))
    assert (below == 255).mean() > 0.5
    assert (below < 100).any()
    assert (np.asarray(stamp)[-3:] == 255).all(), "nothing is cut off"
