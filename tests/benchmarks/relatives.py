"""How surely relatives are found on photographs: python dev.py bench relatives --photographs FOLDER

Of every photograph in the folder relatives are made (copies, crops, crops of crops), in six conditions: as it is, dark,
in fog, in snow, at night, and its plainest part. The table counts the relatives that were not recognised, and the
pairs of different photographs that were. The photographs must be different: joined pairs are listed, so that one can
look at them.
"""

from __future__ import annotations

import argparse
import io
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

from lora_core.dataset.pictures import IMAGE_SUFFIXES, open_reduced
from lora_core.errors import DatasetError
from lora_core.resemblance.search import ResemblanceSearch
from lora_core.resemblance.thumbnails import Thumbnails

LONG_SIDE = 768
SMALLEST = 200

Change = Callable[[Image.Image, np.random.Generator], Image.Image]


def _tones(image: Image.Image, low: float, high: float, gamma: float, noise: float, seed: int) -> Image.Image:
    """Tones mapped to low...high (of 255) after a gamma, with the noise of a sensor."""
    values = low + (high - low) * (np.asarray(image, dtype=np.float32) / 255) ** gamma
    values += np.random.default_rng(seed).normal(0, noise, values.shape)
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))


def _plainest(image: Image.Image) -> Image.Image:
    """The plainest of nine windows of three fifths of the sides: bare walls, sky, water."""
    sides = [round(side * 0.6) for side in image.size]
    corners = itertools.product(
        *([0, (whole - side) // 2, whole - side] for whole, side in zip(image.size, sides, strict=True))
    )
    windows = [image.crop((left, top, left + sides[0], top + sides[1])) for left, top in corners]
    return min(windows, key=lambda window: float(np.asarray(window.convert("L").reduce(8)).std()))


CONDITIONS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "as it is": lambda image: image,
    "dark": lambda image: _tones(image, 4, 60, 1.2, 1, 0),
    "fog": lambda image: _tones(ImageEnhance.Color(image).enhance(0.3), 150, 210, 0.9, 1, 1),
    "snow": lambda image: _tones(ImageEnhance.Color(image).enhance(0.4), 175, 252, 0.6, 1, 2),
    "night": lambda image: _tones(image, 2, 110, 2.6, 3, 3),
    "plain": _plainest,
}


def _crop(image: Image.Image, random: np.random.Generator, area: float) -> Image.Image:
    """A part of this area at a random place, of slightly other proportions."""
    stretch = np.exp(random.uniform(-0.15, 0.15))
    width, height = (min(1.0, float(area**0.5 * by)) for by in (stretch, 1 / stretch))
    left, top = random.uniform(0, 1 - width), random.uniform(0, 1 - height)
    edges = (left, top, left + width, top + height)
    return image.crop(tuple(round(edge * side) for edge, side in zip(edges, (*image.size, *image.size), strict=True)))


def _jpeg(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


RELATIVES: dict[str, Change] = {
    "copy": lambda image, random: _jpeg(image, 95),
    "two thirds": lambda image, random: image.resize((image.width * 2 // 3, image.height * 2 // 3)),
    "JPEG 35": lambda image, random: _jpeg(image, 35),
    "mirrored": lambda image, random: _jpeg(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), 85),
    "darker": lambda image, random: _jpeg(ImageEnhance.Brightness(image).enhance(0.6), 85),
    "crop, 60 % of the area": lambda image, random: _jpeg(_crop(image, random, 0.6), 85),
    "crop, 60 % of the sides": lambda image, random: _jpeg(_crop(image, random, 0.37), 85),
    "crop of a crop, 52 %": lambda image, random: _jpeg(_crop(_jpeg(_crop(image, random, 0.72), 85), random, 0.72), 80),
    "mirrored, darker crop, 45 %": lambda image, random: _jpeg(
        ImageEnhance.Brightness(_crop(image, random, 0.45).transpose(Image.Transpose.FLIP_LEFT_RIGHT)).enhance(0.7), 70
    ),
}


def photographs(folder: Path, most: int) -> dict[str, Image.Image]:
    """The pictures below a folder by name, reduced to LONG_SIDE; at most `most`, spread over all of them."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES)
    found = {}
    for path in paths[:: max(1, -(-len(paths) // most))]:
        try:
            image, size = open_reduced(path, LONG_SIDE)
        except DatasetError:
            continue
        if min(size) >= SMALLEST:
            image.thumbnail((LONG_SIDE, LONG_SIDE))
            found[path.relative_to(folder).as_posix()] = image
    return found


def search(images: Iterable[Image.Image]) -> ResemblanceSearch:
    """The pack's own search over these pictures."""
    thumbnails = Thumbnails()
    for image in images:
        thumbnails.add(image)
    return ResemblanceSearch(thumbnails)


def missed(image: Image.Image, seed: int) -> list[str]:
    """The relatives of a picture that are not recognised as such, neither directly nor through another one."""
    random = np.random.default_rng(seed)
    relatives = [change(image, random) for change in RELATIVES.values()]
    lost = []
    for name, relative in zip(RELATIVES, relatives, strict=True):
        if not search([image, relative]).find():
            lost.append(name)
    return lost


def joined(images: Sequence[Image.Image]) -> list[tuple[int, int]]:
    """Pairs of these pictures that are taken for relatives."""
    return [(found.first, found.second) for found in search(images).find()]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photographs", type=Path, metavar="FOLDER", help="none: nothing is measured")
    parser.add_argument("--most", type=int, default=250, help="photographs to use (default 250)")
    parser.add_argument("--condition", choices=CONDITIONS, action="append", help="only this condition; may be repeated")
    parser.add_argument("--names", action="store_true", help="list what was missed by name")
    parser.add_argument("--only", choices=("relatives", "strangers"), help="count one of the two; strangers are quick")
    arguments = parser.parse_args()
    if arguments.photographs is None:
        print("Skipped: it needs a folder of different photographs, --photographs FOLDER.")
        return 0
    images = photographs(arguments.photographs, arguments.most)
    names = list(images)
    pairs = len(names) * (len(names) - 1) // 2
    print(f"{len(names)} photographs, {len(RELATIVES)} relatives of each, {pairs} pairs of strangers")
    for condition in arguments.condition or CONDITIONS:
        changed = [CONDITIONS[condition](image) for image in images.values()]
        if arguments.only != "strangers":
            lost = Counter[str]()
            for index, image in enumerate(changed):
                for kind in missed(image, index):
                    lost[kind] += 1
                    if arguments.names:
                        print(f"  {condition}: {kind} of {names[index]} missed", flush=True)
            table = ", ".join(f"{kind}: {lost[kind]}" for kind in RELATIVES)
            print(f"{condition}: missed {sum(lost.values())} of {len(RELATIVES) * len(names)} ({table})", flush=True)
        if arguments.only != "relatives":
            begun = time.monotonic()
            strangers = joined(changed)
            seconds = time.monotonic() - begun
            for first, second in strangers:
                print(f"  {condition}: {names[first]} and {names[second]} joined")
            print(f"{condition}: joined {len(strangers)} of {pairs} pairs of strangers in {seconds:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
