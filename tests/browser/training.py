"""A training put together in a page."""

from __future__ import annotations

from browser.atelier import Atelier


def trainer_graph(atelier: Atelier, base: int, folder: str, **settings: object) -> tuple[int, int]:
    """A loader of a model, pictures, LoRATrainer and CheckpointPicker, connected; the ids of the last two."""
    pictures = atelier.add("DatasetLoader", 0, 180, folder=folder, resolution=64, validation_count=1)
    small = {"batch_size": 1, "rank": 1, "layers": "attention", "train_text_encoder": False, "preview_every": 0}
    trainer = atelier.add("LoRATrainer", 380, 0, **(small | {"validation_timesteps": 1} | settings))
    picker = atelier.add("CheckpointPicker", 940, 0)
    for output, name in enumerate(("model", "clip", "vae")):
        atelier.connect(base, output, trainer, name)
    atelier.connect(pictures, 0, trainer, "dataset")
    atelier.connect(trainer, 0, picker, "run")
    return trainer, picker
