"""Packages that are missing, too old, half installed or broken: one sentence, tried with real ones of each kind."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from devtools.places import ROOT
from lora_core import requirements
from lora_core.errors import RequirementError
from lora_core.requirements import Requirement

PYTHON = f'"{sys.executable}"' if " " in sys.executable else sys.executable
"""As it is typed into a terminal."""
ASK = "from lora_core import requirements\nprint(requirements.{}.problem())"


def told(requirement: str, *options: str, path: Path | None = None) -> str:
    """What a fresh Python says of a requirement, with more packages in front of those that are installed."""
    environment = {**os.environ, "PYTHONPATH": str(path or "")}
    command = [sys.executable, *options, "-c", ASK.format(requirement)]
    ran = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", timeout=300, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def packages(folder: Path, modules: Mapping[str, str], versions: Mapping[str, str]) -> Path:
    """Packages of one file each, and the versions that they and others claim to have."""
    for name, code in modules.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text(code, encoding="utf-8")
    for name, version in versions.items():
        metadata = folder / f"{name}-{version}.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    return folder


def test_what_is_installed_here_is_good() -> None:
    assert requirements.problems() == []


def test_a_package_that_is_missing() -> None:
    """-S: the standard library alone, so pip is missing, too."""
    sentence = told("MATPLOTLIB", "-S")
    assert sentence.startswith("The figure of a run needs matplotlib 3.6 or newer, which is not installed: run uv pip ")
    assert sentence.endswith(f'install --python {PYTHON} "matplotlib>=3.6" and restart.')


PIP = f"run {PYTHON} -m pip "


@pytest.mark.parametrize(
    ("requirement", "modules", "versions", "parts"),
    [
        ("MATPLOTLIB", {}, {"matplotlib": "2.0.2"}, ["and 2.0.2 is installed", PIP + "install --upgrade"]),
        (
            "MATPLOTLIB",
            {"matplotlib": "raise RuntimeError('numpy.dtype size changed')"},
            {},
            [
                "cannot be imported (RuntimeError: numpy.dtype size changed)",
                "--force-reinstall --no-deps --upgrade mat",
            ],
        ),
        ("MATPLOTLIB", {"matplotlib": ""}, {}, ["cannot be imported (ModuleNotFoundError", "--force-reinstall"]),
        (
            "MATPLOTLIB",
            {"matplotlib": "import no_such_package"},
            {"matplotlib": "3.10.1"},
            ["No module named 'no_such_package'", PIP + 'install "matplotlib==3.10.1" and'],
        ),
        (
            "TENSORBOARDX",
            {"tensorboardX": "raise TypeError('Descriptors cannot be created directly.\\n\\nIf this call ...')"},
            {},
            ["TypeError: Descriptors cannot be created directly. If this call"],
        ),
        ("PILLOW", {}, {"pillow": "9.5.0"}, ["Reading pictures needs pillow 10.1 or newer, and 9.5.0 is installed"]),
        ("BLIP", {}, {"transformers": "4.30.2"}, ["and 4.30.2 is installed", '"transformers>=4.50.3"']),
        (
            "DEPTH",
            {},
            {"tokenizers": "0.10.3"},
            ["found tokenizers==0.10.3", re.compile(r'pip install "transformers==[\d.]+" and restart')],
        ),
        (
            "BLIP",
            {"accelerate": "raise OSError('libcudart.so.11.0: cannot open shared object file')"},
            {"accelerate": "1.99.0"},
            ["and accelerate 1.99.0 keeps it from being imported (OSError: libcud", PIP + "uninstall accelerate and"],
        ),
        (
            "BLIP",
            {"torchvision": "import torch\ntorch.library.register_fake('torchvision::nms')(print)"},
            {"torchvision": "0.20.0"},
            [
                "and torchvision 0.20.0 keeps it from being imported (Runtime",
                "): install torch, torchvision and torchau",
            ],
        ),
    ],
)
def test_one_that_cannot_be_used(
    tmp_path: Path, requirement: str, modules: dict[str, str], versions: dict[str, str], parts: list[object]
) -> None:
    sentence = told(requirement, path=packages(tmp_path, modules, versions))
    for part in parts:
        assert re.search(part if isinstance(part, re.Pattern) else re.escape(str(part)), sentence), sentence
    assert "\n" not in sentence


def failing(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, code: str, version: str = "2.0") -> str:
    """The sentence about a package that imports one of this name, which consists of this code."""
    packages(folder, {f"{name}_asking": f"import {name}", name: code}, {f"{name}_asking": "3.0", name: version})
    monkeypatch.syspath_prepend(folder)
    sentence = Requirement(f"{name}_asking", "1.0", "Everything", (f"{name}_asking.thing",)).problem()
    assert sentence is not None
    return sentence


@pytest.mark.parametrize(
    "code",
    ["raise SystemExit('no licence')", "class Panic(BaseException): ...\nraise Panic('unwrap() on an Err')", "def ("],
)
def test_a_package_that_ends_the_process_panics_or_is_not_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    name = f"aa_ending_{len(code)}"
    assert f"and {name} 2.0 keeps it from being imported" in failing(tmp_path, monkeypatch, name, code)


def test_what_comfyui_needs_is_never_to_be_uninstalled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requirements, "_OF_COMFYUI", {"aa_scipy"})
    sentence = failing(tmp_path, monkeypatch, "aa_scipy", "raise OSError('no such symbol')")
    assert sentence.endswith('pip install --force-reinstall --no-deps "aa_scipy==2.0" and restart.')


@pytest.mark.parametrize(
    ("code", "command"),
    [
        ("raise ImportError('_rust.abi3.so: file too short')", 'install --force-reinstall --no-deps "{}==2.0"'),
        ("part = 1", 'install "{}_asking==3.0"'),
        ("import aa_no_such_package", 'install "{}==2.0"'),
    ],
    ids=["broken", "unfit", "incomplete"],
)
def test_what_a_package_itself_asks_for_is_installed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, command: str
) -> None:
    name = f"aa_needed_{len(code)}"
    packages(tmp_path, {f"{name}_asking": f"from {name} import whole", name: code}, {f"{name}_asking": "3.0"})
    packages(tmp_path, {}, {name: "2.0"})
    with (tmp_path / f"{name}_asking-3.0.dist-info" / "METADATA").open("a", encoding="utf-8") as metadata:
        metadata.write(f"Requires-Dist: {name}\n")
    monkeypatch.syspath_prepend(tmp_path)
    sentence = Requirement(f"{name}_asking", "1.0", "Everything", (f"{name}_asking.thing",)).problem()
    assert sentence is not None and f"pip {command.format(name)} and restart." in sentence


def test_what_fails_inside_numpy_is_its_callers_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import numpy\nnumpy.reshape([1, 2], 3)"
    assert "and aa_calling 2.0 keeps it from being" in failing(tmp_path, monkeypatch, "aa_calling", code)


def test_a_package_is_called_as_pip_calls_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages(tmp_path, {}, {"aa_scikit_made_up": "4.0"})
    (tmp_path / "aa_scikit_made_up-4.0.dist-info" / "top_level.txt").write_text("aa_sk\n", encoding="utf-8")
    assert "uninstall aa_scikit_made_up and" in failing(tmp_path, monkeypatch, "aa_sk", "raise OSError('x')")


def test_a_module_that_calls_itself_and_fails_inside_another_names_that_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = "def start():\n    raise AttributeError('no such symbol')\n"
    packages(tmp_path, {"aa_outer": "import aa_inner\naa_inner.start()", "aa_inner": inner}, {"aa_outer": "2.0"})
    monkeypatch.syspath_prepend(tmp_path)
    outer = Requirement("aa_outer", "1.0", "Everything", ("aa_outer.thing",))
    with pytest.raises(RequirementError, match=r"and aa_inner keeps it from .*\(AttributeError: no such symbol\)"):
        outer.require()


def test_a_portable_python_and_a_path_with_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", r"D:\My ComfyUI\python_embeded\python.exe")
    sentence = Requirement("no_such_package", "1.0", "Everything", ("no_such_package.thing",)).problem()
    assert sentence is not None
    assert r'run "D:\My ComfyUI\python_embeded\python.exe" -m pip install "no_such_package>=1.0"' in sentence


IMPORTED = """
import sys
import lora_core.cli, lora_core.vision.blip, lora_core.vision.depth, lora_core.dataset.contact_sheet
print(sorted({"matplotlib", "tensorboardX", "transformers", "huggingface_hub"} & set(sys.modules)))
"""


def test_the_pack_imports_none_of_them_before_it_is_used() -> None:
    ran = subprocess.run([sys.executable, "-c", IMPORTED], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert ran.stdout.strip() == "[]"


AS_IN_COMFYUI = """
import importlib, importlib.machinery, importlib.util, sys
pack = "/ComfyUI/custom_nodes/lora-atelier"
spec = importlib.machinery.ModuleSpec(pack, None, is_package=True)
spec.submodule_search_locations = [{root!r}]
sys.modules[pack] = importlib.util.module_from_spec(spec)
print(importlib.import_module(pack + ".lora_core.requirements").MATPLOTLIB.problem())
"""


@pytest.mark.parametrize("code", [b"\0" * 100, b"def (", b"x = 1"], ids=["zeros", "a syntax error", "half of it"])
def test_the_pack_never_accuses_itself(tmp_path: Path, code: bytes) -> None:
    """Inside ComfyUI the pack's modules have names that begin with a path."""
    (tmp_path / "matplotlib").mkdir()
    (tmp_path / "matplotlib" / "__init__.py").write_bytes(code)
    command = [sys.executable, "-c", AS_IN_COMFYUI.format(root=str(ROOT))]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    ran = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", timeout=300, check=True)
    assert "The figure of a run needs matplotlib" in ran.stdout and "matplotlib" in ran.stdout.split("run ")[-1]
    assert "custom_nodes" not in ran.stdout and "uninstall" not in ran.stdout
