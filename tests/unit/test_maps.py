"""Line drawings and depth maps: of a drawn facade with known edges, and through a real, tiny Depth Anything."""

from __future__ import annotations

import gc
import json
import shutil
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from devtools.standins import build_depth_anything
from lora_core.errors import AtelierError, ConfigError
from lora_core.vision.depth import DepthEstimator, normalised
from lora_core.vision.lineart import lineart

WINDOWS = [(x, y, x + 40, y + 70) for x in (120, 220, 320) for y in (110, 230, 350)]
WALL = (80, 60, 400, 480)


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def facade(grain: float = 4.0, size: int = 480) -> NDArray[np.float32]:
    """A light wall with dark windows before a sky, with camera grain; (480, 480, 3), 0...1."""
    image = Image.new("RGB", (480, 512), (150, 180, 215))
    draw = ImageDraw.Draw(image)
    draw.rectangle(WALL, fill=(225, 215, 195))
    for window in WINDOWS:
        draw.rectangle(window, fill=(60, 66, 76))
    values = np.asarray(image.crop((0, 0, 480, 480)).resize((size, size)), dtype=np.float32)
    values += np.random.default_rng(0).normal(0, grain, values.shape)
    return np.clip(values / 255, 0, 1).astype(np.float32)


def near_edges(distance: int) -> NDArray[np.bool_]:
    """Where an outline of the facade is at most `distance` pixels away."""
    mask = Image.new("1", (480, 480))
    draw = ImageDraw.Draw(mask)
    for left, top, right, bottom in (*WINDOWS, WALL):
        for points in ((left, top, right, top), (left, bottom, right, bottom)):
            draw.line(points, 1, 2 * distance + 1)
        for points in ((left, top, left, bottom), (right, top, right, bottom)):
            draw.line(points, 1, 2 * distance + 1)
    return np.asarray(mask)


def test_lines_are_where_the_edges_are() -> None:
    lines = lineart(facade())
    assert lines.shape == (480, 480)
    assert lines.dtype == np.float32
    assert lines.min() == 0.0
    assert 0.8 < lines.max() <= 1.0
    drawn = lines > 0.3
    assert drawn[near_edges(4)].sum() / drawn.sum() > 0.97  # hardly a line anywhere else
    for left, top, right, bottom in WINDOWS:
        middle_x, middle_y = (left + right) // 2, (top + bottom) // 2
        for patch in (
            lines[top - 5 : top + 6, middle_x],
            lines[bottom - 5 : bottom + 6, middle_x],
            lines[middle_y, left - 5 : left + 6],
            lines[middle_y, right - 5 : right + 6],
        ):
            assert patch.max() > 0.5  # all four sides of every window
        assert lines[top + 15 : bottom - 15, left + 12 : right - 12].max() < 0.1  # the glass stays black


def test_more_detail_brings_out_faint_lines() -> None:
    """A joint in the wall, one pixel high and 12 grey values darker."""
    image = facade(grain=0)
    image[200, 100:380] -= 12 / 255
    faint = [float(lineart(image, detail=detail)[196:205, 170:210].max(axis=0).mean()) for detail in (0.0, 0.5, 1.0)]
    assert faint[0] < 0.05
    assert 0.2 < faint[1] < faint[2]
    assert faint[2] > 0.6


def test_shade_does_not_hide_lines() -> None:
    shaded = facade(grain=0)
    shaded[:, :240] *= 0.25
    lines = lineart(shaded)
    left, right = lines[:, 100:180], lines[:, 300:380]
    assert left.sum() > 0.5 * right.sum()


def test_a_flat_picture_has_no_lines() -> None:
    for value in (0.0, 0.5, 1.0):
        assert lineart(np.full((70, 90, 3), value, dtype=np.float32)).max() == 0.0


@pytest.mark.parametrize("shape", [(64, 300, 3), (301, 67, 3), (90, 70), (1, 1, 3), (1, 50, 3), (1600, 1200, 3)])
def test_the_size_is_kept(shape: tuple[int, ...]) -> None:
    lines = lineart(np.random.default_rng(1).random(shape))
    assert lines.shape == shape[:2]
    assert lines.min() >= 0.0
    assert lines.max() <= 1.0


def test_grey_and_colour_agree_and_nothing_is_random() -> None:
    grey = facade().mean(axis=2)
    colour = np.repeat(grey[..., None], 3, axis=2)
    assert np.allclose(lineart(grey), lineart(colour), atol=1e-3)
    assert np.array_equal(lineart(colour), lineart(colour))


def test_values_that_are_no_numbers_do_not_spread() -> None:
    image = facade()
    image[200:210, 200:210] = np.nan
    image[0, 0] = np.inf
    assert np.isfinite(lineart(image)).all()


