"""What the repository promises about its packaging and its text, which a reader of one file cannot check."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from architecture import imports

from devtools.places import ROOT

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
    assert not names & {"diffusers", "peft", "accelerate", "huggingface-hub", "huggingface_hub", "tokenizers"}


def test_what_the_core_imports_is_required_or_comes_with_comfyui() -> None:
    with_comfyui = {"torch", "numpy", "PIL", "safetensors", "transformers"}
    of_these = {"huggingface_hub"}  # transformers cannot be installed without it
    required = {re.split(r"[<>=!~; \[]", line)[0] for line in requirements()}
    found = [each for each in imports(ROOT / "lora_core", ROOT) if not each.relative]
    third_party = {each.module.split(".")[0] for each in found} - set(sys.stdlib_module_names)
    assert third_party - with_comfyui - of_these <= required


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
    lines = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in (ROOT / package).rglob("*.py")}
    assert {file.relative_to(ROOT): count for file, count in lines.items() if count > LONGEST_FILE} == {}
