"""The recipe of a run: frozen dataclasses, validated on construction, to and from JSON.

The defaults are the paper's recipe (Ivanchenko et al., see docs/paper.md): `RunConfig()` is `RunConfig.paper()`. What
the paper does not mention is off, except the average of the weights, which does not affect the training.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from typing import Any, get_type_hints

from .settings import Section, check_names, field_sentences, section_from_json, setting

LAYERS = ("all", "attention", "attention+mlp")
PRECISIONS = ("float32", "bfloat16", "float16")
AUTO = "auto"
"""Chosen in place of a precision, and of what else the interfaces leave to the device: what suits it."""


@dataclass(frozen=True)
class LoraConfig(Section):
    """What is trained: h = W x + (alpha / rank) B A x."""

    rank: int = setting(16, least=1)
    """Size of the LoRA, the inner dimension r of the product B A: 16 gives a file of 78 MB. Twice as much can learn
    more, and doubles the file."""
    alpha: float = setting(1.0, above=0)
    """The LoRA is scaled by alpha / rank, so that more learns faster. At 1, OneTrainer's default, the learning rate
    suits every rank."""
    layers: str = setting("all", choices=LAYERS)
    """all: every linear and convolution layer, as in the paper. attention: query, key, value and output projections
    only. attention+mlp: those and the feed-forward layers. The last two give smaller files."""
    train_text_encoder: bool = True
    """On: the text encoder is trained beside the UNet, as the paper did. Off: the UNet alone, which is faster and makes
    a smaller file."""
    dropout: float = setting(0.0, least=0, below=1)
    """Share of the LoRA's inputs zeroed while training: more slows learning and overfitting alike; 0 is off."""


@dataclass(frozen=True)
class OptimizerConfig(Section):
    """AdamW (Loshchilov & Hutter 2019; the paper's equations 15 to 19), with linear warm-up, then a constant rate."""

    learning_rate: float = setting(3e-4, above=0)
    """Reached after the warm-up, then constant. Higher learns faster and overfits sooner; lower it if the validation
    loss rises from the start."""
    warmup_steps: int = setting(100, least=0)
    """Steps over which the learning rate rises from 0, so that training begins gently: step s uses learning_rate * s /
    warmup_steps."""
    beta1: float = setting(0.9, least=0, below=1)
    """Decay of the mean of the gradients."""
    beta2: float = setting(0.999, least=0, below=1)
    """Decay of the mean of the squared gradients."""
    epsilon: float = setting(1e-8, above=0)
    """Keeps the division finite."""
    weight_decay: float = setting(0.01, least=0)
    """AdamW's pull towards zero: the weights shrink by learning_rate * weight_decay each step. More holds the LoRA
    smaller."""
    max_grad_norm: float = setting(0.0, least=0)
    """Gradients of a larger global norm are scaled down to it, so that one odd picture does little; 0 is off."""