@pytest.mark.parametrize(
    ("shape", "detail", "reason"),
    [
        ((8, 8, 4), 0.5, r"shape \(H, W, 3\) or \(H, W\), got \(8, 8, 4\)"),
        ((0, 8, 3), 0.5, "got"),
        ((8,), 0.5, "got"),
        ((8, 8, 3), 1.5, "detail must be from 0 to 1, got 1.5"),
        ((8, 8, 3), float("nan"), "detail"),
    ],
)
def test_lineart_refuses(shape: tuple[int, ...], detail: float, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        lineart(np.zeros(shape), detail=detail)


# Depth. -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "глибина depth"
    with torch.random.fork_rng():
        torch.manual_seed(0)
        build_depth_anything(path)
    return path


@pytest.fixture(scope="module")
def estimator(folder: Path) -> DepthEstimator:
    return DepthEstimator(folder, "cpu")


def photograph(width: int = 150, height: int = 100) -> Image.Image:
    return Image.fromarray((facade() * 255).astype(np.uint8)).resize((width, height))


@pytest.mark.parametrize("size", [(150, 100), (71, 203), (64, 64), (1, 1), (1, 50), (50, 1), (3, 50), (50, 3)])
def test_depth_spans_0_to_1_at_the_pictures_size(estimator: DepthEstimator, size: tuple[int, int]) -> None:
    depth = estimator.depth(photograph(*size))
    assert depth.shape == size[::-1]
    assert depth.dtype == np.float32
    if min(size) > 3:
        assert (depth.min(), depth.max()) == (0.0, 1.0)


def test_depth_is_always_the_same(estimator: DepthEstimator, folder: Path) -> None:
    depth = estimator.depth(photograph())
    assert np.array_equal(depth, estimator.depth(photograph()))
    assert np.array_equal(depth, DepthEstimator(folder, "cpu").depth(photograph()))
    assert not np.array_equal(
        depth, estimator.depth(photograph().transpose(Image.Transpose.ROTATE_90).resize((150, 100)))
    )


def test_depth_is_what_the_model_predicts(estimator: DepthEstimator, folder: Path) -> None:
    """Against transformers' own pipeline of processor, model and post-processing: the same relief."""
    from transformers import AutoImageProcessor, AutoModelForDepthEstimation

    processor = AutoImageProcessor.from_pretrained(folder)
    model = AutoModelForDepthEstimation.from_pretrained(folder).eval()
    image = photograph(140, 140)
    with torch.no_grad():
        outputs = model(**processor(images=image, return_tensors="pt"))
    (theirs,) = processor.post_process_depth_estimation(outputs, target_sizes=[(140, 140)])
    expected = normalised(theirs["predicted_depth"].numpy())
    assert np.corrcoef(estimator.depth(image).ravel(), expected.ravel())[0, 1] > 0.999


def test_a_model_of_metres_is_turned_round(folder: Path, tmp_path: Path) -> None:
    """Such models say how far away things are; ControlNet expects near to be bright."""
    metric = tmp_path / "metric"
    shutil.copytree(folder, metric)
    config = json.loads((metric / "config.json").read_text(encoding="utf-8"))
    (metric / "config.json").write_text(
        json.dumps({**config, "depth_estimation_type": "metric", "max_depth": 20}), encoding="utf-8"
    )
    inverse = DepthEstimator(folder, "cpu").depth(photograph()).ravel()
    metres = DepthEstimator(metric, "cpu").depth(photograph()).ravel()
    assert metres.max() == 1.0
    near, far = np.argsort(inverse)[-100:], np.argsort(inverse)[:100]
    assert metres[near].mean() < metres[far].mean()  # what is large in the same weights now is distance


def test_without_memory_depth_is_estimated_on_the_cpu(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = DepthEstimator(folder, "cpu").depth(photograph())
    estimator = DepthEstimator(folder, "meta")
    module, places = estimator._model._module, list[str]()

    def move(place: torch.device | str) -> None:
        places.append(str(place))
        if str(place) != "cpu":
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(module, "to", move)
    assert np.array_equal(estimator.depth(photograph()), expected)
    assert places == ["meta", "cpu"]


def test_closing_frees_the_model(folder: Path) -> None:
    estimator = DepthEstimator(folder, "cpu")
    model = weakref.ref(estimator._model._module)
    estimator.close()
    estimator.close()
    gc.collect()
    assert model() is None
    with pytest.raises(AtelierError, match="was closed"):
        estimator.depth(photograph())


def test_wrong_folders(folder: Path, tmp_path: Path) -> None:
    def refused(path: Path) -> str:
        with pytest.raises(AtelierError) as caught:
            DepthEstimator(path, "cpu")
        assert "models/depth_anything" in str(caught.value)
        assert str(path) in str(caught.value)
        return str(caught.value)

    assert "config.json is missing" in refused(tmp_path / "nowhere")
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    (copy / "preprocessor_config.json").unlink()
    assert "preprocessor_config.json is missing" in refused(copy)
    shutil.copy(folder / "preprocessor_config.json", copy)
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:500])
    assert "cannot be loaded" in refused(copy)
    weights.unlink()
    assert "weights are missing" in refused(copy)
    (copy / "config.json").write_text('{"model_type": "blip"}', encoding="utf-8")
    assert "'blip', not one of depth_anything, dpt" in refused(copy)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, 2.0, 3.0], [0.0, 0.5, 1.0]),
        ([-4.0, 0.0], [0.0, 1.0]),
        ([7.0, 7.0], [0.0, 0.0]),
        ([np.nan, 1.0, 3.0], [0.0, 0.0, 1.0]),
        ([np.inf, 1.0, 3.0], [0.0, 0.0, 1.0]),
        ([np.nan, np.nan], [0.0, 0.0]),
    ],
)
def test_normalised(values: list[float], expected: list[float]) -> None:
    result = normalised(np.array(values, dtype=np.float32))
    assert result.dtype == np.float32
    assert result.tolist() == expected
