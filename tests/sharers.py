"""What each kind of sharer can try and what happens: the table of SECURITY.md, with a test for each line.

    python tests/sharers.py

writes SECURITY.md from it; tests/unit/test_security_page.py checks that every test named here exists.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

WORKFLOWS = "tests/comfyui/test_hostile_workflows.py"
RUNS = "tests/comfyui/test_hostile_runs.py"
PASSPORT = "tests/comfyui/test_passport.py"
DIAL = "tests/comfyui/test_dial.py"
PATHS = "tests/unit/test_paths.py"
NAMES = "tests/unit/test_names.py"
EXPORT = "tests/unit/test_export.py"
DAMAGED = "tests/unit/test_damaged_runs.py"
LIBRARY = "tests/comfyui/test_library.py"
HOSTILE = "tests/unit/test_hostile.py"


class Row(NamedTuple):
    """What is tried, what happens, and the test that tries it: `file::name`."""

    tried: str
    answer: str
    test: str


TABLES: dict[str, list[Row]] = {
    "a workflow, or a picture that carries one": [
        Row(
            "a folder outside the datasets and input folders: `..`, `/etc`, `C:\\…`, a share `\\\\server\\…` which "
            "would receive the user's login",
            "refused by its text alone, before the disk or the network is touched",
            f"{WORKFLOWS}::test_a_folder_that_is_a_path",
        ),
        Row(
            "the same, with every access to the disk watched",
            "there is none",
            f"{PATHS}::test_a_choice_that_is_a_path_is_refused_without_a_look_at_the_disk",
        ),
        Row("a number, a list or nothing as the folder", "refused", f"{WORKFLOWS}::test_a_folder_that_is_no_text"),
        Row(
            "a run name with folders, a Windows device name (`COM¹`, `CONIN$`), control characters, half a "
            "character, 300 letters",
            "refused before anything runs",
            f"{WORKFLOWS}::test_a_run_name_that_is_none",
        ),
        Row("such a name for a run to open", "refused", f"{WORKFLOWS}::test_a_run_to_open_that_is_none"),
        Row("such a name for the exported LoRA", "refused", f"{WORKFLOWS}::test_a_file_name_that_is_none"),
        Row("such a name from another node", "refused", f"{WORKFLOWS}::test_a_name_from_another_node"),
        Row(
            "a choice that does not exist, a number out of range, NaN, infinity",
            "refused, naming the input",
            f"{WORKFLOWS}::test_an_input_out_of_its_range",
        ),
        Row("such a number from another node", "refused", f"{WORKFLOWS}::test_a_number_from_another_node"),
        Row(
            "a rule or weights that the picker does not have",
            "refused before anything is trained",
            f"{WORKFLOWS}::test_a_choice_of_the_picker_that_is_none",
        ),
        Row(
            "such a name for a dial's calibration, to read or to write",
            "refused before anything runs",
            f"{DIAL}::test_a_calibration_that_is_no_name_is_refused_before_anything_runs",
        ),
        Row("writing a calibration over another file", "refused", f"{DIAL}::test_another_file_is_not_replaced"),
        Row(
            "strengths or epochs of a sheet that are no numbers",
            "refused before anything is trained",
            f"{WORKFLOWS}::test_a_sheet_that_cannot_be_is_refused_before_anything_is_trained",
        ),
        Row(
            "a title, or a name from another node, of a million letters, to keep the drawing of a sheet busy",
            "some hundred letters of it are drawn",
            "tests/unit/test_sheet.py::test_a_long_name_keeps_its_beginning_and_its_end",
        ),
        Row(
            "passports from another node with figures that cannot be",
            "refused",
            "tests/unit/test_restyle.py::test_what_is_no_passport_is_refused",
        ),
        Row(
            "anything in the place where the passports go into a PNG",
            "replaced",
            f"{PASSPORT}::test_what_stands_in_the_passports_place_is_no_obstacle",
        ),
        Row(
            "a picture that is none: a number, a text, a mask, what another node puts out",
            "refused",
            f"{WORKFLOWS}::test_a_picture_that_is_none",
        ),
        Row("a model that is none", "refused", f"{WORKFLOWS}::test_a_model_that_is_none"),
        Row("half a character in a prompt", "refused", f"{WORKFLOWS}::test_half_a_character_in_a_prompt"),
        Row(
            "overwriting captions that a person wrote",
            "done; the old ones are kept in `captions_before_1`",
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
            "done; the old file is kept beside it",
            f"{EXPORT}::test_a_lora_of_another_run_is_kept_beside",
        ),
        Row(
            "training into a folder that holds the remains of a run",
            "refused",
            f"{PATHS}::test_a_folder_whose_run_json_is_lost_is_not_written_over",
        ),
        Row(
            "learning paths on the machine from an error",
            "errors say ComfyUI/datasets, not where that is",
            f"{WORKFLOWS}::test_a_folder_that_is_a_path",
        ),
    ],
    "a folder of pictures": [
        Row(
            "a picture that is a link out of the folder",
            "skipped, and listed in the report",
            f"{PATHS}::test_a_picture_that_is_a_link_out_of_the_folder_is_skipped_and_named",
        ),
        Row(
            "a caption that is a link to some file, to have that shown as text",
            "not read, and listed in the report",
            f"{WORKFLOWS}::test_links_in_a_shared_folder_of_pictures",
        ),
        Row(
            "a caption that is a link, to have a file overwritten",
            "not written",
            f"{PATHS}::test_a_caption_that_is_a_link_is_not_read_and_named",
        ),
        Row(
            "a folder `val` or a style that is a link",
            "not entered, and listed in the report",
            f"{PATHS}::test_a_validation_folder_that_is_a_link_is_named_and_not_used",
        ),
        Row(
            "a link deeper inside than the owner's own, in a folder of folders",
            "neither offered nor followed",
            f"{WORKFLOWS}::test_a_link_of_the_owners_loads_and_one_further_in_does_not",
        ),
        Row(
            "a pipe called like a held-out picture of a run, to have the library wait for ever",
            "not opened",
            "tests/unit/test_gallery.py::test_a_pipe_called_like_a_held_out_picture_is_not_waited_for",
        ),
        Row(
            "decompression bombs, PostScript called .png, pipes, damaged files",
            "skipped, and listed in the report ([all cases](docs/hostile-inputs.md))",
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
        Row(
            "a pipe, to make it wait for ever",
            "the run is refused",
            f"{PATHS}::test_a_run_that_holds_a_pipe_is_refused",
        ),
        Row(
            "a run.json that is empty, binary, nested too deeply or without its keys",
            "refused in one sentence",
            f"{RUNS}::test_a_damaged_run_json",
        ),
        Row("a run.json of a gigabyte", "not read", f"{DAMAGED}::test_a_run_json_of_a_gigabyte_is_not_read"),
        Row(
            "a run.json whose captions, paths or numbers are of another kind, or with half a character",
            "refused in one sentence",
            f"{DAMAGED}::test_a_damaged_run_json",
        ),
        Row("a strengths.json with 1e999 or NaN", "left out", f"{RUNS}::test_damaged_strengths"),
        Row(
            "a pipe or a link, to have the queue of trainings wait for ever or look elsewhere for a run's speed",
            "the run is left out",
            "tests/unit/test_queue.py::test_a_run_that_holds_a_pipe_is_not_waited_for",
        ),
        Row(
            "lines of the history without their keys, with 1e999 or NaN",
            "skipped, or refused in one sentence",
            f"{DAMAGED}::test_a_damaged_line_of_the_history",
        ),
        Row(
            "a run name that no file system takes, or one that only earlier versions allowed",
            "the first is refused in one sentence, the second opens",
            f"{RUNS}::test_a_run_with_a_name_of_earlier_versions_opens",
        ),
        Row(
            "a state to resume from whose checksum is right and whose content makes no sense",
            "the one before is used, or the run is refused in one sentence",
            "tests/unit/test_checkpoints.py::test_a_state_whose_checksum_is_right_and_whose_content_is_none",
        ),
        Row(
            "a run.json that names another computer for its pictures or model, to receive the login of who resumes it",
            "refused by its text alone, unless the command names that place itself",
            "tests/unit/test_cli.py::test_a_place_on_another_computer_is_looked_at_only_if_the_user_names_it",
        ),
    ],
    "a LoRA or a checkpoint": [
        Row(
            "a file that is not a LoRA, under the name to export to",
            "not overwritten",
            f"{EXPORT}::test_a_file_of_another_program_stays",
        ),
        Row(
            "a LoRA of another model",
            "refused in one sentence, or what fits is used and the rest named",
            "tests/comfyui/test_fitting.py::test_a_lora_of_another_model",
        ),
        Row(
            "a LoRA whose matrices or alphas make no sense",
            "those layers are left out and named",
            "tests/unit/test_lora_fit.py::test_a_layer_whose_parts_make_no_sense_does_not_fit",
        ),
        Row(
            "the same, or one that is not finite, to start a training from",
            "refused before anything is trained",
            "tests/unit/test_start.py::test_one_that_makes_no_sense_is_refused",
        ),
        Row(
            "a checkpoint of another family",
            "refused before the pictures are read",
            "tests/comfyui/test_errors.py::test_a_base_model_of_another_family",
        ),
        Row(
            "a web page, or a file of half a header, called .safetensors",
            "refused in one sentence",
            "tests/unit/test_model_files.py::test_a_file_that_is_no_checkpoint_is_named",
        ),
        Row(
            "a pickle, which may run anything",
            "not opened",
            "tests/unit/test_model_files.py::test_what_is_not_there_or_not_safe_is_not_opened",
        ),
    ],
    "the network, where ComfyUI runs with --listen": [
        Row(
            "a hostile run name: encoded slashes and zeros, 5,000 letters, devices",
            "404 with a sentence",
            f"{RUNS}::test_a_run_of_a_hostile_name",
        ),
        Row(
            "such a name for a preview, or another file of the run",
            "404 with a sentence",
            f"{RUNS}::test_a_preview_of_a_hostile_name",
        ),
        Row("a name that is not text", "4xx", f"{RUNS}::test_a_name_that_is_no_text"),
        Row("a rule, weights or an epoch that does not exist", "400 with a sentence", f"{RUNS}::test_a_hostile_query"),
        Row(
            "learning paths on the machine from a run's notes",
            "ComfyUI/output, not where that is",
            f"{RUNS}::test_what_a_run_tells_of_another_machine_stays_there",
        ),
        Row(
            "asking for the photograph of the examples, which is drawn and written then",
            "two drawn pictures of fixed names in the input folder; what is there already stays",
            f"{PASSPORT}::test_the_photograph_of_the_examples_is_drawn_when_a_page_asks_for_it",
        ),
        Row(
            "reading or writing a caption outside the folders of pictures",
            "404 with a sentence: a picture is found by listing those folders",
            "tests/comfyui/test_captions.py::test_captions_are_read_and_corrected_in_folders_of_pictures_alone",
        ),
        Row(
            "writing a caption from a page of another site",
            "403 by ComfyUI, or 415: what such a page may send without asking is not taken",
            "tests/comfyui/test_captions.py::test_captions_are_read_and_corrected_in_folders_of_pictures_alone",
        ),
        Row(
            "ending a training from a page of another site, or by a made-up name",
            "403 by ComfyUI, 415 or 404; nobody's training ends",
            "tests/comfyui/test_stopping.py::test_only_this_page_may_stop_a_training_and_only_one_that_goes_on",
        ),
        Row(
            "queueing a training, or changing the queue, from a page of another site, or by a made-up id",
            "403 by ComfyUI, 415, 400 or 404; the queue stays as it is",
            "tests/comfyui/test_queue.py::test_only_this_page_changes_the_queue",
        ),
        Row(
            "queueing a workflow with numbers that no page could read",
            "400 with a sentence",
            "tests/comfyui/test_queue.py::test_a_workflow_that_no_page_could_open_is_not_queued",
        ),
        Row(
            "asking for the split at a resolution that would be counted for hours",
            "a sentence",
            "tests/comfyui/test_captions.py::test_the_gallery_asks_which_side_each_picture_is_on",
        ),
        Row(
            "a request that is not packed as it says",
            "400 with a sentence",
            "tests/comfyui/test_captions.py::test_what_is_not_packed_as_it_says_is_refused_in_a_sentence",
        ),
        Row(
            "a request that is larger than ComfyUI takes",
            "413 with a sentence",
            "tests/comfyui/test_captions.py::test_what_is_larger_than_comfyui_takes_is_refused_in_a_sentence",
        ),
        Row(
            "replacing a caption at the same moment as somebody else, so that theirs is lost",
            "one of the two is refused",
            "tests/unit/test_gallery.py::test_of_many_who_correct_a_caption_at_once_all_but_one_learn_of_it",
        ),
        Row(
            "the same with the notes on a run",
            "one of the two is refused",
            "tests/unit/test_library.py::test_of_many_who_write_notes_at_once_all_but_one_learn_of_it",
        ),
        Row(
            "writing through a caption that is a link",
            "refused",
            "tests/unit/test_gallery.py::test_a_caption_that_is_a_link_is_not_written_through",
        ),
        Row(
            "dropping a folder: files that lead out of it, of other kinds or too large, or from a page of another site",
            "4xx with a sentence; only pictures and captions are taken, into a new folder of the input folder",
            "tests/comfyui/test_captions.py::test_a_folder_arrives_file_by_file_and_is_chosen_by_its_name",
        ),
        Row(
            "writing over a folder by dropping another of its name",
            "the new one gets a number",
            "tests/unit/test_incoming.py::test_a_name_that_is_taken_gets_a_number",
        ),
        Row(
            "a hostile run name in the library: opened, compared, packed, noted upon, deleted",
            "4xx with a sentence",
            f"{LIBRARY}::test_hostile_names_in_the_library",
        ),
        Row(
            "having a file served as one of a run's held-out pictures",
            "only a picture in the datasets folders whose content has the hash that the run knows",
            "tests/unit/test_heat.py::test_a_held_out_picture_is_found_by_its_content",
        ),
        Row(
            "deleting what is not a run's folder directly in the folder of runs",
            "refused",
            "tests/unit/test_library.py::test_only_what_lies_in_the_folder_of_runs_is_deleted",
        ),
        Row(
            "deleting a run that is being trained",
            "refused",
            f"{LIBRARY}::test_a_run_that_is_being_trained_is_not_deleted",
        ),
        Row(
            "deleting or writing through a link",
            "refused; links further inside are deleted, not what they lead to",
            f"{LIBRARY}::test_a_run_that_is_or_holds_a_link_is_neither_noted_upon_nor_deleted",
        ),
        Row(
            "deleting a run from a page of another site, or without its name in the request",
            "403 by ComfyUI, 415, 400 or 404",
            f"{LIBRARY}::test_a_run_is_deleted_from_this_page_alone",
        ),
        Row(
            "writing notes from a page of another site",
            "403 by ComfyUI, or 415",
            f"{LIBRARY}::test_notes_are_written_from_this_page_alone",
        ),
        Row(
            "learning notes, paths or captions from a run that was passed on as a zip file",
            "they are not in it",
            "tests/unit/test_difference.py::test_a_bundle_tells_nothing_private",
        ),
    ],
}

INTRODUCTION = """# Security

