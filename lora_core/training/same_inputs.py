"""What is measured of a run after it has ended must be measured with its own model and pictures."""

from __future__ import annotations

from ..dataset.style import StyleDataset
from ..errors import RunError
from ..model.base import BaseModel
from ..record.run_file import RunFile


def check_same_inputs(run: RunFile, base: BaseModel, dataset: StyleDataset, subject: str) -> None:
    """Raises RunError unless model and pictures are the run's, some held out: others would say nothing about it.

    `subject` is what can't be measured otherwise, such as "The strengths".
    """
    if run.repeats is not None:
        raise RunError(
            f"{subject} of the run {run.name!r} can't be measured: it was trained on all pictures and holds none out. "
            f"Connect the run that it was made from, {run.repeats.run!r}."
        )
    wrong = []
    if run.fingerprints.dataset != dataset.fingerprint():
        wrong.append("the pictures, their captions or their split are others")
    if run.fingerprints.networks is not None:
        others = run.fingerprints.networks.differences(base.identity)
        wrong += [f"the base model is another ({', '.join(others)})"] if others else []
    if wrong:
        raise RunError(
            f"{subject} of the run {run.name!r} can't be measured here: {'; '.join(wrong)}. Connect the model and "
            "the dataset that it was trained with."
        )
