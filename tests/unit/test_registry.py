"""What is published: the zip's files and its size, the pack's page in the registry, and links that hold there."""

from __future__ import annotations

import ast
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from devtools.console import Failure
from devtools.manager_check import CLONE, Site, expect, snapshot
from devtools.package import SIZE_LIMIT, shipped_files
from devtools.places import PACK_NAME, ROOT

REPOSITORY = "https://github.com/lora-atelier/comfyui-lora-atelier"
RAW = "https://raw.githubusercontent.com/lora-atelier/comfyui-lora-atelier/main/"
LINK = re.compile(r"\]\(\s*([^)\s]+)|^\[[^\]]+\]:\s*(\S+)", re.MULTILINE)
REFERENCE = re.compile(r"\[[^\[\]]+\]\[([^\[\]]+)\]")


@pytest.fixture(scope="module")
def shipped() -> list[str]:
    try:
        return shipped_files()
    except Failure:
        pytest.skip("no git repository here")


@pytest.fixture(scope="module")
def settings() -> dict[str, Any]:
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10 cannot read pyproject.toml")
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


# The zip


def test_the_zip_has_what_users_need_and_nothing_else(shipped: list[str]) -> None:
    folders = {name.split("/")[0] for name in shipped if "/" in name}
    assert folders == {"example_workflows", "locales", "lora_core", "nodes", "pocket", "subgraphs", "web"}
    top = {name for name in shipped if "/" not in name}
    assert top == {"CHANGELOG.md", "LICENSE", "README.md", "__init__.py", "pyproject.toml", "requirements.txt"}
    endings = {Path(name).suffix for name in shipped if name.startswith("web/")}
    assert endings == {".js", ".css", ".md"}
    assert not [name for name in shipped if name.startswith("pocket/pretraining/")]
    assert "pocket/model/pocket_sd.safetensors" in shipped


def test_the_zip_is_small_enough(shipped: list[str]) -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in shipped:
            archive.write(ROOT / name, name)
    assert len(written.getvalue()) <= SIZE_LIMIT


