"""Which pictures show what others show: for generated ones, whether a training picture was learned by heart."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PIL import Image

from .search import ResemblanceSearch
from .thumbnails import Thumbnails


def find_copies(
    pictures: Iterable[Image.Image],
    others: Iterable[Image.Image],
    progress: Callable[[int, int], None] | None = None,
) -> list[list[int]]:
    """For each picture the indices of those `others` that it is a copy or crop of, mirrored or not, or the other way.

    `progress` is called as (pictures compared, all of them); what it raises stops the search.

    Raises:
        DatasetError: there is no room for temporary files.
    """
    thumbnails = Thumbnails()
    try:
        for other in others:
            thumbnails.add(other)
        known = len(thumbnails)
        for picture in pictures:
            thumbnails.add(picture)
        found: list[list[int]] = [[] for _ in range(len(thumbnails) - known)]
        among = range(known, len(thumbnails))
        for pair in ResemblanceSearch(thumbnails).find(among, progress) if found else ():
            low, high = sorted((pair.first, pair.second))
            if low < known <= high:
                found[high - known].append(low)
        return found
    finally:
        thumbnails.close()
