"""What each kind of sharer can try and what happens: the table of SECURITY.md, a test a line.

    python tests/sharers.py

writes SECURITY.md anew from it; tests/unit/test_security_page.py checks that every test named here is there.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

WORKFLOWS = "tests/comfyui/test_hostile_workflows.py"
RUNS = "tests/comfyui/test_hostile_runs.py"
PATHS = "tests/unit/test_paths.py"
NAMES = "tests/unit/test_names.py"
EXPORT = "tests/unit/test_export.py"
DAMAGED = "tests/unit/test_damaged_runs.py"
HOSTILE = "tests/unit/test_hostile.py"


class Row(NamedTuple):
    """What is tried, what happens, and the test that tries it: `file::name`."""

    tried: str
    answer: str
    test: str


TABLES: dict[str, list[Row]] = {
    "a workflow, or a picture that carries one": [
        Row(
            "a folder outside of the datasets and input folders: `..`, `/etc`, `C:\\…`, a share `\\\\server\\…` which "
            "would be told the user's login",
            "refused by its text, before the disk or the network is touched",
            f"{WORKFLOWS}::test_a_folder_that_is_a_path",
        ),
        Row(
            "the same, watched for a look at the disk",
            "there is none",
            f"{PATHS}::test_a_choice_that_is_a_path_is_refused_without_a_look_at_the_disk",
        ),
        Row("a number, a list or nothing as folder", "refused", f"{WORKFLOWS}::test_a_folder_that_is_no_text"),
        Row(
            "a run name with folders, a device of Windows (`COM¹`, `CONIN$`), control characters, half a character, "
            "300 letters",
            "refused before anything runs",
            f"{WORKFLOWS}::test_a_run_name_that_is_none",
        ),
        Row("such a name for a run to open", "refused", f"{WORKFLOWS}::test_a_run_to_open_that_is_none"),
        Row("such a name for the exported LoRA", "refused", f"{WORKFLOWS}::test_a_file_name_that_is_none"),
        Row("such a name out of another node", "refused", f"{WORKFLOWS}::test_a_name_from_another_node"),
        Row(
            "a choice that is none, a number out of its range, NaN, infinity",
            "refused, naming the input",
            f"{WORKFLOWS}::test_an_input_out_of_its_range",
        ),
        Row("such a number out of another node", "refused", f"{WORKFLOWS}::test_a_number_from_another_node"),
        Row(
            "a rule or weights that the picker does not have",
            "refused before anything is trained",
            f"{WORKFLOWS}::test_a_choice_of_the_picker_that_is_none",
        ),
        Row("half a character in a prompt", "refused", f"{WORKFLOWS}::test_half_a_character_in_a_prompt"),
        Row(
            "overwriting captions that a person wrote",
            "done, and they are kept in `captions_before_1`",
            f"{WORKFLOWS}::test_captions_that_a_workflow_overwrites_are_kept",
        ),
        Row(
            "drawing into a folder of one's own pictures",
            "refused",
            f"{WORKFLOWS}::test_drawings_are_not_mixed_into_a_folder_of_ones_own",
        ),
        Row(
            "exporting over a LoRA of another program",
            "refused",
            f"{EXPORT}::test_a_file_of_another_program_stays",
        ),
        Row(
            "exporting over the LoRA of another run",
            "done, and it is kept beside",
            f"{EXPORT}::test_a_lora_of_another_run_is_kept_beside",
        ),
        Row(
            "training into a folder that holds what is left of a run",
            "refused",
            f"{PATHS}::test_a_folder_whose_run_json_is_lost_is_not_written_over",
        ),
        Row(
            "learning from an error where things lie on the machine",
            "errors say ComfyUI/datasets, not where that is",
            f"{WORKFLOWS}::test_a_folder_that_is_a_path",
        ),
    ],
    "a folder of pictures": [
        Row(
            "a picture that is a link out of the folder",
            "skipped and named",
            f"{PATHS}::test_a_picture_that_is_a_link_out_of_the_folder_is_skipped_and_named",
        ),
        Row(
            "a caption that is a link to any file, so that it is shown as text",
            "not read and named",
            f"{WORKFLOWS}::test_links_in_a_shared_folder_of_pictures",
        ),
        Row(
            "a caption that is a link, to have a file written over",
            "not written",
            f"{PATHS}::test_a_caption_that_is_a_link_is_not_read_and_named",
        ),
        Row(
            "a folder `val` or a style that is a link",
            "not entered and named",
            f"{PATHS}::test_a_validation_folder_that_is_a_link_is_named_and_not_used",
        ),
        Row(
            "a link further in than the owner's own, in a folder of folders",
            "neither offered nor followed",
            f"{WORKFLOWS}::test_a_link_of_the_owners_loads_and_one_further_in_does_not",
        ),
        Row(
            "decompression bombs, PostScript called .png, pipes, damaged files",
            "skipped and named ([the whole list](docs/hostile-inputs.md))",
            f"{HOSTILE}::test_picture",
        ),
    ],
    "a run's folder": [
        Row(
            "a link among the previews or checkpoints, to have any file served or exported",
            "the run is refused, naming the link",
            f"{RUNS}::test_a_link_in_a_shared_run_serves_nothing",
        ),
        Row(
            "a folder of previews that is a link",
            "the run is refused",
            f"{RUNS}::test_a_folder_of_previews_that_is_a_link_serves_nothing",
        ),
        Row(
            "a run that is a link",
            "neither listed nor served nor opened",
            f"{RUNS}::test_a_run_that_is_a_link_is_neither_listed_nor_served",
        ),
        Row(
            "a run that is a link, to have files written elsewhere",
            "not trained into",
            f"{WORKFLOWS}::test_a_run_that_is_a_link_is_not_trained_into",
        ),
        Row("a pipe, to wait for ever", "the run is refused", f"{PATHS}::test_a_run_that_holds_a_pipe_is_refused"),
        Row(
            "a run.json that is empty, binary, too deep or without its keys",
            "one sentence",
            f"{RUNS}::test_a_damaged_run_json",
        ),
        Row("a run.json of a gigabyte", "not read", f"{DAMAGED}::test_a_run_json_of_a_gigabyte_is_not_read"),
        Row(
            "lines of the history without their keys, with 1e999 or NaN",
            "passed over, or one sentence",
            f"{DAMAGED}::test_a_damaged_line_of_the_history",
        ),
        Row(
            "a name that no system holds, or one of an earlier version",
            "one sentence; it opens",
            f"{RUNS}::test_a_run_with_a_name_of_earlier_versions_opens",
        ),
    ],
    "a LoRA or a checkpoint": [
        Row(
            "a file that is no LoRA under the name to export to",
            "it stays as it is",
            f"{EXPORT}::test_a_file_of_another_program_stays",
        ),
    ],
    "the network, where ComfyUI runs with --listen": [
        Row(
            "a run by a hostile name: encoded slashes and zeros, 5,000 letters, devices",
            "404 with a sentence",
            f"{RUNS}::test_a_run_of_a_hostile_name",
        ),
        Row(
            "a preview by such a name, or another file of the run",
            "404 with a sentence",
            f"{RUNS}::test_a_preview_of_a_hostile_name",
        ),
        Row("a name that is no text", "4xx", f"{RUNS}::test_a_name_that_is_no_text"),
        Row("a rule, weights or epoch that is none", "400 with a sentence", f"{RUNS}::test_a_hostile_query"),
        Row(
            "reading in a run's notes where things lie on the machine",
            "ComfyUI/output, not where that is",
            f"{RUNS}::test_what_a_run_tells_of_another_machine_stays_there",
        ),
    ],
}

INTRODUCTION = """# Security

