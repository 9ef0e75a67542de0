"""The split into training and validation: seeded, stable, and no picture on both sides in any form."""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageEnhance

from lora_core.dataset.folder_scan import find_styles
from lora_core.dataset.load import load_style
from lora_core.dataset.manifest import Manifest
from lora_core.dataset.split import split
from lora_core.resemblance.kinship import Groups, Kinship, group
from lora_core.resemblance.thumbnails import Thumbnails

# Groups and the choice among them: pure functions of numbers. -------------------------------------------------------


def assert_whole_groups(groups: Groups, chosen: Sequence[int]) -> None:
    for members in groups:
        assert len(set(members) & set(chosen)) in (0, len(members))


def best_possible(groups: Groups, count: int) -> int:
    """The most pictures, up to `count` and fewer than all, that whole groups make: by trying every total."""
    count = min(count, sum(map(len, groups)) - 1)
    totals = {0}
    for members in groups:
        totals |= {total + len(members) for total in totals if total + len(members) <= count}
    return max(totals)


@st.composite
def kin(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]], int, int]:
    count = draw(st.integers(2, 80))
    item = st.integers(0, count - 1)
    pairs = draw(st.lists(st.tuples(item, item), max_size=draw(st.sampled_from((0, 3, 20, 60)))))
    return count, pairs, draw(st.integers(1, 20)), draw(st.integers(0, 2**31 - 1))


@settings(max_examples=300)
@given(kin())
def test_no_group_is_ever_split(example: tuple[int, list[tuple[int, int]], int, int]) -> None:
    count, pairs, wanted, seed = example
    groups = group(count, pairs)
    assert sorted(item for members in groups for item in members) == list(range(count))
    side = {item: place for place, members in enumerate(groups) for item in members}
    assert all(side[first] == side[second] for first, second in pairs)
    hashes = [f"{item:032x}" for item in range(count)]
    chosen = split(groups, hashes, wanted, seed)
    assert_whole_groups(groups, chosen)
    assert len(chosen) == best_possible(groups, wanted)
    assert chosen == split(groups, hashes, wanted, seed)


def test_groups_are_connected_sets() -> None:
    assert group(6, [(4, 1), (1, 3), (5, 5)]) == ((0,), (1, 3, 4), (2,), (5,))
    assert group(0, []) == ()


def test_larger_groups_fill_up_what_single_pictures_cannot() -> None:
    hashes = [f"{item:032x}" for item in range(10)]
    groups: Groups = ((0, 1), (2, 3, 4), (5,), (6, 7, 8, 9))
    assert len(split(groups, hashes, 3, 0)) == 3
    assert {5} < set(split(groups, hashes, 3, 0))
    assert split(((0, 1), (2, 3)), hashes[:4], 3, 0) in ((0, 1), (2, 3))  # 3 is not possible, 2 is
    assert split(((0, 1, 2),), hashes[:3], 1, 0) == ()


def test_order_and_place_do_not_matter() -> None:
    hashes = [f"{item:032x}" for item in range(30)]
    groups = tuple((item,) for item in range(30))
    chosen = {hashes[item] for item in split(groups, hashes, 8, 3)}
    shuffled = [hashes[item] for item in np.random.default_rng(0).permutation(30)]
    assert {shuffled[item] for item in split(groups, shuffled, 8, 3)} == chosen


@given(st.integers(0, 10_000))
def test_one_more_picture_moves_at_most_one(seed: int) -> None:
    hashes = [f"{item:032x}" for item in range(31)]
    before = split(tuple((item,) for item in range(30)), hashes[:30], 8, seed)
    after = split(tuple((item,) for item in range(31)), hashes, 8, seed)
    assert len(set(before) - set(after)) <= 1


