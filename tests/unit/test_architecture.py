"""The direction of imports, and other promises that a reader of one file cannot check.

web -> nodes/routes -> nodes -> lora_core, and inside lora_core every module may import only lower layers. Imports for
type checkers alone (`if TYPE_CHECKING:`) do not count: they are gone when the program runs.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from devtools.places import ROOT

# From the ground up: a module imports only from the layers above its own line here.
LAYERS = (
    {"__init__", "batches", "diffusion", "errors", "fused_lora", "layout", "progress", "rng", "smoothing", "split"},
    {"base_model", "buckets", "config", "files", "hub", "lineart", "pictures", "regions", "terminal", "thumbnails"},
    {
        "adapters",
        "blip",
        "captions",
        "checkpoints",
        "depth",
        "event_file",
        "metadata",
        "model_files",
        "pick_words",
        "plot",
        "preview",
        "window_search",
    },
    {"duplicates", "folder_scan", "selection"},
    {"kinship", "retention"},
    {"picture_scan"},
    {"dataset_report"},
    {"dataset"},
    {"averaging", "contact_sheet", "latent_cache", "optimization", "run_record", "validation"},
    {"run_view", "validator"},
    {"trainer"},
    {"export"},
    {"cli"},
    {"__main__"},
)

COMFYUI = {"comfy", "comfy_api", "comfy_execution", "comfy_extras", "execution", "folder_paths", "nodes", "server"}
OURS = {"lora_core", "nodes", "devtools", "pocket", "tests", "dev"}

# Who may import these in nodes/; ComfyUI's own module is called nodes too, and the drawings are shipped
# for one node.
SOLE_IMPORTERS = {
    "comfy": ("comfy_bridge", "comfy_pocket"),
    "folder_paths": ("comfy_bridge",),
    "nodes": ("comfy_bridge",),
    "pocket": ("drawn_dataset", "pocket_model_loader"),
    "server": ("routes",),
    "aiohttp": ("routes",),
}


@dataclass(frozen=True)
class Import:
    """`package` is the first name of an absolute import, or the pack's folder that a relative one leads to."""

    file: Path
    line: int
    relative: bool
    package: str
    module: str

    def __str__(self) -> str:
        return f"{self.file.name}:{self.line} imports {'.'.join(filter(None, (self.package, self.module)))}"


