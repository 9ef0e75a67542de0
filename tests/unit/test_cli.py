"""The command line, as a user types it: help that teaches, a run from nothing to a LoRA, plain errors."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lora_core.cli import _parser, main
from lora_core.config import RunConfig, sentences
from lora_core.memory import Room
from lora_core.record.checkpoints import load_lora
from lora_core.record.run_file import RunFile
from lora_core.record.start import StartingLora

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = ("train", "resume", "all-pictures", "pick", "strength", "plot", "export")


def recipe(tiny_folder: Path, style_folder: Path, runs: Path, epochs: int = 2) -> list[str]:
    return [
        *("train", "--data", str(style_folder), "--model", str(tiny_folder), "--runs", str(runs), "--name", "мій"),
        *("--resolution", "64", "--validation-count", "3", "--epochs", str(epochs), "--batch-size", "4", "--rank", "2"),
        *("--preview-every-epochs", "0", "--device", "cpu"),
    ]


@pytest.fixture(scope="module")
def run(tiny_folder: Path, style_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of three epochs."""
    runs = tmp_path_factory.mktemp("runs")
    assert main(recipe(tiny_folder, style_folder, runs, epochs=3)) == 0
    return runs / "мій"


def test_every_setting_is_explained_in_a_sentence() -> None:
    settings = {f"{section}.{name}" for section, group in RunConfig().to_json().items() for name in group}
    explained = sentences()
    assert explained.keys() == settings
    assert all(text.endswith(".") and len(text) > 10 for text in explained.values())