def test_the_choice_stays_what_it_was() -> None:
    """Frozen: an update of the pack must not hold out other pictures than before."""
    hashes = [hashlib.blake2b(bytes([item]), digest_size=16).hexdigest() for item in range(64)]
    alone = group(64, [])
    assert split(alone, hashes, 8, 0) == (0, 1, 8, 12, 24, 39, 40, 42)
    assert split(alone, hashes, 8, 1) == (12, 25, 30, 35, 46, 55, 60, 62)
    related = split(group(64, [(0, 1)]), hashes, 8, 0)  # these two make room for the next in rank
    assert {8, 12, 24, 39, 40, 42} < set(related)
    assert not {0, 1} & set(related)


# Real pictures with real relatives. ---------------------------------------------------------------------------------


def drawn(random: np.random.Generator) -> Image.Image:
    """A facade: sky, wall, windows and a door, at random."""
    width, height = (int(side) for side in random.integers(180, 320, 2))
    image = Image.new("RGB", (width, height), colour(random))
    draw = ImageDraw.Draw(image)
    ground, roof = height * random.uniform(0.8, 0.92), height * random.uniform(0.08, 0.3)
    left, right = width * random.uniform(0.03, 0.2), width * random.uniform(0.75, 0.97)
    draw.rectangle([0, ground, width, height], fill=colour(random))
    draw.rectangle([left, roof, right, ground], fill=colour(random))
    columns, rows = random.integers(2, 8, 2)
    for x in np.linspace(left, right, columns, endpoint=False):
        for y in np.linspace(roof, ground, rows, endpoint=False):
            draw.rectangle([x + 4, y + 5, x + random.uniform(8, 24), y + random.uniform(9, 30)], fill=colour(random))
    return image


def colour(random: np.random.Generator) -> tuple[int, ...]:
    return tuple(int(value) for value in random.integers(0, 256, 3))


def relative(image: Image.Image, random: np.random.Generator) -> Image.Image:
    """A near-copy or a crop of at least 49 % of the area."""
    kind = random.integers(5)
    if kind == 0:
        image = image.resize((int(image.width * 0.7), int(image.height * 0.7)), Image.Resampling.LANCZOS)
    elif kind == 1:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    elif kind == 2:
        image = ImageEnhance.Brightness(image).enhance(random.uniform(0.8, 1.2))
    else:
        width, height = (int(side * random.uniform(0.7, 0.95)) for side in image.size)
        left, top = random.integers(0, image.width - width + 1), random.integers(0, image.height - height + 1)
        image = image.crop((left, top, left + width, top + height))
    return reopened(image, int(random.integers(60, 96)))


