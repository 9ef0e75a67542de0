"""The recipe of a run: frozen dataclasses, validated at birth, to and from JSON.

The defaults are the paper's recipe (Ivanchenko et al., see docs/paper.md): `RunConfig()` is `RunConfig.paper()`. What
the paper does not mention is off, but for what watches the training and leaves it as it is: the average of the weights.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from typing import Any, get_args, get_type_hints

from .errors import ConfigError

LAYERS = ("all", "attention", "attention+mlp")
PRECISIONS = ("float32", "bfloat16", "float16")


@dataclass(frozen=True)
class LoraConfig:
    """What is trained: h = W x + (alpha / rank) B A x."""

    rank: int = 16
    """Inner dimension r of the product B A; the file grows with it."""
    alpha: float = 1.0
    """Numerator of the scale alpha / rank. At 1 the learning rate need not change with the rank."""
    layers: str = "all"
    """all: every Linear and Conv2d, as in the paper; attention: query, key, value and output projections only;
    attention+mlp: those and the feed-forward layers."""
    train_text_encoder: bool = True
    """Train the text encoder's layers too, as in the paper; off trains the UNet only."""
    dropout: float = 0.0
    """Probability of zeroing an element of the input of A while training."""

    def __post_init__(self) -> None:
        _at_least(self, rank=1)
        _positive(self, "alpha")
        _one_of(self, layers=LAYERS)
        _in_range(self, 0.0, 1.0, "dropout", upper_included=False)


@dataclass(frozen=True)
class OptimizerConfig:
    """AdamW (Loshchilov & Hutter 2019) with linear warm-up, then a constant rate."""

    learning_rate: float = 3e-4
    """The rate reached after the warm-up."""
    warmup_steps: int = 100
    """Step s of the warm-up uses learning_rate * s / warmup_steps."""
    beta1: float = 0.9
    """Decay of the mean of the gradients."""
    beta2: float = 0.999
    """Decay of the mean of the squared gradients."""
    epsilon: float = 1e-8
    """Keeps the division finite."""
    weight_decay: float = 0.01
    """Decoupled: the weights shrink by learning_rate * weight_decay each step."""
    max_grad_norm: float = 0.0
    """Gradients of a larger global norm are scaled down to it; 0 leaves them alone."""

    def __post_init__(self) -> None:
        _positive(self, "learning_rate", "epsilon")
        _at_least(self, warmup_steps=0, weight_decay=0, max_grad_norm=0)
        _in_range(self, 0.0, 1.0, "beta1", "beta2", upper_included=False)


