"""The metadata in a LoRA file: kohya's ss_* names and Stability's modelspec, which other tools read, and our own.

Every value is text. Nothing in it depends on when the file was written, so a resumed run writes the same bytes.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from ..picking.weights import Weights
from .run_file import RunFile


def lora_metadata(
    run: RunFile, epoch: int, step: int, validation_loss: float | None, weights: Weights
) -> dict[str, str]:
    """Metadata for the raw or averaged checkpoint of an epoch of a run."""
    config, side = run.config, run.dataset.resolution
    values: dict[str, Any] = {
        "modelspec.sai_model_spec": "1.0.0",
        "modelspec.architecture": "stable-diffusion-v1/lora",
        "modelspec.implementation": "diffusers",
        "modelspec.title": run.name,
        "modelspec.date": run.created,
        "modelspec.resolution": f"{side}x{side}",
        "modelspec.prediction_type": "epsilon",
        "ss_network_module": "networks.lora",
        "ss_network_dim": config.lora.rank,
        "ss_network_alpha": config.lora.alpha,
        "ss_network_dropout": config.lora.dropout,
        "ss_base_model_version": "sd_v1",
        "ss_output_name": run.name,
        "ss_learning_rate": config.optimizer.learning_rate,
        "ss_lr_warmup_steps": config.optimizer.warmup_steps,
        "ss_lr_scheduler": "constant_with_warmup",
        "ss_optimizer": f"torch.optim.AdamW(weight_decay={config.optimizer.weight_decay})",
        "ss_max_grad_norm": config.optimizer.max_grad_norm,
        "ss_min_snr_gamma": config.training.min_snr_gamma or None,
        "ss_noise_offset": config.training.noise_offset or None,
        "ss_seed": config.training.seed,
        "ss_mixed_precision": {"bfloat16": "bf16", "float16": "fp16"}.get(config.training.precision, "no"),
        "ss_gradient_accumulation_steps": config.training.gradient_accumulation,
        "ss_total_batch_size": config.training.pictures_per_step,
        "ss_num_train_images": run.dataset.count("training"),
        "ss_num_validation_images": run.dataset.count("validation"),
        "ss_num_epochs": config.training.epochs,
        "ss_epoch": epoch,
        "ss_steps": step,
        "lora_atelier.version": run.versions["lora_atelier"],
        "lora_atelier.base_model": run.fingerprints.base_model,
        "lora_atelier.dataset": run.fingerprints.dataset,
        "lora_atelier.split": run.dataset.split_hash(),
        "lora_atelier.recipe": config.to_json(),
        "lora_atelier.weights": weights,
        "lora_atelier.validation_loss": validation_loss,
    }
    if run.repeats is not None:
        values["lora_atelier.repeats"] = asdict(run.repeats)
    if run.fingerprints.start:
        values["lora_atelier.start"] = run.fingerprints.start
    return {key: _text(value) for key, value in values.items()}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
