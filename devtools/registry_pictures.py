"""Renders the registry's icon and banner from their SVG files: python -m devtools.registry_pictures"""

from __future__ import annotations

import io
import sys

from PIL import Image

from .browser import find_chromium
from .console import Failure, plain_output, say
from .places import IMAGES, ROOT

SIZES = {"icon": (400, 400), "banner": (1260, 540)}
"""In pixels: the largest square icon that the registry takes, and 21:9."""


def main() -> int:
    from playwright.sync_api import sync_playwright

    plain_output()
    chromium = find_chromium()
    if chromium is None:
        raise Failure("No Chromium found: install chromium or Chrome, or name it in the variable CHROMIUM.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, (width, height) in SIZES.items():
            page = browser.new_page(viewport={"width": width, "height": height})
            page.goto((IMAGES / f"{name}.svg").as_uri())
            picture: Image.Image = Image.open(io.BytesIO(page.screenshot(omit_background=True)))
            path = IMAGES / f"{name}.png"
            if picture.mode == "RGB":  # not the icon, whose corners are transparent: 256 colours would show as bands
                picture = picture.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
            picture.save(path, optimize=True)
            say(f"  {path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")
        browser.close()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        print(f"\n{failure}", file=sys.stderr)
        sys.exit(1)
