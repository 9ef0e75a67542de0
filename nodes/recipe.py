"""The recipe of a run as inputs of a node, and back."""

from __future__ import annotations

from comfy_api.latest import io

from ..lora_core.config import (
    LAYERS,
    PRECISIONS,
    LoraConfig,
    OptimizerConfig,
    PreviewConfig,
    RunConfig,
    StorageConfig,
    TrainingConfig,
    ValidationConfig,
)
from . import comfy_bridge
from .sockets import advanced

PAPER = RunConfig.paper()
_ROOMY = 16 * 1024**3
"""Device memory from which a batch of four at 512 pixels trains without gradient checkpointing."""


def recipe(
    *,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    rank: int,
    alpha: float,
    layers: str,
    train_text_encoder: bool,
    preview_prompt: str,
    preview_every: int,
    seed: int,
    warmup_steps: int,
    weight_decay: float,
    validation_timesteps: int,
    probe_every: int,
    precision: str,
    gradient_checkpointing: str,
    gradient_accumulation: int,
    max_grad_norm: float,
    lora_dropout: float,
    caption_dropout: float,
    min_snr_gamma: float,
    noise_offset: float,
    horizontal_flip: bool,
    average_decay: float,
    early_stopping_patience: int,
    preview_steps: int,
    checkpoints_kept: int,
    save_precision: str,
) -> RunConfig:
    """The node's inputs as a recipe; "auto" is decided here, by the device."""
    saves_memory = comfy_bridge.device().type != "cpu" and comfy_bridge.total_memory() < _ROOMY
    return RunConfig(
        LoraConfig(rank, alpha, layers, train_text_encoder, lora_dropout),
        OptimizerConfig(learning_rate, warmup_steps, weight_decay=weight_decay, max_grad_norm=max_grad_norm),
        TrainingConfig(
            epochs,
            batch_size,
            gradient_accumulation,
            seed,
            precision=comfy_bridge.best_precision() if precision == "auto" else precision,
            gradient_checkpointing=saves_memory if gradient_checkpointing == "auto" else gradient_checkpointing == "on",
            min_snr_gamma=min_snr_gamma,
            noise_offset=noise_offset,
            caption_dropout=caption_dropout,
            horizontal_flip=horizontal_flip,
            average_decay=average_decay,
            early_stopping_patience=early_stopping_patience,
        ),
        ValidationConfig(timesteps_per_picture=validation_timesteps, probe_every_epochs=probe_every),
        PreviewConfig(preview_every, preview_prompt, steps=preview_steps),
        StorageConfig(checkpoints_kept, save_precision),
    )


def main_inputs() -> list[io.Input]:
    """What most users look at."""
    return [
        io.Int.Input(
            "epochs",
            default=PAPER.training.epochs,
            min=1,
            max=100000,
            tooltip="Passes through the training pictures. Train past the best point: the picker goes back to it.",
        ),
        io.Int.Input(
            "batch_size",
            default=PAPER.training.batch_size,
            min=1,
            max=64,
            tooltip="Pictures a step. If memory runs out, they are sent through in smaller portions, with the same "
            "result.",
        ),
        io.Float.Input(
            "learning_rate",
            default=PAPER.optimizer.learning_rate,
            min=1e-6,
            max=1.0,
            step=1e-5,
            round=1e-6,
            tooltip="Reached after the warm-up, then constant. Lower it if the validation loss rises from the start.",
        ),
        io.Int.Input(
            "rank",
            default=PAPER.lora.rank,
            min=1,
            max=256,
            tooltip="Size of the LoRA: 16 gives a file of 78 MB.",
        ),
        io.Float.Input(
            "alpha",
            default=PAPER.lora.alpha,
            min=0.01,
            max=1024.0,
            step=0.5,
            round=0.01,
            tooltip="The LoRA is scaled by alpha / rank. At 1, OneTrainer's default, the learning rate suits every "
            "rank.",
        ),
        io.Combo.Input(
            "layers",
            options=list(LAYERS),
            tooltip="all: every linear and convolution layer, the paper's choice. The others give smaller files.",
        ),
        io.Boolean.Input(
            "train_text_encoder",
            default=PAPER.lora.train_text_encoder,
            tooltip="Train the text encoder beside the UNet, as the paper did.",
        ),
        io.String.Input(
            "preview_prompt",
            default=PAPER.preview.prompt,
            tooltip="What the preview pictures show, with a fixed seed.",
        ),
        io.Int.Input(
            "preview_every",
            default=PAPER.preview.every_epochs,
            min=0,
            max=1000,
            tooltip="Make a preview picture after every so many epochs; 0 makes none.",
        ),
        io.Int.Input(
            "seed",
            default=PAPER.training.seed,
            min=0,
            max=2**31 - 1,
            control_after_generate=False,
            tooltip="Order of the pictures, noise and starting weights. The same seed repeats a run.",
        ),
    ]


