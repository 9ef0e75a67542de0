"""The model that a LoRA is trained on, as data."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .autoencoder import Autoencoder
from .identity import ModelIdentity
from .tiny_autoencoder import TinyAutoencoder
from .unet import UNet

Tokenizer = Callable[[list[str]], Tensor]
"""Texts to token numbers, int64, shape (B, 77), cut and padded as CLIP expects."""


@dataclass
class BaseModel:
    """The frozen model that a LoRA is trained on."""

    unet: UNet
    """Predicts the noise."""
    vae: Autoencoder | TinyAutoencoder
    """In float32: float16 overflows in SD 1.5's."""
    text_encoder: Any
    """transformers CLIPTextModel."""
    tokenize: Tokenizer
    identity: ModelIdentity
    """For the record, and for refusing to resume on another model."""

    @classmethod
    def of(
        cls,
        unet: UNet,
        vae: Autoencoder | TinyAutoencoder,
        text_encoder: Any,
        tokenize: Tokenizer,
        dtype: torch.dtype,
    ) -> BaseModel:
        """The model of networks in the number formats that they came in; UNet and text encoder are put into `dtype`."""
        identity = ModelIdentity.of(unet, text_encoder, vae)
        return cls(unet.to(dtype), vae.to(torch.float32), text_encoder.to(dtype), tokenize, identity)

    def to(self, device: torch.device) -> None:
        """Moves UNet and text encoder; the VAE moves only when it is used."""
        self.unet.to(device)
        self.text_encoder.to(device)

    def encode_text(self, tokens_BT: Tensor) -> Tensor:
        """The context the UNet attends to: last hidden state after the final layer norm, shape (B, 77, D)."""
        hidden: Tensor = self.text_encoder(tokens_BT).last_hidden_state
        return hidden


def clip_tokenizer(tokenizer: Any) -> Tokenizer:
    """Wraps a transformers CLIPTokenizer; captions are plain text, so (parentheses:1.2) have no effect.

    A run needs the same few captions at every step, so their tokens are kept.
    """

    @functools.lru_cache(4096)
    def tokens_T(text: str) -> Tensor:
        encoded = tokenizer(text, padding="max_length", max_length=77, truncation=True, return_tensors="pt")
        tokens: Tensor = encoded.input_ids[0]
        return tokens

    return lambda texts: torch.stack([tokens_T(text) for text in texts])