LoRA Atelier is made so that what strangers share can be opened: workflows, folders of pictures, runs. Each line below
is what somebody could try, what happens, and the test that tries it, most of them through HTTP against a real ComfyUI.
This page is written from the table that the tests' names are checked by, `tests/sharers.py`.

- **Names** are judged as text before the disk is touched, by one module, `lora_core/names.py`.
- **Links** are followed only where the owner of the machine made them: an entry of ComfyUI's datasets or input folder
  may be one. Inside what may have been shared none is followed that leads out (`lora_core/paths.py`).
- **Inputs** of every node are judged by the node's own schema on every core, also when they come from another node or
  from an API caller (`nodes/host/inputs.py`).
- **Errors** that go to a browser call places by ComfyUI's folders (`nodes/host/plain_words.py`); the log has the paths.
- **Models** are read from .safetensors files, which hold numbers and no program.
"""

LIMITS = """## What is not prevented

- Who may queue workflows may use the machine: train for days, fill the disk with runs, read every picture in ComfyUI's
  datasets and input folders. ComfyUI has no accounts; `--listen` is for people you trust.
- The names of all runs, their curves and previews can be read by everybody who reaches the server.
- ComfyUI itself adds to an error the places of its Python files. The pack's own texts have none.
- BLIP models in folders you filled yourself are loaded by transformers, as their files are.

## Reporting

Please report what is missing here privately: *Report a vulnerability* on the repository's Security page. The newest
version is the one that is mended.
"""


def document() -> str:
    """SECURITY.md."""
    parts = [INTRODUCTION]
    for sharer, rows in TABLES.items():
        lines = [f"| {row.tried} | {row.answer} | `{row.test}` |" for row in rows]
        heading = (
            f"## From somebody who shares {sharer}" if not sharer.startswith("the network") else f"## From {sharer}"
        )
        parts.append("\n".join([heading, "", "| tried | what happens | test |", "| --- | --- | --- |", *lines]) + "\n")
    return "\n".join([*parts, LIMITS])


if __name__ == "__main__":
    page = Path(__file__).parents[1] / "SECURITY.md"
    page.write_text(document(), encoding="utf-8", newline="\n")
    sys.stdout.write(f"{page}\n")
