"""What the documents say of the code: its defaults, its sentences, and where their own links lead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from saying import too_few
from sentences import all_sentences
from speaking import LANGUAGES, translated

from devtools.places import ROOT
from lora_core.config import RunConfig
from lora_core.dataset.incoming import LARGEST_FILE, MOST_FILES
from lora_core.record.checkpoints import STATES_KEPT
from lora_core.record.epochs import spread_epochs

DOCUMENTS = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
PAGES = sorted((ROOT / "web" / "docs").glob("*.md"))


def numbers() -> dict[str, list[str]]:
    """What documents say with the code's own numbers put in."""
    recipe = RunConfig()
    lora, adamw, training, validation = recipe.lora, recipe.optimizer, recipe.training, recipe.validation
    previews, storage = recipe.preview, recipe.storage
    batch, each, pictures = training.batch_size, training.steps_per_epoch(56), 56
    exponent = f"{adamw.learning_rate:.0e}".split("e-")
    rate = f"{exponent[0]}·10⁻{'⁰¹²³⁴⁵⁶⁷⁸⁹'[int(exponent[1])]}"
    epsilon = f"10⁻{'⁰¹²³⁴⁵⁶⁷⁸⁹'[int(f'{adamw.epsilon:.0e}'.split('e-')[1])]}"
    return {
        "docs/paper.md": [
            f"| batch size | {batch}, so that an epoch has {pictures} / {batch} = {each} steps |",
            f"| epochs | {training.epochs}, which is {training.epochs * each:,} steps |",
            f"AdamW, weight decay {adamw.weight_decay:g}, β₁ {adamw.beta1:g}, β₂ {adamw.beta2:g}, ε {epsilon}",
            f"| learning rate | linear from 0 to {rate} over {adamw.warmup_steps} steps, then constant |",
            f"| LoRA rank | {lora.rank} |",
            f'every {previews.every_epochs} epochs, prompt "{previews.prompt}", everything fixed',
            f"We use {lora.alpha:g}, OneTrainer's default, so the LoRA is scaled by {lora.alpha:g}/{lora.rank}.",
        ],
        "docs/validation.md": [
            f"`timesteps_per_picture`, {validation.timesteps_per_picture} |",
            f"`average_decay`, {training.average_decay:g}: about the last {1 / (1 - training.average_decay):.0f} steps",
            f"every {validation.raw_every_epochs}th epoch (`raw_every_epochs`)",
            f"every {validation.probe_every_epochs}th epoch (`probe_every_epochs`)",
            f"`checkpoint_budget` ({storage.checkpoint_budget})",
            f"at most {_word(len(spread_epochs(list(range(100)), 7)) - 1)} other kept epochs",
        ],
        "docs/run-folder.md": [
            f"`checkpoint_budget` ({storage.checkpoint_budget})",
            f"{storage.checkpoint_budget // 2} of each, which at rank {lora.rank} in {storage.dtype}",
            f"the last {_word(STATES_KEPT)} states",
        ],
        "README.md": [
            f"r = {lora.rank},\\; \\alpha = {lora.alpha:g}",
            f"rising linearly to ${exponent[0]} \\cdot 10^{{-{int(exponent[1])}}}$ over {adamw.warmup_steps} steps",
            f"every {_word(previews.every_epochs)} epochs a preview appears",
            f"within {training.epochs} epochs; the nodes' default is {lora.alpha:g}",
        ],
        "web/docs/LoRATrainer.md": [
            f"{storage.checkpoint_budget // 2} each by default",
            f"{training.average_decay:g} averages over about the last {1 / (1 - training.average_decay):.0f} steps",
            f"keep `batch_size` at {training.batch_size}",
        ],
        "web/docs/DatasetLoader.md": [f"A file may have {LARGEST_FILE // 10**6} MB, a folder {MOST_FILES:,} files"],
    }


def _word(number: int) -> str:
    return ["no", "one", "two", "three", "four", "five", "six", "seven"][number]


@pytest.mark.parametrize("name", numbers())
def test_numbers_are_the_codes(name: str) -> None:
    text = " ".join((ROOT / name).read_text(encoding="utf-8").split())
    assert [phrase for phrase in numbers()[name] if phrase not in text] == []


def headings(file: Path) -> set[str]:
    """The addresses that GitHub gives the headings of a document."""
    found = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_headings_that_are_there(document: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)", document.read_text(encoding="utf-8"), re.MULTILINE)
    for link in (inline or defined for inline, defined in links):
        place, _, heading = link.partition("#")
        if heading and "://" not in link:
            target = document.parent / place if place else document
            assert heading in headings(target), f"{document.name}: {link}"


def quoted(text: str) -> Iterator[str]:
    """The parts of error messages that a page explains, with numbers as 7: **"… has 3 pictures …"** has one."""
    for message in re.findall(r'\*\*"(.+?)"', text):
        for part in re.split(r"…|\.\.\.", message):
            known = re.sub(r"\d+(\.\d+)?", "7", part).strip(" .,;:'")
            if len(known.split()) >= 3:
                yield known


def is_said(part: str, said: str) -> bool:
    """Whether half of it, in one piece, is somewhere: in the other half may be a name that the code puts in."""
    words = part.split()
    least = max(2, len(words) // 2)
    return any(" ".join(words[start : start + least]) in said for start in range(len(words) - least + 1))


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    made = too_few(tmp_path_factory.mktemp("said"))
    return "\n".join(re.sub(r"\d+(\.\d+)?", "7", text) for text in [*made, *(each.text for each in all_sentences())])


@pytest.mark.parametrize("code", LANGUAGES)
def test_errors_are_explained_in_the_language_that_they_are_shown_in(said: str, code: str) -> None:
    other = re.sub(r"\d+(\.\d+)?", "7", "\n".join(translated(said.split("\n"), code)))
    pages = sorted((ROOT / "web" / "docs").glob(f"*/{code}.md"))
    assert len(pages) > 20
    parts = {page.parent.name: list(quoted(page.read_text(encoding="utf-8"))) for page in pages}
    assert sum(map(len, parts.values())) > 10
    assert {name: [part for part in each if not is_said(part, other)] for name, each in parts.items()} == {
        name: [] for name in parts
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_errors_that_a_page_explains_are_said_so(page: Path, said: str) -> None:
    assert [part for part in quoted(page.read_text(encoding="utf-8")) if not is_said(part, said)] == []


def test_errors_that_the_readme_explains_are_said_so(said: str) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8").split("### If something goes wrong")[1].split("\n## ")[0]
    rows = re.findall(r"^\| \*([^*]+)\* \|", text, re.MULTILINE)
    parts = [part for row in rows for part in quoted(f'**"{row}"**')]
    assert len(parts) > 3
    assert [part for part in parts if not is_said(part, said)] == []


def test_a_wrong_quotation_is_found(said: str) -> None:
    text = 'Text. **"… has 8 usable pictures; 8 for validation … nobody says this …"** Help.'
    assert [part for part in quoted(text) if not is_said(part, said)] == ["nobody says this"]
