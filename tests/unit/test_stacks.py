"""That installing the pack moves nothing of ComfyUI's, by pip's own plan for the three stacks; and the tools for it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from devtools import matrix
from devtools.console import Failure
from devtools.installing import interruptions, moved, plan, ways
from devtools.matrix import CELLS, TESTS, WITH_REFERENCE, Cell
from devtools.places import ROOT
from devtools.stack_table import NEWEST, OLDEST, PROTECTED, TYPICAL, Stack, table
from devtools.stacks import Row, Step, chosen
from devtools.thin_environment import canonical


@pytest.fixture(scope="module")
def index() -> None:
    """What pip would install can only be asked where there is a package index."""
    asked = [sys.executable, "-m", "pip", "index", "versions", "six"]
    if subprocess.run(asked, capture_output=True, check=False).returncode != 0:
        pytest.skip("no package index can be reached")


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize("stack", [OLDEST, TYPICAL, NEWEST], ids=lambda stack: stack.name)
def test_nothing_moves_however_the_pack_is_installed(stack: Stack) -> None:
    packages = {**stack.versions(), "protobuf": "3.20.3"}
    assert {canonical(name) for name in packages} >= PROTECTED - {"tokenizers"}
    for calls in ways(ROOT / "requirements.txt").values():
        for step in plan(packages, calls):
            assert step.harmless, step


@pytest.mark.usefixtures("index")
def test_a_requirement_that_moves_something_is_found() -> None:
    (step,) = plan(OLDEST.versions(), [["huggingface_hub>=1.0"]])
    assert step.moved["huggingface-hub"][0] == "0.30.2"
    assert not step.harmless


def test_moved_names_comfyuis_own_first_and_what_is_gone() -> None:
    before = {"attrs": "1", "numpy": "1.26.4", "six": "1", "yarl": "2"}
    found = moved(before, {"attrs": "2", "numpy": "2.0.0", "six": "1", "new": "1"})
    assert list(found.items()) == [("numpy", ("1.26.4", "2.0.0")), ("attrs", ("1", "2")), ("yarl", ("2", None))]


def test_the_manager_installs_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text("# why\nmatplotlib\n\ntensorboardX>=2.6\n", encoding="utf-8")
    assert ways(path) == {"-r": [["-r", str(path)]], "line by line": [["matplotlib"], ["tensorboardX>=2.6"]]}


def test_an_installation_can_stop_before_each_line(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text("# why\nmatplotlib\n\ntensorboardX\nlast\n", encoding="utf-8")
    assert interruptions(path) == {
        "until matplotlib": [],
        "until tensorboardX": [["matplotlib"]],
        "until last": [["matplotlib"], ["tensorboardX"]],
    }


def test_a_row_is_bad_if_anything_moved_broke_or_failed() -> None:
    def row(step: Step, comfyui: str = "works") -> Row:
        return Row("oldest", "-r", [step], comfyui, "works")

    assert row(Step("-r", {})).good
    assert not row(Step("-r", {"numpy": ("1", "2")})).good
    assert not row(Step("-r", {}, "ImportError: x")).good
    assert not row(Step("-r", {}), "does not start: x").good
    assert row(Step("-r", {"numpy": ("1", None)})).cells()[2] == "numpy 1 -> gone"
    assert row(Step("-r", {})).cells()[3] == "imports after each line"
    assert Row("oldest", "until matplotlib").cells()[3] == "not tried"


def test_stacks_are_chosen_by_name() -> None:
    assert chosen(["oldest"]) == [OLDEST]
    assert len(chosen([])) > 10
    with pytest.raises(Failure, match=r"no stack 'old'\. There are: oldest, typical, newest"):
        chosen(["old"])


def test_a_table_is_markdown() -> None:
    assert table([["a", "b"], ["1|2", "3"]]) == "| a | b |\n| --- | --- |\n| 1/2 | 3 |"


@pytest.mark.parametrize(
    ("tests", "comfyui", "good"),
    [
        ("179 passed", "not run", True),
        ("231 passed, 3 skipped, 1 warning", "works, the pack adds 0.2 s", True),
        ("not run: there is no Python 3.10 here", "not run", True),
        ("1 failed, 178 passed", "not run", False),
        ("2 errors", "not run", False),
        ("170 passed, 2 errors", "works", False),
        ("ImportError: no numpy", "works", False),
        ("", "works", False),
        ("cannot be installed: no such version", "not run", False),
        ("179 passed", "does not start: ImportError", False),
        ("179 passed", "starts without the pack: ImportError", False),
    ],
)
def test_a_cell_of_the_matrix_is_good_if_all_that_was_run_passed(tests: str, comfyui: str, good: bool) -> None:
    assert Cell("3.11", "oldest", tests, comfyui).good is good


def test_cells_are_chosen_by_name() -> None:
    assert [cell.name for cell in matrix.chosen(["3.13-newest"])] == ["3.13-newest"]
    assert len(matrix.chosen([])) == len(CELLS)
    with pytest.raises(Failure, match=r"no cell '3\.9-oldest'\. There are: 3\.10-oldest, "):
        matrix.chosen(["3.9-oldest"])


def test_the_matrix_names_tests_and_pythons_that_there_are() -> None:
    assert all((ROOT / "tests" / "unit" / f"test_{name}.py").is_file() for name in TESTS + WITH_REFERENCE)
    claimed = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert sorted({python for python, _ in CELLS}) == sorted(claimed)
    workflow = (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    assert all(f"{python}-{releases}" in workflow for python, releases in CELLS)