@dataclass(frozen=True)
class TrainingConfig(Section):
    """How the pictures are trained on."""

    epochs: int = setting(200, least=1)
    """Passes through the training pictures; twice as many take twice as long. Train past the best point: the picker
    goes back to it."""
    batch_size: int = setting(4, least=1)
    """Pictures per step: more make steadier steps and fewer of them in an epoch. If memory runs out, they are processed
    in smaller portions, with the same result."""
    gradient_accumulation: int = setting(1, least=1)
    """Batches whose gradients are averaged into one step of the optimiser: like so many times the batch_size, in the
    memory of one."""
    seed: int = setting(0, least=0)
    """Decides the order of the pictures, the noise, the timesteps and the starting weights. The same seed repeats a
    run."""
    precision: str = setting("float32", choices=PRECISIONS)
    """Number format of the frozen base model: bfloat16 and float16 take half the memory of float32 and are faster on a
    GPU. The LoRA itself is always trained in float32."""
    gradient_checkpointing: bool = False
    """Recompute activations in the backward pass: much less memory, about a quarter slower, the same result. Turned on
    by itself where the counted memory does not suffice without."""
    min_snr_gamma: float = setting(0.0, least=0)
    """Min-SNR weighting of the training loss (Hang et al. 2023), usually 5: nearly clean pictures count less; 0 is
    off."""
    noise_offset: float = setting(0.0, least=0)
    """Adds a constant of this size to each channel of the noise. About 0.05 helps with very dark and very bright
    pictures; 0 is off."""
    caption_dropout: float = setting(0.0, least=0, most=1)
    """Share of pictures trained with an empty caption, so that the style comes without words too; 0 is off."""
    horizontal_flip: bool = False
    """Show each picture mirrored half of the time: as if there were more, but wrong for lettering and one-sided
    buildings."""
    average_decay: float = setting(0.99, least=0, below=1)
    """Keep a moving average of the LoRA beside the raw one, which it never alters, for the picker to choose from: 0.99
    averages over about the last 100 steps. 0 keeps none, the paper's way."""
    early_stopping_patience: int = setting(0, least=0)
    """Stop after this many epochs without a new lowest smoothed validation loss; 0 trains to the end."""
    deterministic: bool = False
    """Let a GPU repeat a run bit for bit, as a CPU does anyway. It is slower."""

    @property
    def pictures_per_step(self) -> int:
        """The effective batch size."""
        return self.batch_size * self.gradient_accumulation

    def steps_per_epoch(self, pictures: int) -> int:
        """Steps in which each picture is seen exactly once: the paper's 56 pictures by 4 give 14."""
        return -(-pictures // self.pictures_per_step)


@dataclass(frozen=True)
class ValidationConfig(Section):
    """The fixed grid of timesteps and noise on the pictures that are never trained on."""

    every_epochs: int = setting(1, least=0)
    """Epochs from one validation to the next; 0 never validates."""
    raw_every_epochs: int = setting(5, least=1)
    """Epochs from one validation of the raw weights to the next, where an average is validated. Without an average, the
    raw weights are what is validated."""
    timesteps_per_picture: int = setting(2, least=1)
    """Noise levels at which each validation picture is scored, placed where LoRAs improve the loss. More is steadier
    and slower."""
    probe_every_epochs: int = setting(5, least=0)
    """Epochs from one measurement of the probe to the next: as many training pictures, measured like the validation
    pictures, so that the gap between the two curves is the overfitting. 0 turns it off."""
    seed: int = setting(0, least=0)
    """Decides the noise and timesteps of the grid, whatever the training seed, so that runs can be compared."""


@dataclass(frozen=True)
class PreviewConfig(Section):
    """The picture made every few epochs from a fixed prompt and seed, to watch the style develop."""

    every_epochs: int = setting(5, least=0)
    """Epochs from one preview picture to the next; 0 makes none."""
    prompt: str = "building"
    """What the preview pictures show, with a fixed seed. It does not change the training."""
    negative_prompt: str = ""
    """What they must not show."""
    steps: int = setting(20, least=1, most=999)
    """Sampling steps of the preview pictures: more are finer and take longer."""
    guidance: float = setting(7.5, least=1)
    """Classifier-free guidance scale."""
    seed: int = setting(0, least=0)
    """Decides the starting noise."""


@dataclass(frozen=True)
class StorageConfig(Section):
    """What is kept on the disk."""

    checkpoint_budget: int = setting(32, least=3)
    """The most LoRA files kept in the run's folder: the last, the best candidates and an even sample. Raw and averaged
    ones share the number equally: 16 each by default, 2.5 GB at rank 16."""
    dtype: str = setting("float32", choices=PRECISIONS)
    """Number format of the LoRA files: float32 as in the paper, float16 at half the size."""


@dataclass(frozen=True)
class RunConfig:
    """Everything that determines a run, apart from the pictures and the base model."""

    lora: LoraConfig = field(default_factory=LoraConfig)
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    validation: ValidationConfig = field(default_factory=ValidationConfig)
    preview: PreviewConfig = field(default_factory=PreviewConfig)
    storage: StorageConfig = field(default_factory=StorageConfig)

    @classmethod
    def paper(cls) -> RunConfig:
        """The paper's recipe: rank 16 on all 354 layers, batch 4, 200 epochs, AdamW at 3e-4 after 100 warm-up steps."""
        return cls()

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries, ready for json.dumps."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> RunConfig:
        """The inverse of `to_json`; a missing entry takes its default.

        Raises:
            ConfigError: an unknown name, a value of the wrong type, or one out of its range.
        """
        sections = {section.name: get_type_hints(cls)[section.name] for section in fields(cls)}
        check_names(data, sections, "the recipe")
        return cls(**{name: section_from_json(sections[name], name, value) for name, value in data.items()})

    def changes(self, other: RunConfig) -> list[Change]:
        """The settings that `other` has other values of, as far as they alter a step."""
        mine, theirs = dict(self._flat()), dict(other._flat())
        return [
            Change(label(name), _shown(mine[name]), _shown(theirs[name]))
            for name in mine
            if mine[name] != theirs[name] and name not in _MAY_CHANGE and not name.startswith("preview.")
        ]

    def differences(self, other: RunConfig) -> list[str]:
        """What prevents a run with this recipe from being resumed with `other`, one line per setting."""
        return [f"{each.label} was {each.before} and is now {each.now}" for each in self.changes(other)]

    def _flat(self) -> Iterator[tuple[str, Any]]:
        for section, values in self.to_json().items():
            for name, value in values.items():
                yield f"{section}.{name}", value


_MAY_CHANGE = {
    "training.epochs",
    "training.early_stopping_patience",
    "training.gradient_checkpointing",
    "storage.checkpoint_budget",
}
"""Settings that may change when a run is resumed, as may the previews, since none of them alters a step."""


_LABELS = {
    "lora.dropout": "LoRA dropout",
    "validation.every_epochs": "validation every epochs",
    "validation.timesteps_per_picture": "validation timesteps",
    "validation.probe_every_epochs": "probe every",
    "validation.seed": "validation seed",
    "storage.dtype": "save precision",
}
"""What the interface calls a setting, where that is not its name."""


@dataclass(frozen=True)
class Change:
    """A setting with two values, in words."""

    label: str
    before: str
    now: str


def label(setting: str) -> str:
    """What the interface calls "section.setting", such as "learning rate"."""
    return _LABELS.get(setting, setting.split(".")[-1].replace("_", " "))


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def sentences() -> dict[str, str]:
    """What each setting does, by "section.setting": the text below the field in this file."""
    return {
        f"{section.name}.{name}": text
        for section in fields(RunConfig)
        for name, text in field_sentences(get_type_hints(RunConfig)[section.name]).items()
    }


def warmup_factor(step: int, warmup_steps: int) -> float:
    """The share of the learning rate that step `step` (counted from 1) uses: min(1, step / warmup_steps)."""
    return min(1.0, step / warmup_steps) if warmup_steps else 1.0
