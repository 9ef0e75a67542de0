"""Which pictures belong together, worked out only as far as a split needs to know.

The cost of comparing all pictures with all others grows quadratically, so beyond `ALL_PAIRS` pictures only those that
may validate are compared: their relatives must not be trained on. Resemblances among the rest do not matter.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence

from .search import Resemblance, ResemblanceSearch
from .thumbnails import Thumbnails

ALL_PAIRS = 600
"""Up to this many pictures every pair is compared."""

Progress = Callable[[int, int], None]
Groups = tuple[tuple[int, ...], ...]
"""Indices of pictures, each in exactly one group."""


class Kinship:
    """Pictures by index, and which are copies or crops of which."""

    def __init__(
        self,
        names: Sequence[str],
        hashes: Sequence[str],
        thumbnails: Thumbnails,
        progress: Progress | None = None,
    ) -> None:
        """Finds equal files at once; copies and crops on request.

        Args:
            names: of the pictures, for the notes.
            hashes: content hash of each picture.
            thumbnails: one for each different hash, in the order in which they first appear in `hashes`.
            progress: called as (pictures compared, all of them) while comparing; what it raises is passed on.
        """
        self.notes: list[str] = []
        """A sentence for each resemblance found."""
        self._names, self._progress = names, progress
        self._search = ResemblanceSearch(thumbnails)
        first: dict[str, int] = {}
        self._pairs: list[tuple[int, int]] = []
        for index, digest in enumerate(hashes):
            twin = first.setdefault(digest, index)
            if twin != index:
                self._pairs.append((twin, index))
                self.notes.append(f"{names[index]} is the same file as {names[twin]}")
        self._distinct = list(first.values())
        self.notes += [
            f"{names[self._distinct[place]]} has hardly any details, so copies and crops of it may not be recognised"
            for place in thumbnails.faint
        ]
        place = {index: number for number, index in enumerate(self._distinct)}
        self._place = [place[first[digest]] for digest in hashes]
        self._asked: set[int] = set()
        """Indices into `_distinct`."""

    def ask(self, among: Iterable[int]) -> None:
        """Compare some pictures with all others."""
        new = {self._place[index] for index in among} - self._asked
        if not new:
            return
        for found in self._search.find(new, self._progress):
            if not self._asked & {found.first, found.second}:  # otherwise it was found before
                whole, part = self._distinct[found.first], self._distinct[found.second]
                self._pairs.append((whole, part))
                self.notes.append(describe(found, self._names[whole], self._names[part]))
        self._asked |= new

    def relatives(self, items: Iterable[int]) -> set[int]:
        """Some pictures and all that are related to any of them, however remotely."""
        found = set(items)
        while True:
            self.ask(found)
            related = {member for members in self._known() if found & set(members) for member in members}
            if related == found:
                return found
            found = related

    def groups(self) -> Groups:
        """Pictures that belong on one side of a split. All that have not been compared yet count as one group."""
        unknown = [index for place, index in enumerate(self._distinct) if place not in self._asked]
        return group(len(self._names), [*self._pairs, *itertools.pairwise(unknown)])

    def _known(self) -> Groups:
        return group(len(self._names), self._pairs)


def describe(found: Resemblance, whole: str, part: str) -> str:
    """A resemblance of the pictures of these names, in a sentence without its full stop."""
    mirrored = "mirrored " if found.mirrored else ""
    kind, how = ("copy", "") if found.area > 0.97 else ("crop", f" ({found.area:.0%} of it)")
    verb, end = ("is", "") if found.sure else ("may be", ", so both are kept on one side")
    return f"{part} {verb} a {mirrored}{kind} of {whole}{how}{end}"


def group(count: int, pairs: Iterable[tuple[int, int]]) -> Groups:
    """Join 0 ... count - 1 into the connected sets that the pairs form (union-find); sorted, and each sorted."""
    parent = list(range(count))

    def root(item: int) -> int:
        while parent[item] != item:
            parent[item] = parent[parent[item]]  # path halving
            item = parent[item]
        return item

    for first, second in pairs:
        a, b = root(first), root(second)
        parent[max(a, b)] = min(a, b)
    members: dict[int, list[int]] = {}
    for item in range(count):
        members.setdefault(root(item), []).append(item)
    return tuple(tuple(members[key]) for key in sorted(members))