def imports(folder: Path) -> Iterator[Import]:
    """Every import of the modules in `folder`, relative ones resolved against the pack's root."""
    for file in sorted(folder.glob("*.py")):
        for node in _running(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    first, _, rest = alias.name.partition(".")
                    yield Import(file, node.lineno, False, first, rest)
            elif isinstance(node, ast.ImportFrom):
                yield from _imported_from(file, node, folder)


def _imported_from(file: Path, node: ast.ImportFrom, folder: Path) -> Iterator[Import]:
    if node.level == 0:
        first, _, rest = (node.module or "").partition(".")
        yield Import(file, node.lineno, False, first, rest)
        return
    parts = [folder.name, *(node.module or "").split(".")] if node.level == 1 else (node.module or "").split(".")
    modules = [part for part in parts if part]
    if node.level > 2 or not modules:
        yield Import(file, node.lineno, True, "", "outside of the pack")
    elif len(modules) > 1:
        yield Import(file, node.lineno, True, modules[0], ".".join(modules[1:]))
    else:  # from . import a, b: modules, or names of __init__
        for alias in node.names:
            named = folder.parent / modules[0] / f"{alias.name}.py"
            yield Import(file, node.lineno, True, modules[0], alias.name if named.exists() else "__init__")


def _running(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        yield from _running(node)


def core_violations(folder: Path, layers: tuple[set[str], ...] = LAYERS) -> list[str]:
    """What is wrong with lora_core's imports."""
    layer_of = {module: number for number, modules in enumerate(layers) for module in modules}
    present = {file.stem for file in folder.glob("*.py")}
    wrong = [f"{module}.py has no layer: add it to LAYERS" for module in sorted(present - layer_of.keys())]
    wrong += [f"{module} is in LAYERS but not there" for module in sorted(layer_of.keys() - present)]
    for each in imports(folder):
        own = layer_of.get(each.file.stem, 0)
        if each.relative and each.package == folder.name:
            if layer_of.get(each.module, 0) >= own and each.module != each.file.stem:
                wrong.append(f"{each}: its layer {layer_of.get(each.module)} is not below layer {own}")
        elif each.package in COMFYUI | OURS | {""}:
            wrong.append(f"{each}: the core knows nothing of it")
    return wrong


def nodes_violations(folder: Path) -> list[str]:
    """What is wrong with the imports of nodes/."""
    wrong = []
    for each in imports(folder):
        allowed = SOLE_IMPORTERS.get(each.package)
        if each.relative and each.package in ("nodes", "lora_core"):
            continue
        if not each.relative and each.package in ("lora_core", "pocket"):
            wrong.append(f"{each} absolutely: inside ComfyUI only relative imports find it")
        elif allowed is not None:
            if each.file.stem not in allowed:
                wrong.append(f"{each}: only {' and '.join(f'{module}.py' for module in allowed)} may")
        elif each.relative or each.package in OURS:
            wrong.append(f"{each}: it is not shipped with the pack")
    return wrong


def foreign_imports(folder: Path, forbidden: set[str], but: dict[str, set[str]] | None = None) -> list[str]:
    """Imports of `forbidden` packages, but for what `but` allows a module."""
    allowed = but or {}
    return [
        str(each)
        for each in imports(folder)
        if each.package in forbidden - {folder.name} - allowed.get(each.file.stem, set())
    ]


def test_the_core_imports_only_downwards() -> None:
    assert core_violations(ROOT / "lora_core") == []


def test_nodes_reach_comfyui_through_the_bridge() -> None:
    assert nodes_violations(ROOT / "nodes") == []


def test_developer_commands_do_not_import_the_pack() -> None:
    # Each runs as a script of its own.
    but = {"standin_weights": {"comfy"}, "example_thumbnails": {"pocket"}, "pocket_samples": {"lora_core", "pocket"}}
    assert foreign_imports(ROOT / "devtools", COMFYUI | OURS, but) == []


@pytest.mark.parametrize("part", ["", "model", "drawing", "drawing/engine", "drawing/parts", "drawing/styles"])
def test_the_drawn_buildings_do_not_import_the_pack(part: str) -> None:
    assert foreign_imports(ROOT / "pocket" / part, COMFYUI | OURS) == []


def drawing_violations(drawing: Path) -> list[str]:
    """Imports of the drawing program's packages that do not go one way: engine ← parts ← styles."""
    allowed = {"engine": (), "parts": ("engine",), "styles": ("engine", "parts")}
    return [
        f"{package}/{each}: it may import {' and '.join(below) or 'neither parts nor styles'}"
        for package, below in allowed.items()
        for each in imports(drawing / package)
        if each.relative and each.package not in (package, *below)
    ]


def test_the_drawing_programs_imports_go_one_way() -> None:
    assert drawing_violations(ROOT / "pocket" / "drawing") == []


@pytest.mark.parametrize(
    ("package", "text", "complaint"),
    [
        ("engine", "from ..parts.scene import x", "engine/a.py:1 imports parts.scene: it may import neither parts nor"),
        ("parts", "from ..styles import x", "parts/a.py:1 imports styles.__init__: it may import engine"),
        ("styles", "from ..facades import x", "styles/a.py:1 imports facades.__init__: it may import engine and parts"),
    ],
)
def test_a_drawing_import_that_climbs_is_found(tmp_path: Path, package: str, text: str, complaint: str) -> None:
    write(tmp_path / package, a=text)
    (found,) = drawing_violations(tmp_path)
    assert found.startswith(complaint)


def test_only_dev_py_and_devtools_start_without_the_environment() -> None:
    found = {each.package for each in imports(ROOT) if each.file.name == "dev.py"}
    assert found <= set(sys.stdlib_module_names) | {"devtools"}


@pytest.mark.parametrize(
    "module",
    ["browser", "checks", "commands", "comfyui", "console", "environment", "frontend", "home", "places", "workflow"],
)
def test_modules_that_run_before_the_environment_need_the_standard_library_alone(module: str) -> None:
    found = {each.package for each in imports(ROOT / "devtools") if each.file.stem == module}
    assert found <= set(sys.stdlib_module_names) | {"devtools"}


def write(folder: Path, **modules: str) -> Path:
    folder.mkdir(parents=True)
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("from .trainer import train", "low.py:1 imports lora_core.trainer: its layer 1 is not below layer 0"),
        ("def f():\n    from . import trainer", "low.py:2 imports lora_core.trainer: its layer 1 is not below layer 0"),
        ("from .other import x", "low.py:1 imports lora_core.other: its layer 0 is not below layer 0"),
        ("import comfy.sd", "low.py:1 imports comfy.sd: the core knows nothing of it"),
        ("import folder_paths", "low.py:1 imports folder_paths: the core knows nothing of it"),
        ("from ..nodes import x", "low.py:1 imports nodes.__init__: the core knows nothing of it"),
        ("from devtools.places import ROOT", "low.py:1 imports devtools.places: the core knows nothing of it"),
        ("from ...elsewhere import x", "low.py:1 imports outside of the pack: the core knows nothing of it"),
    ],
)
def test_a_wrong_import_of_the_core_is_found(tmp_path: Path, text: str, complaint: str) -> None:
    layers = ({"low", "other"}, {"trainer"})
    folder = write(tmp_path / "lora_core", low=text, other="import numpy", trainer="from .low import x")
    assert core_violations(folder, layers) == [complaint]


