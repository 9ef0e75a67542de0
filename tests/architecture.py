"""The structure of a package, read from its imports: python tests/architecture.py [FOLDER]

A room is what one sees when one opens the package: a module or a sub-package. An arrow leads from a room to one it
imports from, whether always, within a function or for the type checker alone. Floors count the longest way down.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
Arrows = Mapping[str, set[str]]
"""What each place imports from."""


@dataclass(frozen=True)
class Import:
    """One imported module."""

    file: Path
    line: int
    relative: bool
    module: str
    """Dotted; of a relative import from the repository's root, or "" if it leads outside."""

    def __str__(self) -> str:
        return f"{self.file.name}:{self.line} imports {self.module or 'something outside the pack'}"


def imports(place: Path, root: Path) -> Iterator[Import]:
    """Every import of a module, or of all below a folder; relative ones are resolved against `root`."""
    for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
        package = file.relative_to(root).parent.parts
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(file, node.lineno, False, alias.name)
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                yield Import(file, node.lineno, False, node.module or "")
            elif isinstance(node, ast.ImportFrom):
                yield from _relative(file, node, package, root)


def _relative(file: Path, node: ast.ImportFrom, package: tuple[str, ...], root: Path) -> Iterator[Import]:
    """One import per name, since the names may be modules, as in `from . import a, b`."""
    if node.level > len(package) + 1:
        yield Import(file, node.lineno, True, "")
        return
    base = [*package[: len(package) - node.level + 1], *(node.module or "").split(".")]
    base = [part for part in base if part]
    for alias in node.names:
        module = [*base, alias.name]
        found = module if root.joinpath(*module).with_suffix(".py").is_file() else base
        yield Import(file, node.lineno, True, ".".join(found))


def between_modules(package: Path) -> Arrows:
    """Which module of a package imports which, by dotted names within it."""
    arrows: dict[str, set[str]] = {}
    for file in sorted(package.rglob("*.py")):
        arrows[_inside(".".join(file.relative_to(package.parent).with_suffix("").parts), package)] = set()
    for each in imports(package, package.parent):
        source = _inside(".".join(each.file.relative_to(package.parent).with_suffix("").parts), package)
        target = _inside(each.module, package)
        if each.relative and each.module.split(".")[0] == package.name and target != source:
            arrows[source].add(target if target in arrows else f"{target}.__init__".lstrip("."))
    return arrows


def _inside(module: str, package: Path) -> str:
    return module.removeprefix(package.name).lstrip(".")


def between_rooms(modules: Arrows) -> Arrows:
    """The same, room by room."""
    rooms: dict[str, set[str]] = {module.split(".")[0]: set() for module in modules}
    for source, targets in modules.items():
        room = source.split(".")[0]
        rooms[room] |= {target.split(".")[0] for target in targets} - {room}
    return rooms


def circle(arrows: Arrows) -> list[str]:
    """Places that import one another in a circle, the first also last; empty if there is none."""
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def floors(arrows: Arrows) -> dict[str, int]:
    """The floor of each place, from 1; there must be no circle."""
    height: dict[str, int] = {}
    for place in TopologicalSorter(arrows).static_order():
        height[place] = 1 + max((height[target] for target in arrows[place]), default=0)
    return height


def climbing(rooms: Arrows, order: Iterable[str]) -> list[str]:
    """Arrows that lead up. `order` has the floors from the top down, each with its rooms separated by spaces."""
    height = {room: -floor for floor, line in enumerate(order) for room in line.split()}
    missing = sorted(set(rooms) - set(height))
    return [f"{room} stands on no floor" for room in missing] + [
        f"{room} imports from {target}"
        for room, targets in sorted(rooms.items())
        for target in sorted(targets)
        if room not in missing and height.get(target, 0) >= height[room]
    ]


def main() -> None:
    """Prints rooms, floors and arrows of a package."""
    package = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT / "lora_core"
    modules = between_modules(package)
    rooms = between_rooms(modules)
    files = list(package.rglob("*.py"))
    lines = sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files)
    arrows = sum(map(len, rooms.values()))
    print(f"{package.name}: {len(files)} files, {lines} lines, {len(rooms)} rooms, {arrows} arrows between them")
    for what, places in (("modules", modules), ("rooms", rooms)):
        print(f"circle of {what}: {' -> '.join(circle(places)) or 'none'}")
    if circle(rooms):
        return
    heights = floors(rooms)
    for floor in range(max(heights.values()), 0, -1):
        print(f"floor {floor}: {'  '.join(sorted(room for room in rooms if heights[room] == floor))}")


if __name__ == "__main__":
    main()