@dataclass(frozen=True)
class TrainingConfig:
    """How the pictures are gone through."""

    epochs: int = 200
    """Passes through the training pictures."""
    batch_size: int = 4
    """Pictures a step; also the most that go through the network at once."""
    gradient_accumulation: int = 1
    """Batches whose gradients are averaged into one step of the optimiser."""
    seed: int = 0
    """Decides the order of the pictures, the noise, the timesteps and the LoRA's starting weights."""
    precision: str = "float32"
    """Number format of the frozen base model; the LoRA itself is always trained in float32."""
    gradient_checkpointing: bool = False
    """Recompute activations in the backward pass: much less memory, about a quarter slower, the same result."""
    min_snr_gamma: float = 0.0
    """Min-SNR loss weighting (Hang et al. 2023), usually 5; 0 is off."""
    noise_offset: float = 0.0
    """Adds a constant of this size to each channel of the noise, which helps very dark and very bright pictures."""
    caption_dropout: float = 0.0
    """Probability that a picture is trained with an empty caption."""
    horizontal_flip: bool = False
    """Show each picture mirrored half of the time."""
    average_decay: float = 0.99
    """Decay per step of a moving average of the LoRA that is kept, validated and saved beside the raw one, which it
    never alters; 0 keeps none, as in the paper."""
    early_stopping_patience: int = 0
    """Stop after this many epochs without a new lowest smoothed validation loss; 0 is off."""

    def __post_init__(self) -> None:
        _at_least(self, epochs=1, batch_size=1, gradient_accumulation=1, seed=0, early_stopping_patience=0)
        _at_least(self, min_snr_gamma=0, noise_offset=0)
        _one_of(self, precision=PRECISIONS)
        _in_range(self, 0.0, 1.0, "caption_dropout")
        _in_range(self, 0.0, 1.0, "average_decay", upper_included=False)

    @property
    def pictures_per_step(self) -> int:
        """The effective batch size."""
        return self.batch_size * self.gradient_accumulation

    def steps_per_epoch(self, pictures: int) -> int:
        """Steps in which each picture is seen exactly once: the paper's 56 pictures by 4 give 14."""
        return -(-pictures // self.pictures_per_step)


@dataclass(frozen=True)
class ValidationConfig:
    """The fixed grid of timesteps and noise on the pictures that are never trained on."""

    every_epochs: int = 1
    """Validate after every so many epochs; 0 never validates."""
    raw_every_epochs: int = 5
    """Where an average of the weights is validated, validate the raw ones too after every so many epochs. Without an
    average they are what is validated."""
    timesteps_per_picture: int = 2
    """Timesteps at which each validation picture is scored, placed where LoRAs improve the loss."""
    probe_every_epochs: int = 5
    """Measure as many training pictures in the same manner after every so many epochs, so that the gap between the two
    curves shows the overfitting; 0 never does."""
    seed: int = 0
    """Decides the noise and timesteps of the grid, whatever the training seed, so that runs can be compared."""

    def __post_init__(self) -> None:
        _at_least(self, every_epochs=0, raw_every_epochs=1, timesteps_per_picture=1, probe_every_epochs=0, seed=0)


@dataclass(frozen=True)
class PreviewConfig:
    """The picture made now and then from a fixed prompt and seed, to watch the style arrive."""

    every_epochs: int = 5
    """Make a preview after every so many epochs; 0 makes none."""
    prompt: str = "building"
    """What the preview shows."""
    negative_prompt: str = ""
    """What it must not show."""
    steps: int = 20
    """Sampling steps."""
    guidance: float = 7.5
    """Classifier-free guidance scale."""
    seed: int = 0
    """Decides the starting noise."""

    def __post_init__(self) -> None:
        _at_least(self, every_epochs=0, steps=1, guidance=1, seed=0)


@dataclass(frozen=True)
class StorageConfig:
    """What stays on the disk."""

    checkpoint_budget: int = 32
    """The most LoRA files kept at a time: the last, those the picker could want, and an even sample. Raw and averaged
    weights share it equally: 16 each by default, 2.5 GB at rank 16."""
    dtype: str = "float32"
    """Number format of the saved LoRA files."""

    def __post_init__(self) -> None:
        _at_least(self, checkpoint_budget=3)
        _one_of(self, dtype=PRECISIONS)


@dataclass(frozen=True)
class RunConfig:
    """Everything that decides a run, apart from the pictures and the base model."""

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
        _known(data, sections, "the recipe")
        return cls(**{name: _section_from_json(sections[name], name, value) for name, value in data.items()})

    def differences(self, other: RunConfig) -> list[str]:
        """What keeps a run with this recipe from being resumed with `other`, one line a setting."""
        mine, theirs = dict(self._flat()), dict(other._flat())
        return [
            f"{name} was {mine[name]!r} and is now {theirs[name]!r}"
            for name in mine
            if mine[name] != theirs[name] and name not in _MAY_CHANGE and not name.startswith("preview.")
        ]

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
"""Settings that may change when a run is resumed, since none of them alters a step; nor do the previews."""


def sentences() -> dict[str, str]:
    """What each setting does, by "section.setting": the sentence below the field in this file."""
    return {
        f"{section.name}.{name}": text
        for section in fields(RunConfig)
        for name, text in field_sentences(get_type_hints(RunConfig)[section.name]).items()
    }


def field_sentences(kind: type) -> dict[str, str]:
    """The sentences below the fields of a class, by field; a field may do without."""
    (declaration,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(declaration, ast.ClassDef)
    return {
        field.target.id: inspect.cleandoc(str(text.value.value))
        for field, text in itertools.pairwise(declaration.body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
    }


def warmup_factor(step: int, warmup_steps: int) -> float:
    """The share of the learning rate that step `step` (counted from 1) uses: min(1, step / warmup_steps)."""
    return min(1.0, step / warmup_steps) if warmup_steps else 1.0


def _section_from_json(section: type, name: str, data: Any) -> Any:
    if not isinstance(data, dict):
        raise ConfigError(f"{name} must be a group of settings, got {data!r}.")
    hints = get_type_hints(section)
    _known(data, hints, name)
    return section(**{key: _typed(f"{name}.{key}", value, hints[key]) for key, value in data.items()})


def _known(data: dict[str, Any], allowed: dict[str, Any], where: str) -> None:
    unknown = sorted(set(data) - set(allowed))
    if unknown:
        raise ConfigError(f"{where} has no setting {', '.join(unknown)}; it has {', '.join(sorted(allowed))}.")


def _typed(name: str, value: Any, kind: Any) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    accepted = get_args(kind) or (kind,)
    if not isinstance(value, accepted) or (isinstance(value, bool) and bool not in accepted):
        raise ConfigError(f"{name} must be of type {kind.__name__}, got {value!r}.")
    return value


def _at_least(config: Any, **limits: float) -> None:
    for name, limit in limits.items():
        value = getattr(config, name)
        if not value >= limit or value == math.inf:
            raise ConfigError(f"{name} must be at least {limit}, got {value}.")


def _positive(config: Any, *names: str) -> None:
    for name in names:
        value = getattr(config, name)
        if not 0 < value < math.inf:
            raise ConfigError(f"{name} must be above 0, got {value}.")


def _in_range(config: Any, lower: float, upper: float, *names: str, upper_included: bool = True) -> None:
    for name in names:
        value = getattr(config, name)
        if not (lower <= value <= upper) or (value == upper and not upper_included):
            bound = "to" if upper_included else "to below"
            raise ConfigError(f"{name} must be from {lower:g} {bound} {upper:g}, got {value}.")


def _one_of(config: Any, **choices: tuple[str, ...]) -> None:
    for name, allowed in choices.items():
        value = getattr(config, name)
        if value not in allowed:
            raise ConfigError(f"{name} must be one of {', '.join(allowed)}, got {value!r}.")