def test_a_right_core_has_no_violations(tmp_path: Path) -> None:
    low = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .trainer import Trainer\nimport torch"
    folder = write(tmp_path / "lora_core", low=low, trainer="from .low import x\nfrom . import low")
    assert core_violations(folder, ({"low"}, {"trainer"})) == []


def test_a_module_without_a_layer_is_found(tmp_path: Path) -> None:
    folder = write(tmp_path / "lora_core", new="")
    assert core_violations(folder, ({"old"},)) == [
        "new.py has no layer: add it to LAYERS",
        "old is in LAYERS but not there",
    ]


@pytest.mark.parametrize(
    ("module", "text", "complaint"),
    [
        ("some_node", "import comfy.sd", "some_node.py:1 imports comfy.sd: only comfy_bridge.py and comfy_pocket.py"),
        ("comfy_pocket", "import folder_paths", "comfy_pocket.py:1 imports folder_paths: only comfy_bridge.py may"),
        ("some_node", "from server import PromptServer", "some_node.py:1 imports server: only routes.py may"),
        ("some_node", "from nodes import KSampler", "some_node.py:1 imports nodes: only comfy_bridge.py may"),
        ("some_node", "from devtools.home import x", "some_node.py:1 imports devtools.home: it is not shipped"),
        ("some_node", "from ..pocket import x", "some_node.py:1 imports pocket.__init__: only drawn_dataset.py"),
        (
            "drawn_dataset",
            "from pocket.drawing.facades import x",
            "drawn_dataset.py:1 imports pocket.drawing.facades absolutely",
        ),
        ("some_node", "from lora_core.config import x", "some_node.py:1 imports lora_core.config absolutely"),
        ("routes", "import folder_paths", "routes.py:1 imports folder_paths: only comfy_bridge.py may"),
    ],
)
def test_a_wrong_import_of_a_node_is_found(tmp_path: Path, module: str, text: str, complaint: str) -> None:
    (found,) = nodes_violations(write(tmp_path / "nodes", **{module: text}))
    assert found.startswith(complaint)


def test_right_nodes_have_no_violations(tmp_path: Path) -> None:
    node = "from comfy_api.latest import io\nfrom ..lora_core.config import x\nfrom . import comfy_bridge\nimport torch"
    bridge = "import comfy.sd\nimport folder_paths\ndef f():\n    from nodes import ControlNetApplyAdvanced"
    routes = "from server import PromptServer\nfrom aiohttp import web\nfrom . import comfy_bridge"
    drawn = "from ..pocket.drawing.facades import draw"
    modules = {
        "drawn_dataset": drawn,
        "some_node": node,
        "comfy_bridge": bridge,
        "comfy_pocket": "import comfy.sd",
        "routes": routes,
    }
    assert nodes_violations(write(tmp_path / "nodes", **modules)) == []


def test_devtools_that_import_the_pack_are_found(tmp_path: Path) -> None:
    folder = write(tmp_path / "devtools", a="from lora_core.plot import draw", b="from .a import x")
    assert foreign_imports(folder, OURS) == ["a.py:1 imports lora_core.plot"]


# What is promised about packaging


def test_requirements_are_the_same_in_both_places() -> None:
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10 cannot read pyproject.toml")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert requirements() == project["dependencies"]


def requirements() -> list[str]:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def test_requirements_leave_comfyuis_own_packages_alone() -> None:
    names = {re.split(r"[<>=!~; \[]", line)[0].lower() for line in requirements()}
    assert names
    assert not names & {"torch", "torchvision", "torchaudio", "numpy", "pillow", "safetensors", "transformers"}


def test_what_the_core_imports_is_required_or_comes_with_comfyui() -> None:
    with_comfyui = {"torch", "numpy", "PIL", "safetensors", "transformers"}
    of_these = {"filelock", "huggingface_hub"}  # transformers and diffusers cannot be installed without them
    required = {re.split(r"[<>=!~; \[]", line)[0] for line in requirements()}
    third_party = {each.package for each in imports(ROOT / "lora_core")} - set(sys.stdlib_module_names) - {"lora_core"}
    assert third_party - with_comfyui - of_these <= required