def advanced_inputs() -> list[io.Input]:
    """What the paper leaves alone or off, folded away where the front end can."""
    training, optimizer = PAPER.training, PAPER.optimizer
    auto = ["auto", "on", "off"]
    return [
        advanced(
            io.Int.Input,
            "warmup_steps",
            default=optimizer.warmup_steps,
            min=0,
            max=100000,
            tooltip="Steps over which the learning rate rises from 0.",
        ),
        advanced(
            io.Float.Input,
            "weight_decay",
            default=optimizer.weight_decay,
            min=0.0,
            max=1.0,
            step=0.001,
            tooltip="AdamW's pull of the LoRA's weights towards zero.",
        ),
        advanced(
            io.Int.Input,
            "validation_timesteps",
            default=PAPER.validation.timesteps_per_picture,
            min=1,
            max=100,
            tooltip="Noise levels at which each validation picture is scored. More is steadier and slower.",
        ),
        advanced(
            io.Int.Input,
            "probe_every",
            default=PAPER.validation.probe_every_epochs,
            min=0,
            max=1000,
            tooltip="Measure as many training pictures in the same manner after every so many epochs: the gap between "
            "the two curves is the overfitting. 0 never does.",
        ),
        advanced(
            io.Combo.Input,
            "precision",
            options=["auto", *PRECISIONS],
            tooltip="Number format of the base model. The LoRA itself is always trained in float32.",
        ),
        advanced(
            io.Combo.Input,
            "gradient_checkpointing",
            options=auto,
            tooltip="Saves much memory for about a quarter more time; the result is the same. auto: on below 16 GB.",
        ),
        advanced(
            io.Int.Input,
            "gradient_accumulation",
            default=training.gradient_accumulation,
            min=1,
            max=256,
            tooltip="Batches averaged into one step.",
        ),
        advanced(
            io.Float.Input,
            "max_grad_norm",
            default=optimizer.max_grad_norm,
            min=0.0,
            max=100.0,
            step=0.1,
            tooltip="Clip gradients to this norm; 0 is off.",
        ),
        advanced(
            io.Float.Input,
            "lora_dropout",
            default=PAPER.lora.dropout,
            min=0.0,
            max=0.99,
            step=0.05,
            tooltip="Share of the LoRA's inputs zeroed while training; 0 is off.",
        ),
        advanced(
            io.Float.Input,
            "caption_dropout",
            default=training.caption_dropout,
            min=0.0,
            max=1.0,
            step=0.05,
            tooltip="Share of pictures trained with an empty caption; 0 is off.",
        ),
        advanced(
            io.Float.Input,
            "min_snr_gamma",
            default=training.min_snr_gamma,
            min=0.0,
            max=100.0,
            step=0.5,
            tooltip="Min-SNR weighting of the training loss, usually 5; 0 is off.",
        ),
        advanced(
            io.Float.Input,
            "noise_offset",
            default=training.noise_offset,
            min=0.0,
            max=1.0,
            step=0.01,
            tooltip="Helps with very dark and very bright pictures, about 0.05; 0 is off.",
        ),
        advanced(
            io.Boolean.Input,
            "horizontal_flip",
            default=training.horizontal_flip,
            tooltip="Show each picture mirrored half of the time.",
        ),
        advanced(
            io.Float.Input,
            "average_decay",
            default=training.average_decay,
            min=0.0,
            max=0.9999,
            step=0.001,
            round=0.0001,
            tooltip="Keep a moving average of the LoRA beside the raw one, which it never alters, for the picker to "
            "choose from: 0.99 averages over about the last 100 steps. 0 keeps none, the paper's way.",
        ),
        advanced(
            io.Int.Input,
            "early_stopping_patience",
            default=training.early_stopping_patience,
            min=0,
            max=10000,
            tooltip="Stop after so many epochs without a new lowest smoothed validation loss; 0 trains to the end.",
        ),
        advanced(
            io.Int.Input,
            "preview_steps",
            default=PAPER.preview.steps,
            min=1,
            max=100,
            tooltip="Sampling steps of the preview pictures.",
        ),
        advanced(
            io.Int.Input,
            "checkpoints_kept",
            default=PAPER.storage.checkpoint_budget,
            min=3,
            max=10000,
            tooltip="LoRA files kept in the run's folder: the last, the best candidates and an even sample. Raw and "
            "averaged ones share the number equally: 16 each by default, 2.5 GB at rank 16.",
        ),
        advanced(
            io.Combo.Input,
            "save_precision",
            options=list(PRECISIONS),
            tooltip="Number format of the LoRA files: float32 as in the paper, float16 at half the size.",
        ),
    ]
