"""dev.py gpu, which nobody should try for the first time on a rented GPU: every part on a CPU, with a tiny model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from devtools.console import Failure
from devtools.places import ROOT
from tests.benchmarks.gpu import __main__ as command
from tests.benchmarks.gpu import speed
from tests.benchmarks.gpu.kernels import OTHER, by_kind
from tests.benchmarks.gpu.material import Scale
from tests.benchmarks.gpu.outcome import Fact, Outcome, Timing
from tests.benchmarks.gpu.parts import PARTS, in_a_process
from tests.benchmarks.gpu.report import BEGIN, END, markdown, write
from tests.benchmarks.gpu.whole import validations


def gpu(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The command in this Python, on its CPU."""
    return subprocess.run(
        [sys.executable, str(ROOT / "dev.py"), "gpu", "--here", *map(str, arguments)],
        env=os.environ | {"ATELIER_CPU": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.slow
def test_every_part_runs_on_a_cpu(tmp_path: Path) -> None:
    kohya = tmp_path / "kohya"
    for name in ("library/original_unet.py", "networks/lora.py"):
        path = kohya / name
        path.parent.mkdir(parents=True)
        path.write_text("import not_installed_here\n", encoding="utf-8")
    ran = gpu("--tiny", "--json", tmp_path / "found.json", "--kohya", kohya)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))["parts"]
    assert list(found) == list(PARTS)
    assert all(fact["holds"] for part in found.values() for fact in part["facts"])
    names = [timing["name"] for timing in found["step"]["timings"]]
    assert len(names) == 7 and all(timing["milliseconds"] > 0 for timing in found["step"]["timings"])
    assert found["whole run"]["length"]["run"] > 2800 * found["whole run"]["length"]["step"] / 1000
    assert all(f"| {name} |" in ran.stdout for name in names)
    (left_out,) = found["step"]["left_out"]
    assert left_out.startswith("kohya's scripts") and "not_installed_here" in left_out


def test_without_a_gpu_it_says_so() -> None:
    ran = gpu()
    assert ran.returncode == 1
    assert "no GPU" in ran.stderr and "Traceback" not in ran.stderr


def test_a_part_that_fails_is_named_and_ends_alone() -> None:
    # In another process: pytest's own fork server belongs to the tests of kills.
    code = "import torch; from tests.benchmarks.gpu import parts, material; " + (
        "print(parts.in_a_process('no such part', material.Scale.of(torch.device('cpu'), True), 100).error)"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert ran.stdout.strip().endswith("KeyError: 'no such part'"), ran.stderr
    outcome = Outcome(error=ran.stdout.strip())
    assert not outcome.fine
    assert "| x: KeyError: 'no such part' | **failed** |" in markdown("x", "y", {"x": outcome})


def test_a_way_to_train_that_fails_is_named_and_the_others_go_on() -> None:
    failed: dict[str, str] = {}
    for name in ("first", "second"):
        with speed._surviving(name, failed, Scale.of(torch.device("cpu"), True)):
            if name == "first":
                raise RuntimeError("no kernel\nand many more lines")
    assert failed == {"first": "RuntimeError: no kernel"}


def test_what_was_found_is_kept_after_each_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine may be taken away before the last one."""
    path = tmp_path / "found.json"
    monkeypatch.setattr(sys, "argv", ["gpu", "step", "freed", "--tiny", "--json", str(path)])

    def part(name: str, _scale: Scale, _seconds: float) -> Outcome:
        if name == "freed":
            raise KeyboardInterrupt
        return Outcome([Fact("a fact", True)])

    monkeypatch.setattr(command, "in_a_process", part)
    with pytest.raises(KeyboardInterrupt):
        command.main()
    assert list(json.loads(path.read_text(encoding="utf-8"))["parts"]) == ["step"]


def test_a_part_without_time_is_not_begun() -> None:
    assert "time" in in_a_process("step", Scale.of(torch.device("cpu"), True), 0).error


def test_what_does_not_hold_is_no_success() -> None:
    outcome = Outcome([Fact("twins differ", False)])
    assert not outcome.fine
    assert "| a: twins differ | **no** |" in markdown("x", "y", {"a": outcome})


def test_a_time_stands_beside_its_bound_and_its_memory() -> None:
    timing = Timing("ours", 20.0, 19.0, 200.0, bound=18.0, peak=6.5, counted=7.0)
    row = "| ours | 20.0 ms (19.0) | 200.0 | 18.0 ms, 90% | 6.50 GiB (7.00) |"
    assert row in markdown("RTX 4090", "SD 1.5", {"step": Outcome(timings=[timing])})


def test_the_tables_replace_what_was_between_the_markers(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    write("new", page)
    assert page.read_text(encoding="utf-8") == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    page.write_text("nothing", encoding="utf-8")
    with pytest.raises(Failure, match="no place"):
        write("new", page)


def test_the_page_has_the_markers() -> None:
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    assert page.index(BEGIN) < page.index(END)


def test_a_paper_sized_run_validates_283_times() -> None:
    assert validations() == 201 + 41 + 41


def test_kernels_are_told_apart_by_their_names() -> None:
    seen = {
        "void cudnn::engines_precompiled::nchwToNhwcKernel<__nv_bfloat16>": 7.6,
        "cudnn_generated_fort_native_sdpa_sm90_flash_bprop_wgmma_f16_knob_26": 4.4,
        "sm90_xmma_dgrad_implicit_gemm_bf16bf16_bf16f32_f32_nhwckrsc_nhwc": 0.7,
        "nvjet_sm90_tst_320x128_64x3_1x2_h_badd_coopB_TNT": 0.5,
        "void at::native::vectorized_elementwise_kernel<8, at::native::CUDAFunctor_add<c10::BFloat16>>": 1.3,
    }
    found = by_kind(seen.items())
    assert list(found.values())[:4] == pytest.approx([7.6, 4.4, 1.3, 1.2])
    assert found["attention"] == 4.4
    assert found[OTHER] == 1.3