def test_the_pack_ships_what_its_nodes_read_and_leaves_development_out() -> None:
    """Git reads .comfyignore here: its rules are those of .gitignore."""
    shipped = ["__init__.py", "nodes/extension.py", "pocket/model/pocket_sd.safetensors", "pocket/drawing/facades.py"]
    left_out = ["dev.py", "devtools/demo.py", "tests/conftest.py", "pocket/pretraining/network.py"]
    rules = ["-c", f"core.excludesFile={ROOT / '.comfyignore'}"]
    asked = ["git", *rules, "check-ignore", "--no-index", *shipped, *left_out]
    answered = subprocess.run(asked, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    if answered.returncode not in (0, 1):
        pytest.skip("no git repository here")
    assert answered.stdout.split() == left_out


# What is promised about the text

LONGEST_FILE = 360  # lines; about 300 is what one should aim at

# Said once for all: what ComfyUI asks of an extension and its nodes, and dev.py of its commands.
INTERFACE = {"comfy_entrypoint", "get_node_list", "define_schema", "execute", "configure", "run", "main"}


def undocumented(file: Path) -> Iterator[str]:
    """Public things without a docstring."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    if not ast.get_docstring(tree) and file.read_text(encoding="utf-8").strip():
        yield f"{file.name}: the module"
    for owner, node in _public(tree):
        if not ast.get_docstring(node):
            yield f"{file.name}:{node.lineno} {owner}{node.name}"


def _public(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]]:
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name[0] != "_":
            if node.name not in INTERFACE:
                yield "", node
        elif isinstance(node, ast.ClassDef) and node.name[0] != "_":
            yield "", node
            for inner in node.body:
                is_function = isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef))
                if is_function and inner.name[0] != "_" and inner.name not in INTERFACE:
                    yield f"{node.name}.", inner


@pytest.mark.parametrize("package", ["lora_core", "nodes", "devtools", "pocket"])
def test_public_things_have_docstrings(package: str) -> None:
    assert [line for file in sorted((ROOT / package).rglob("*.py")) for line in undocumented(file)] == []


def test_a_missing_docstring_is_found(tmp_path: Path) -> None:
    text = '"""Here."""\ndef public(): pass\ndef _own(): pass\nclass A:\n    """Here."""\n    def b(self): pass'
    (tmp_path / "some.py").write_text(text, encoding="utf-8")
    assert list(undocumented(tmp_path / "some.py")) == ["some.py:2 public", "some.py:6 A.b"]


# A developer's own folders, and marks of unfinished work. Written so that this file does not contain them itself.
FORBIDDEN = re.compile(r"(?<![\w.:/])/(?:work|root|home/\w+|Users/\w+)/|[A-Z]:\\Users\\|\b(?:TO" + "DO|FIX" + r"ME)\b")
TEXT = {".py", ".md", ".js", ".mjs", ".ts", ".json", ".toml", ".txt", ".ini", ".css", ".yml", ".yaml", ""}


def repository_files() -> list[Path]:
    """What is committed or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("no git repository here")
    paths = [ROOT / name for name in listed.stdout.decode("utf-8").split("\0") if name]
    return [path for path in paths if path.suffix in TEXT and path.is_file()]


def test_no_file_names_a_developers_own_folders_or_unfinished_work() -> None:
    found = []
    for path in repository_files():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if FORBIDDEN.search(line):
                found.append(f"{path.relative_to(ROOT).as_posix()}:{number}: {line.strip()[:100]}")
    assert found == []


@pytest.mark.parametrize(
    ("line", "forbidden"),
    [
        ("path = '/wo" + "rk/main'", True),
        ("in /ho" + "me/anna/x", True),
        ("C:" + "\\Users\\anna", True),
        ("# TO" + "DO: later", True),
        ("https://example.com/work/item", False),
        ("output/work/x", False),
        ("a home/row/ of houses", False),
    ],
)
def test_the_pattern_finds_what_it_shall(line: str, forbidden: bool) -> None:
    assert bool(FORBIDDEN.search(line)) is forbidden


@pytest.mark.parametrize("package", ["lora_core", "nodes", "devtools", "pocket"])
def test_no_file_is_too_long_to_read(package: str) -> None:
    files = (ROOT / package).rglob("*.py")
    lines = {file.name: len(file.read_text(encoding="utf-8").splitlines()) for file in files}
    assert {name: count for name, count in lines.items() if count > LONGEST_FILE} == {}