LoRA Atelier is made so that you can open what strangers share: workflows, folders of pictures, runs. Each line below
says what somebody could try, what happens, and which test tries it, mostly over HTTP against a real ComfyUI. The page
is generated from `tests/sharers.py`; a test checks that the tests named here exist.

- **Names** are checked as text before the disk is touched, in one module, `lora_core/names.py`.
- **Links** are followed only where the owner of the machine made them: an entry of ComfyUI's datasets or input folder
  may be one. Inside anything that may have been shared, no link that leads out is followed (`lora_core/paths.py`).
- **Inputs** of every node are checked against the node's own schema in every version of ComfyUI, also when they come
  from another node or from an API caller (`nodes/host/inputs.py`).
- **Errors** that reach a browser name files relative to ComfyUI's folders (`nodes/host/plain_words.py`); the full paths
  are in the log.
- **Base models and LoRAs** are read from .safetensors files, which hold numbers and no code.
"""

LIMITS = """## What is not prevented

- Anyone who may queue workflows may use the machine: train for days, fill the disk with runs, read every picture in
  ComfyUI's datasets and input folders. ComfyUI has no accounts; use `--listen` only among people you trust.
- Anyone who can reach the server can read the names of all runs, their curves, previews and notes, rewrite the notes,
  delete runs that are not being trained, read and rewrite the captions of pictures, and
  put pictures into new folders of the input folder.
- On the command line, `resume`, `all-pictures` and `strength` read the folders on this computer that a run's run.json
  names as its own, unless `--data` and `--model` name others. The nodes open none of them.
- ComfyUI itself adds the paths of its Python files to an error. The pack's own messages contain none.
- ComfyUI 0.3.75 runs no more graphs until it is restarted if an input of any node, the pack's or another, is
  `{"__value__": ["x", 0]}` and there is no node x.
- BLIP and Depth Anything are loaded by transformers, from pytorch_model.bin where their folder has no .safetensors
  file; torch's reader for those files refuses code, but it is younger than the format.

## Reporting

Please report what is missing here privately: *Report a vulnerability* on the repository's Security page. Fixes go
into the newest version.
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