@pytest.mark.parametrize("command", COMMANDS)
def test_help_teaches(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    words = " ".join(capsys.readouterr().out.split())
    example = words.split("Example: python -m lora_core ")[1].split()
    assert _parser().parse_args(example).command.__name__ == command.replace("-", "_")
    if command == "train":
        assert all(" ".join(sentence.split()[:4]) in words for sentence in sentences().values())


def test_a_run_is_the_same_as_the_nodes_write(run: Path) -> None:
    told = json.loads((run / "run.json").read_text(encoding="utf-8"))
    assert RunConfig.from_json(told["config"]).training.epochs == 3
    assert told["origin"]["resolution"] == 64
    assert {path.name for path in run.iterdir()} >= {"run.json", "history.jsonl", "checkpoints", "tensorboard", "state"}


def test_the_precision_may_be_what_suits_the_device(
    tiny_folder: Path, style_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = [*recipe(tiny_folder, style_folder, tmp_path, epochs=1), "--precision", "auto"]
    monkeypatch.setattr("lora_core.cli.best_precision", lambda device: "bfloat16" if device.type == "cpu" else "")
    assert main(arguments) == 0
    told = json.loads((tmp_path / "мій" / "run.json").read_text(encoding="utf-8"))
    assert told["config"]["training"]["precision"] == "bfloat16"


def test_the_memory_that_a_run_takes_is_said_before_it_starts(
    tiny_folder: Path,
    style_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """And is in its record; the card is made up, and has room for two pictures."""
    monkeypatch.setattr("lora_core.training.plan.room", lambda _: Room(230 * 2**20, 12 * 2**30))
    assert main(recipe(tiny_folder, style_folder, tmp_path, epochs=1)) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "of 12 GB of memory" in line)
    assert line.startswith("About 0.2 GB")
    lines = (tmp_path / "мій" / "history.jsonl").read_text(encoding="utf-8").splitlines()
    kinds = [json.loads(each) for each in lines]
    told = [place for place, each in enumerate(kinds) if each.get("what") == "memory"]
    assert [kinds[place]["text"] for place in told] == [line]
    assert told[0] < next(place for place, each in enumerate(kinds) if each["kind"] == "step")


def test_pick_says_which_and_why(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pick", str(run)]) == 0
    reason, path = capsys.readouterr().out.splitlines()
    assert reason.startswith("Epoch ") and "no LoRA" in reason and " weights" in reason
    assert Path(path).is_file()
    assert main(["pick", str(run), "--epoch", "2", "--weights", "raw"]) == 0
    assert capsys.readouterr().out.strip().endswith("epoch_0002.safetensors")
    assert main(["pick", str(run), "--epoch", "2"]) == 0
    reason, path = capsys.readouterr().out.splitlines()
    assert "chosen by hand" in reason and path.endswith("epoch_0002_averaged.safetensors")


def test_the_strength_is_measured_once_and_kept(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["strength", str(run), "--epoch", "2", "--device", "cpu"]
    assert main(arguments) == 0
    *rows, reason = capsys.readouterr().out.splitlines()
    losses = {float(strength): float(loss) for strength, loss in (row.split("\t") for row in rows)}
    assert list(losses) == [tenths / 10 for tenths in range(16)]
    assert reason.startswith(f"Strength {min(losses, key=lambda each: losses[each]):g} ") or len(set(rows)) < 16
    kept = (run / "strengths.json").read_bytes()
    assert main(arguments) == 0
    assert capsys.readouterr().out.splitlines() == [*rows, reason]
    assert (run / "strengths.json").read_bytes() == kept


def test_plot_and_export(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plot", str(run), "--out", str(tmp_path / "крива.svg"), "--dark"]) == 0
    assert (tmp_path / "крива.svg").read_bytes().startswith(b"<?xml")
    out = tmp_path / "стиль.safetensors"
    assert main(["export", str(run), "--epoch", "3", "--out", str(out), "--dtype", "float16"]) == 0
    tensors, metadata = load_lora(out)
    assert {str(value.dtype) for value in tensors.values()} == {"torch.float16"}
    assert metadata["ss_epoch"] == "3"
    assert json.loads(metadata["lora_atelier.picked"])["epoch"] == 3
    assert json.loads(metadata["lora_atelier.picked"])["weights"] == metadata["lora_atelier.weights"] == "averaged"


def test_what_cannot_be_done_with_a_run_is_a_sentence(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, told in (
        (["plot", str(run), "--out", "curves.doc"], ".png, .svg or .pdf, got 'curves.doc'"),
        (["pick", str(run), "--epoch", "99"], "Epoch 99 has no checkpoint"),
        (["resume", str(run), "--epochs", "0"], "epochs must be at least 1, got 0"),
    ):
        assert main(arguments) == 1
        error = capsys.readouterr().err
        assert error.startswith("error: ") and told in error


def test_a_recipe_is_taken_from_another_run(
    run: Path, tiny_folder: Path, style_folder: Path, tmp_path: Path, capsys
) -> None:
    given = ["--data", str(style_folder), "--model", str(tiny_folder), "--runs", str(tmp_path), "--name", "b"]
    sizes = ["--resolution", "64", "--validation-count", "3", "--device", "cpu"]
    assert main(["train", *given, *sizes, "--recipe", str(run / "run.json"), "--epochs", "1", "--seed", "5"]) == 0
    ours, theirs = (json.loads((folder / "run.json").read_text("utf-8"))["config"] for folder in (tmp_path / "b", run))
    assert (ours["training"].pop("seed"), ours["training"].pop("epochs")) == (5, 1)
    del theirs["training"]["seed"], theirs["training"]["epochs"]
    assert ours == theirs


def test_export_replaces_its_own_files_but_nobody_elses(run: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "style.safetensors"
    export = ["export", str(run), "--out", str(out)]
    assert main(export) == 0 and main(export) == 0
    out.write_bytes(b"a LoRA from elsewhere")
    assert main(export) == 1
    assert "was not written by LoRA Atelier" in capsys.readouterr().err
    assert out.read_bytes() == b"a LoRA from elsewhere"


def test_the_help_of_all_shows_a_first_run_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    shown = [line.split() for line in lines if line.startswith("python -m lora_core ")]
    assert [_parser().parse_args(words[3:]).command.__name__ for words in shown] == ["train", "plot", "export"]


def test_a_run_of_comfyui_is_gone_on_with_in_comfyui(run: Path, tmp_path: Path, capsys) -> None:
    """The node writes no origin: it gets its models from other nodes."""
    told = json.loads((run / "run.json").read_text(encoding="utf-8")) | {"origin": {}}
    (tmp_path / "run.json").write_text(json.dumps(told), encoding="utf-8")
    assert main(["resume", str(tmp_path), "--model", "any"]) == 1
    assert "was started in ComfyUI. Queue its graph there again" in capsys.readouterr().err
    shutil.copytree(run / "checkpoints", tmp_path / "checkpoints")
    assert main(["strength", str(tmp_path), "--epoch", "1"]) == 1
    assert "Measure it there, with Strength Curve." in capsys.readouterr().err


@pytest.mark.parametrize("command", ["resume", "all-pictures", "strength"])
@pytest.mark.parametrize(
    "place", ["\\\\server\\share", "//server/share", "\\\\?\\UNC\\server\\a", "\\??\\UNC\\s", "/\\s"]
)
@pytest.mark.parametrize("name", ["data", "model", "tokenizer"])
def test_a_place_on_another_computer_is_looked_at_only_if_the_user_names_it(
    run: Path, command: str, place: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = json.loads((run / "run.json").read_text(encoding="utf-8"))
    told["origin"][name] = place
    (tmp_path / "run.json").write_text(json.dumps(told), encoding="utf-8")
    for kept in ("history.jsonl", "checkpoints"):
        copy = shutil.copytree if (run / kept).is_dir() else shutil.copy
        copy(run / kept, tmp_path / kept)
    assert main([command, str(tmp_path)]) == 1
    refused = capsys.readouterr().err
    assert f"as its {name}. It is on another computer" in refused and refused.endswith(f"--{name} {place}\n")
    given = ["--data", str(tmp_path / "none"), f"--{name}", str(tmp_path / "none")]
    assert main([command, str(tmp_path), *given]) == 1
    assert "none" in capsys.readouterr().err


def test_a_run_goes_on_with_pictures_and_model_that_were_moved(
    run: Path, tiny_folder: Path, style_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = shutil.copytree(run, tmp_path / "moved")
    told = json.loads((moved / "run.json").read_text(encoding="utf-8"))
    told["origin"] |= {"data": str(tmp_path / "gone"), "model": str(tmp_path / "gone")}
    (moved / "run.json").write_text(json.dumps(told), encoding="utf-8")
    given = ["--data", str(style_folder), "--model", str(tiny_folder), "--device", "cpu"]
    assert main(["strength", str(moved), "--epoch", "1", *given]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 17


def test_resume_prolongs(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["resume", str(run), "--epochs", "4", "--device", "cpu"]) == 0
    assert (run / "checkpoints" / "epoch_0004.safetensors").is_file()


def test_a_run_is_started_from_a_lora_and_resumed_without_it(
    run: Path, tiny_folder: Path, style_folder: Path, tmp_path: Path
) -> None:
    lora = tmp_path / "старт.safetensors"
    lora.write_bytes((run / "checkpoints" / "epoch_0003.safetensors").read_bytes())
    assert main([*recipe(tiny_folder, style_folder, tmp_path, epochs=1), "--from-lora", str(lora)]) == 0
    lora.unlink()
    assert main(["resume", str(tmp_path / "мій"), "--epochs", "2", "--device", "cpu"]) == 0
    assert StartingLora.of_run(tmp_path / "мій").fingerprint == RunFile.read(tmp_path / "мій").fingerprints.start


def test_a_lora_of_another_rank_is_refused(
    run: Path, tiny_folder: Path, style_folder: Path, tmp_path: Path, capsys
) -> None:
    lora = run / "checkpoints" / "epoch_0003.safetensors"
    arguments = [*recipe(tiny_folder, style_folder, tmp_path), "--from-lora", str(lora), "--rank", "4"]
    assert main(arguments) == 1
    assert "has rank 2, this run rank 4" in capsys.readouterr().err
    assert not (tmp_path / "мій").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["pick", "nowhere"], "There is no run in nowhere"),
        (["train", "--data", "nowhere", "--model", "m", "--name", "../x"], "The run name '../x' contains '/'"),
        (["train", "--data", "nowhere", "--model", "m"], "nowhere"),
        (["train", "--data", ".", "--model", "m", "--rank", "0"], "rank must be at least 1"),
        (["train", "--data", ".", "--model", "m", "--recipe", "nowhere.json"], "Cannot read the recipe nowhere.json"),
        (["train", "--data", ".", "--model", "m", "--recipe", "pyproject.toml"], "Cannot read the recipe pyproject"),
        (["train", "--data", ".", "--model", "m", "--device", "abacus"], "The device 'abacus' cannot be used"),
    ],
)
def test_errors_are_sentences(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ") and told in error and "Traceback" not in error


def test_a_broken_package_that_training_does_not_need_ends_nothing(
    tiny_folder: Path, style_folder: Path, tmp_path: Path
) -> None:
    """peft and diffusers fail on an old torchao, an empty one included, when they are imported."""
    (tmp_path / "packages" / "torchao").mkdir(parents=True)
    (tmp_path / "packages" / "torchao" / "__init__.py").touch()
    metadata = tmp_path / "packages" / "torchao-0.9.0.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text("Metadata-Version: 2.1\nName: torchao\nVersion: 0.9.0\n", encoding="utf-8")
    paths = os.pathsep.join([str(tmp_path / "packages"), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "lora_core", *recipe(tiny_folder, style_folder, tmp_path / "runs", epochs=1)]
    environment = dict(os.environ, PYTHONPATH=paths, PYTHONUTF8="1")
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    load_lora(tmp_path / "runs" / "мій" / "checkpoints" / "epoch_0001.safetensors")


def test_an_old_code_page_ends_nothing(run: Path) -> None:
    """As in a pipe on Windows, where Python writes cp1252, which has no Cyrillic letters."""
    environment = dict(os.environ, PYTHONIOENCODING="cp1252", PYTHONUTF8="0")
    command = [sys.executable, "-m", "lora_core", "pick", str(run), "--epoch", "2"]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert b"\\u043c\\u0456\\u0439" in ended.stdout  # the run's name


@pytest.mark.skipif(os.name == "nt", reason="Ctrl+C cannot be sent to a child on Windows")
def test_ctrl_c_saves_and_resume_goes_on(tiny_folder: Path, style_folder: Path, tmp_path: Path) -> None:
    """In a process of its own, with its output in a pipe: plain lines, no terminal codes."""
    command = [sys.executable, "-m", "lora_core", *recipe(tiny_folder, style_folder, tmp_path, epochs=200)]
    environment = dict(os.environ, PYTHONUNBUFFERED="1", PYTHONUTF8="1")
    child = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    assert child.stdout is not None
    lines = []
    for line in child.stdout:
        lines.append(line)
        if "epoch 2 of 200" in line:
            child.send_signal(signal.SIGINT)
            break
    rest, errors = child.communicate(timeout=120)
    assert child.returncode == 130, errors
    assert "What was saved is intact" in errors and "Traceback" not in errors
    assert "\x1b" not in "".join(lines) + rest
    run = tmp_path / "мій"
    load_lora(run / "checkpoints" / "last.safetensors")
    assert main(["resume", str(run), "--epochs", "4", "--device", "cpu"]) == 0
    assert "resumed" in (run / "history.jsonl").read_text(encoding="utf-8")