def relative_imports(file: Path) -> Iterator[Path]:
    """The modules and packages that a file's relative imports may lead to, without their endings."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = file.parents[node.level - 1].joinpath(*(node.module or "").split("."))
            yield from [base] if node.module else [base / alias.name for alias in node.names]


def test_what_is_shipped_imports_nothing_that_is_not(shipped: list[str]) -> None:
    missing = []
    modules = {ROOT / name for name in shipped if name.endswith(".py")}
    for file in sorted(modules):
        for target in relative_imports(file):
            package = target.parent / "__init__.py"  # `from . import NAME`: a name of the package itself
            if not {target.with_suffix(".py"), target / "__init__.py", package} & modules:
                missing.append(f"{file.relative_to(ROOT)}: {target.relative_to(ROOT)}")
    assert modules
    assert missing == []


def test_a_module_that_is_not_shipped_would_be_found(tmp_path: Path) -> None:
    package = tmp_path / "pack" / "nodes"
    package.mkdir(parents=True)
    file = package / "node.py"
    file.write_text("from ..pocket.pretraining import plan\nfrom . import routes\nimport json\n", encoding="utf-8")
    assert list(relative_imports(file)) == [tmp_path / "pack" / "pocket" / "pretraining", package / "routes"]


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md"])
def test_links_hold_in_the_zip_and_on_the_registrys_page(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    links = [inline or defined for inline, defined in LINK.findall(text)]
    assert links
    for link in links:
        assert link.startswith("https://"), f"{name} links to {link}, which is not beside it everywhere"
        for start in (RAW, f"{REPOSITORY}/blob/main/"):
            if link.startswith(start):
                path, _, heading = link[len(start) :].partition("#")
                assert (ROOT / path).is_file(), link
                assert not heading or heading in headings(ROOT / path), link


def headings(file: Path) -> set[str]:
    """The addresses that GitHub gives the headings of a document."""
    found = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def test_every_reference_of_the_readme_is_defined() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    defined = set(re.findall(r"^\[([^\]]+)\]: ", text, re.MULTILINE))
    assert set(REFERENCE.findall(text)) == defined


def test_every_document_links_to_files_that_are_there() -> None:
    for document in [*(ROOT / "docs").glob("*.md"), ROOT / "CONTRIBUTING.md"]:
        for inline, defined in LINK.findall(document.read_text(encoding="utf-8")):
            link = (inline or defined).partition("#")[0]
            if link and "://" not in link:
                assert (document.parent / link).exists(), f"{document.name} links to {link}"


# The pack's page


def test_the_name_is_one_that_the_registry_takes(settings: dict[str, Any]) -> None:
    name = settings["project"]["name"]
    assert name == PACK_NAME
    assert "comfyui" not in name.lower()
    assert re.fullmatch(r"[a-z](?:[a-z0-9]|[-_.](?![-_.]))*", name)
    assert len(name) < 100
    assert re.fullmatch(r"\d+\.\d+\.\d+", settings["project"]["version"])


@pytest.mark.parametrize(("key", "shape", "largest"), [("Icon", 1, 400), ("Banner", 21 / 9, 1260)])
def test_the_pictures_have_the_registrys_shape(settings: dict[str, Any], key: str, shape: float, largest: int) -> None:
    address = settings["tool"]["comfy"][key]
    assert address.startswith(RAW)
    path = ROOT / address[len(RAW) :]
    assert path.stat().st_size < 60_000
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        assert picture.width / picture.height == pytest.approx(shape)
        assert 200 <= picture.width <= largest
    assert path.with_suffix(".svg").is_file()


def test_the_registry_is_told_where_it_runs(settings: dict[str, Any]) -> None:
    # The registry's own words; another one makes it show none of them.
    known = {f"Environment :: GPU :: {kind}" for kind in ("NVIDIA CUDA", "AMD ROCm", "Intel Arc", "Apple Metal")}
    classifiers = settings["project"]["classifiers"]
    assert {line for line in classifiers if line.startswith("Environment ::")} == known
    assert "Operating System :: OS Independent" in classifiers
    assert settings["tool"]["comfy"]["requires-comfyui"] == ">=0.3.75"
    assert settings["tool"]["comfy"]["PublisherId"]
    assert settings["project"]["urls"]["Repository"] == REPOSITORY


def test_the_front_end_is_told_the_pack_by_its_name() -> None:
    # comfy-test wants the display name in small letters without spaces before the dot.
    text = (ROOT / "web" / "live_chart.js").read_text(encoding="utf-8")
    assert re.findall(r"registerExtension\(\{\s*name: \"([^\"]+)\"", text) == ["loraatelier.chart"]


# Any folder: cloned it is called comfyui-lora-atelier, installed from the registry lora-atelier


def test_nothing_that_runs_knows_the_name_of_its_folder(shipped: list[str]) -> None:
    folder = re.compile(  # the repository's address is no folder
        r"extensions/[\w-]*lora|custom_nodes/[\w-]*lora|(?<!github\.com/lora-atelier/)comfyui-lora-atelier"
    )
    running = [name for name in shipped if name.endswith((".py", ".js", ".css"))]
    assert running
    assert [name for name in running if folder.search((ROOT / name).read_text(encoding="utf-8"))] == []


def test_example_workflows_name_the_registrys_id() -> None:
    names = set()
    for file in (ROOT / "example_workflows").glob("*.json"):
        for node in json.loads(file.read_text(encoding="utf-8")).get("nodes", []):
            names.add(node["properties"].get("cnr_id"))
    assert names - {None} == {PACK_NAME, "comfy-core"}


# The Manager's operations: `python dev.py registry` does them; here is what it would find


@pytest.fixture
def site(tmp_path: Path) -> Site:
    comfyui = tmp_path / "ComfyUI"
    for name in ("output/run.json", f"custom_nodes/{CLONE}/README.md", f"custom_nodes/.disabled/{CLONE}/README.md"):
        (comfyui / name).parent.mkdir(parents=True)
        (comfyui / name).write_text("as it was", encoding="utf-8")
    return Site(comfyui, tmp_path / "origin.git", Path("python"), {})


def test_the_packs_own_files_may_change(site: Site) -> None:
    before = snapshot(site.comfyui)
    assert list(before) == ["output/run.json"]
    (site.enabled / "README.md").unlink()
    (site.disabled / "README.md").write_text("changed", encoding="utf-8")
    expect(site, before, "update", "", there=True)


@pytest.mark.parametrize("change", ["output/run.json", "custom_nodes/left_over.txt", "custom_nodes/other/__init__.py"])
def test_a_file_that_is_not_the_packs_may_not(site: Site, change: str) -> None:
    before = snapshot(site.comfyui)
    (site.comfyui / change).parent.mkdir(parents=True, exist_ok=True)
    (site.comfyui / change).write_text("changed", encoding="utf-8")
    with pytest.raises(Failure, match=f"update touched what is not the pack's: {re.escape(change)}"):
        expect(site, before, "update", "", there=True)


def test_an_operation_that_did_nothing_is_found(site: Site) -> None:
    with pytest.raises(Failure, match=r"uninstall did not do what it should:\nno such pack"):
        expect(site, snapshot(site.comfyui), "uninstall", "no such pack\n", there=False)


# Releases


def test_the_changelog_begins_with_what_is_not_released_and_then_with_this_version(settings: dict[str, Any]) -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    sections = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert sections[0] == "[Unreleased]"
    assert re.fullmatch(rf"\[{re.escape(settings['project']['version'])}\] - \d{{4}}-\d\d-\d\d", sections[1])


def test_the_citation_names_this_version_and_its_day(settings: dict[str, Any]) -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    version = settings["project"]["version"]
    released = re.search(rf"^## \[{re.escape(version)}\] - (.+)$", changelog, re.MULTILINE)
    assert f"\nversion: {version}\n" in citation
    assert released
    assert f'\ndate-released: "{released.group(1)}"\n' in citation
