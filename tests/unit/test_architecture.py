"""The direction of imports: web -> nodes/host/routes -> nodes -> lora_core, and inside lora_core between its packages.

`python tests/architecture.py` prints the rooms, floors and arrows that are tested here.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import pytest
from architecture import between_modules, between_rooms, circle, climbing, floors, imports

from devtools.places import ROOT
from lora_core import run_folder

# The floors of lora_core from the top down: each room imports only from floors below its own, and no two modules, in
# whatever room, import one another in a circle.
CORE = (
    "__main__",
    "cli queue",
    "training library cli_options cli_origin",
    "record",
    "dataset",
    "resemblance model restyle sheet vision paths",
    "picking config",
    "files names requirements run_folder settings terminal",
    "__init__ changes errors lettering memory outline progress rng tensors",
)
DRAWING = ("example", "facades", "styles", "parts", "engine __init__")
# What the networks may know of the rest of the core.
NETWORKS = ("unet", "blocks", "autoencoder", "tiny_autoencoder", "lora_layer", "sampler", "diffusion")
BENEATH_NETWORKS = {"layout", "lora_layer", "products", "tokens", *NETWORKS}

COMFYUI = {"comfy", "comfy_api", "comfy_execution", "comfy_extras", "execution", "folder_paths", "nodes", "server"}
OURS = {"lora_core", "nodes", "devtools", "pocket", "tests", "dev"}
PINNED_BY_OTHERS = {"diffusers", "peft", "accelerate"}

# Who may import these in nodes/. ComfyUI's own module is called nodes too; the drawings are shipped for one node.
SOLE_IMPORTERS = {
    "comfy": ("device", "models", "pocket_model", "progress", "stock"),
    "comfy_execution": ("following", "progress"),
    "comfy_extras": ("stock",),
    "folder_paths": ("folders",),
    "nodes": ("stock", "taken_ids"),
    "pocket": (
        "drawn_dataset",
        "drawn_building",
        "dials",
        "example_building",
        "queue_graph",
        "pocket_control_net_loader",
        "pocket_lora_loader",
        "pocket_model_loader",
    ),
    "execution": ("prompts",),
    "server": ("prompts", "routes"),
    "aiohttp": ("answers", "gallery_routes", "incoming_routes", "library_routes", "queue_routes", "routes"),
}


def foreign(
    folder: Path, root: Path, forbidden: Collection[str], but: Mapping[str, set[str]] | None = None
) -> list[str]:
    """Imports of `forbidden` packages, but for what `but` allows a module."""
    return [
        str(each)
        for each in imports(folder, root)
        if each.module.split(".")[0] in set(forbidden) - (but or {}).get(each.file.stem, set())
        and not (each.relative and each.module.split(".")[0] == folder.name)
    ]


def nodes_violations(folder: Path, root: Path) -> list[str]:
    """What is wrong with the imports of nodes/."""
    wrong = []
    for each in imports(folder, root):
        package = each.module.split(".")[0]
        allowed = SOLE_IMPORTERS.get(package)
        if each.relative and package in ("nodes", "lora_core"):
            continue
        if not each.relative and package in ("lora_core", "pocket"):
            wrong.append(f"{each} absolutely: inside ComfyUI only relative imports find it")
        elif allowed is not None:
            if each.file.stem not in allowed:
                wrong.append(f"{each}: only {' and '.join(f'{module}.py' for module in allowed)} may")
        elif each.relative or package in OURS:
            wrong.append(f"{each}: it is not shipped with the pack")
    return wrong


@pytest.mark.parametrize(
    ("package", "order"),
    [("lora_core", CORE), ("pocket", ("pretraining", "drawing model __init__")), ("pocket/drawing", DRAWING)],
)
def test_rooms_import_downwards(package: str, order: tuple[str, ...]) -> None:
    assert climbing(between_rooms(between_modules(ROOT / package)), order) == []


@pytest.mark.parametrize("package", ["lora_core", "nodes", "pocket"])
def test_no_modules_import_one_another_in_a_circle(package: str) -> None:
    assert circle(between_modules(ROOT / package)) == []


def test_the_core_knows_nothing_of_comfyui_or_the_rest_of_the_pack() -> None:
    assert foreign(ROOT / "lora_core", ROOT, COMFYUI | OURS | {""}) == []


def test_the_networks_know_torch_and_their_sizes_alone() -> None:
    arrows = between_modules(ROOT / "lora_core")
    found = {target.removeprefix("model.") for network in NETWORKS for target in arrows[f"model.{network}"]}
    assert found <= BENEATH_NETWORKS


def test_nodes_reach_comfyui_through_their_host() -> None:
    assert nodes_violations(ROOT / "nodes", ROOT) == []


def test_developer_commands_do_not_import_the_pack() -> None:
    # Each runs as a script of its own.
    but = {
        "standin_weights": {"comfy"},
        "templates": {"pocket"},
        "pocket_samples": {"lora_core", "pocket"},
        "view_types": {"lora_core", "nodes"},
    }
    assert foreign(ROOT / "devtools", ROOT, COMFYUI | OURS, but) == []


def test_the_drawn_buildings_do_not_import_the_pack() -> None:
    # The pre-training uses the core's mathematics; it is not shipped.
    found = foreign(ROOT / "pocket", ROOT, COMFYUI | OURS - {"pocket"})
    pretraining = {file.name for file in (ROOT / "pocket" / "pretraining").glob("*.py")}
    assert [line for line in found if line.split(":")[0] not in pretraining] == []


def test_nothing_that_is_shipped_imports_what_other_packs_pin() -> None:
    """A bound on diffusers breaks ComfyUI's transformers on some machines or another pack's diffusers on others."""
    for folder in ("lora_core", "nodes"):
        assert foreign(ROOT / folder, ROOT, PINNED_BY_OTHERS) == []


@pytest.mark.parametrize(
    "file",
    [
        "dev.py",
        *(f"devtools/{name}.py" for name in ("browser", "checks", "child", "commands", "comfyui", "console")),
        *(f"devtools/{name}.py" for name in ("environment", "frontend", "graphs", "home", "manager_check")),
        *(f"devtools/{name}.py" for name in ("outcome", "package", "places", "stack_table")),
        *(f"devtools/{path.name}" for path in (ROOT / "devtools").glob("*_command.py")),
    ],
)
def test_what_runs_before_the_environment_needs_the_standard_library_alone(file: str) -> None:
    found = {each.module.split(".")[0] for each in imports(ROOT / file, ROOT)}
    assert found <= set(sys.stdlib_module_names) | {"devtools"}


def texts(place: Path) -> Iterator[tuple[Path, str]]:
    """All texts in the code below a folder, docstrings included, with their files."""
    for file in sorted(place.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield file, node.value


def test_the_files_of_a_run_are_named_in_one_module() -> None:
    names = {run_folder.RUN_FILE, run_folder.HISTORY_FILE, run_folder.STRENGTHS_FILE, run_folder.START_FILE}
    names |= {run_folder.NOTES_FILE, run_folder.LOCK_FILE, run_folder.OWNER_FILE, "checkpoints", "tensorboard"}
    found = {(text, file.name) for folder in ("lora_core", "nodes") for file, text in texts(ROOT / folder)}
    assert {(text, file) for text, file in found if text in names} == {(name, "run_folder.py") for name in names}


# The same on made-up packages: a check that finds nothing may be one that looks at nothing.


def write(root: Path, **modules: str) -> Path:
    """Modules by dotted name, with two underscores for each dot."""
    for name, text in modules.items():
        file = root.joinpath(*name.split("__")).with_suffix(".py")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize(
    "text",
    [
        "from .training.loop import x",
        "from .training import loop",
        "def f():\n    from .training.loop import x",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .training.loop import x",
    ],
)
def test_an_import_that_climbs_is_found(tmp_path: Path, text: str) -> None:
    root = write(tmp_path, core__low=text, core__other="import numpy", core__training__loop="from ..low import x")
    arrows = between_modules(root / "core")
    assert set(circle(arrows)) == {"low", "training.loop"}
    assert climbing(between_rooms(arrows), ("training", "low other")) == ["low imports from training"]
    assert climbing(between_rooms(arrows), ("training", "low")) == [
        "other stands on no floor",
        "low imports from training",
    ]


def test_rooms_of_one_floor_do_not_import_one_another(tmp_path: Path) -> None:
    arrows = between_rooms(between_modules(write(tmp_path, core__a="from .b import x", core__b="") / "core"))
    assert climbing(arrows, ("a b",)) == ["a imports from b"]
    assert climbing(arrows, ("a", "b")) == []
    assert floors(arrows) == {"a": 2, "b": 1}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("import comfy.sd", "low.py:1 imports comfy.sd"),
        ("import folder_paths", "low.py:1 imports folder_paths"),
        ("from ..nodes import x", "low.py:1 imports nodes"),
        ("from devtools.places import ROOT", "low.py:1 imports devtools.places"),
        ("from ...elsewhere import x", "low.py:1 imports something outside the pack"),
    ],
)
def test_what_the_core_must_not_know_is_found(tmp_path: Path, text: str, complaint: str) -> None:
    root = write(tmp_path, lora_core__low=text, lora_core__model__unet="import torch\nfrom ..low import x")
    assert foreign(root / "lora_core", root, COMFYUI | OURS | {""}) == [complaint]


@pytest.mark.parametrize("text", ["import peft", "def f():\n    from diffusers.models import x"])
def test_an_import_of_what_other_packs_pin_is_found(tmp_path: Path, text: str) -> None:
    root = write(tmp_path, lora_core__model__some=text)
    assert len(foreign(root / "lora_core", root, PINNED_BY_OTHERS)) == 1


@pytest.mark.parametrize(
    ("module", "text", "complaint"),
    [
        ("some_node", "import comfy.sd", "some_node.py:1 imports comfy.sd: only device.py and models.py and"),
        ("host__models", "import folder_paths", "models.py:1 imports folder_paths: only folders.py may"),
        ("some_node", "from server import x", "some_node.py:1 imports server: only prompts.py and routes.py may"),
        ("some_node", "from nodes import KSampler", "some_node.py:1 imports nodes: only stock.py and taken_ids.py may"),
        ("some_node", "from devtools.home import x", "some_node.py:1 imports devtools.home: it is not shipped"),
        ("some_node", "from ..pocket import x", "some_node.py:1 imports pocket: only drawn_dataset.py and"),
        ("drawn_dataset", "from pocket.drawing import x", "drawn_dataset.py:1 imports pocket.drawing absolutely"),
        ("some_node", "from lora_core.config import x", "some_node.py:1 imports lora_core.config absolutely"),
        ("host__routes", "import folder_paths", "routes.py:1 imports folder_paths: only folders.py may"),
    ],
)
def test_a_wrong_import_of_a_node_is_found(tmp_path: Path, module: str, text: str, complaint: str) -> None:
    (found,) = nodes_violations(write(tmp_path, **{f"nodes__{module}": text}) / "nodes", tmp_path)
    assert found.startswith(complaint)


def test_right_nodes_have_no_violations(tmp_path: Path) -> None:
    write(
        tmp_path,
        nodes__drawn_dataset="from ..pocket.drawing import draw",
        nodes__some_node="from comfy_api.latest import io\nfrom ..lora_core.config import x\nfrom .host import stock",
        nodes__host__stock="import comfy.sd\ndef f():\n    from nodes import ControlNetApplyAdvanced",
        nodes__host__folders="import folder_paths\nfrom ...lora_core.paths import x",
        nodes__host__routes="from server import PromptServer\nfrom aiohttp import web\nfrom . import folders",
    )
    assert nodes_violations(tmp_path / "nodes", tmp_path) == []


def test_devtools_that_import_the_pack_are_found(tmp_path: Path) -> None:
    write(tmp_path, devtools__a="from lora_core.record.figure import draw", devtools__b="from .a import x")
    assert foreign(tmp_path / "devtools", tmp_path, OURS) == ["a.py:1 imports lora_core.record.figure"]