def reopened(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


def family_tree(seed: int) -> tuple[list[Image.Image], list[int]]:
    """24 pictures and 12 relatives of some of them, and the family of each."""
    random = np.random.default_rng(seed)
    images, families = [drawn(random) for _ in range(24)], list(range(24))
    for _ in range(12):
        family = int(random.integers(10))
        original = images[family]
        images.append(original if random.random() < 0.25 else relative(original, random))
        families.append(family)
    order = random.permutation(len(images))
    return [images[item] for item in order], [families[item] for item in order]


def test_ten_thousand_random_splits_leak_nothing() -> None:
    """Eight sets of pictures with copies, near-copies and crops among them, 1,250 seeds each."""
    splits = chosen_once = 0
    for tree in range(8):
        images, families = family_tree(tree)
        hashes = [hashlib.blake2b(image.tobytes(), digest_size=16).hexdigest() for image in images]
        thumbnails = Thumbnails()
        for digest in dict.fromkeys(hashes):
            thumbnails.add(images[hashes.index(digest)])
        kinship = Kinship([f"{item}.png" for item in range(len(images))], hashes, thumbnails)
        kinship.ask(range(len(images)))
        groups, ever = kinship.groups(), set[int]()
        for seed in range(1_250):
            count = 1 + seed % 12
            chosen = split(groups, hashes, count, seed)
            validation = {families[item] for item in chosen}
            training = {families[item] for item in range(len(images)) if item not in chosen}
            assert not validation & training, f"family {validation & training} of tree {tree}, seed {seed}"
            assert len(chosen) == count
            splits += 1
            ever |= set(chosen)
        chosen_once += len(ever)
    assert splits == 10_000
    assert chosen_once >= 8 * 12  # the seeds do choose different pictures


@pytest.fixture(scope="module")
def kin_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A family tree on the disk, families in the file names; copies are byte for byte."""
    folder = tmp_path_factory.mktemp("split") / "Неокласицизм"
    folder.mkdir()
    images, families = family_tree(77)
    for index, (image, family) in enumerate(zip(images, families, strict=True)):
        image.save(folder / f"{index:02} of {family:02}.png")
    return folder


def family_names(pictures: Sequence[object]) -> Iterator[str]:
    return (picture.path.stem.split(" of ")[1] for picture in pictures)  # type: ignore[attr-defined]


def test_no_family_is_split_on_disk(kin_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In large sets too, where fewer pictures are compared with the same resulting split."""
    for seed in range(3):
        chosen = []
        for all_pairs in (600, 5):
            monkeypatch.setattr("lora_core.dataset.load.ALL_PAIRS", all_pairs)
            dataset = load_style(kin_folder, resolution=64, validation_count=4, seed=seed)
            assert not set(family_names(dataset.training)) & set(family_names(dataset.validation))
            assert any("only those that may validate" in note for note in dataset.notes) == (all_pairs == 5)
            chosen.append(dataset.validation)
        assert len(chosen[0]) == 4
        assert chosen[0] == chosen[1]


def test_a_large_set_of_relatives_asks_on(kin_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the first candidates all have relatives, more are tried until the number is reached."""
    monkeypatch.setattr("lora_core.dataset.load.ALL_PAIRS", 5)
    random = np.random.default_rng(3)
    for index in range(12):
        image = drawn(random)
        image.save(tmp_path / f"{index} of {index}.png")
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(tmp_path / f"m{index} of {index}.png")
    dataset = load_style(tmp_path, resolution=64, validation_count=4)
    assert len(dataset.validation) == 4
    assert not set(family_names(dataset.training)) & set(family_names(dataset.validation))


@pytest.mark.parametrize("all_pairs", [600, 5])
def test_validation_folder_keeps_whole_families_out(
    kin_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, all_pairs: int
) -> None:
    monkeypatch.setattr("lora_core.dataset.load.ALL_PAIRS", all_pairs)
    folder = tmp_path / "style"
    shutil.copytree(kin_folder, folder)
    (folder / "val").mkdir()
    for family in ("03", "07"):
        shutil.move(next(folder.glob(f"* of {family}.png")), folder / "val")
    dataset = load_style(folder, resolution=64, validation_count=99, seed=5)
    assert sorted(family_names(dataset.validation)) == ["03", "07"]
    assert set(family_names(dataset.training)).isdisjoint({"03", "07"})


def test_each_style_is_split_for_itself(tmp_path: Path) -> None:
    random = np.random.default_rng(9)
    for style, count in (("Bauhaus", 9), ("Renaissance", 12)):
        (tmp_path / style).mkdir()
        for index in range(count):
            drawn(random).save(tmp_path / style / f"{index}.png")
    together = {folder.name: load_style(folder, resolution=64, validation_count=3) for folder in find_styles(tmp_path)}
    assert {name: len(style.validation) for name, style in together.items()} == {"Bauhaus": 3, "Renaissance": 3}
    shutil.rmtree(tmp_path / "Renaissance")
    alone = load_style(tmp_path / "Bauhaus", resolution=64, validation_count=3)
    assert alone.fingerprint() == together["Bauhaus"].fingerprint()


def test_the_manifest_tells_the_split(kin_folder: Path) -> None:
    dataset = load_style(kin_folder, resolution=64, validation_count=4)
    told = {(entry.content_hash, entry.side) for entry in Manifest.of(dataset).pictures}
    sides = {"training": dataset.training, "validation": dataset.validation}
    for side, pictures in sides.items():
        for picture in pictures:
            digest = hashlib.blake2b(picture.path.read_bytes(), digest_size=16).hexdigest()
            assert (digest, side) in told
    hashes = [digest for digest, _ in told]
    assert len(hashes) == len(set(hashes))  # no content on both sides
