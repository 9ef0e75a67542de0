"""Stable Diffusion 1.5 weights, in whatever form they come, as modules that can be trained. Needs no connection.

The model may be a single-file checkpoint, a state dict under that file's keys (as ComfyUI hands it over) or a diffusers
folder. Sizes are read from the weights, so a fine-tuned, narrow or tiny member of the family loads too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ..errors import BaseModelError
from .autoencoder import Autoencoder
from .base import BaseModel, Tokenizer
from .keys import unet_key, vae_key
from .layout import CONTEXT_KEY, LATENT_SCALE, TINY_VAE_KEY, is_tiny_vae, text_encoder_shape, unet_layout, vae_shape
from .loading import load_network
from .tiny_autoencoder import TinyAutoencoder
from .unet import UNet

UNET_PREFIX = "model.diffusion_model."
VAE_PREFIX = "first_stage_model."
TEXT_PREFIX = "cond_stage_model.transformer.text_model."
_CONTEXT = UNET_PREFIX + CONTEXT_KEY


def load_state_dict(weights: Mapping[str, Tensor], tokenize: Tokenizer, dtype: torch.dtype) -> BaseModel:
    """Builds the model from weights under the keys of a single-file SD 1.5 checkpoint.

    Raises:
        BaseModelError: the weights are of another kind of model, or a part is missing.
    """
    weights = _todays_names(weights)
    check_family(weights)
    with torch.inference_mode(False), torch.no_grad():
        try:
            unet = _load_unet(part(weights, UNET_PREFIX))
            vae = _load_vae(part(weights, VAE_PREFIX))
            text_encoder = _load_text_encoder(part(weights, TEXT_PREFIX))
        except (LookupError, ValueError, ZeroDivisionError) as error:  # a weight that shows a size is missing or odd
            raise BaseModelError(
                f"The checkpoint is incomplete, damaged or of another layout ({type(error).__name__}: {error}). "
                "Download the file again, or use another SD 1.5 checkpoint."
            ) from error
        return BaseModel.of(unet, vae, text_encoder, tokenize, dtype)


def _todays_names(weights: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Older checkpoints name the text encoder's weights without the "text_model." of today's."""
    whole = TEXT_PREFIX.removesuffix("text_model.")
    if not any(key.startswith((f"{whole}embeddings.", f"{whole}encoder.")) for key in weights):
        return weights
    return {
        f"{TEXT_PREFIX}{key.removeprefix(whole)}" if key.startswith(whole) else key: value
        for key, value in weights.items()
    }


def check_family(weights: Mapping[str, Tensor]) -> None:
    """Raises BaseModelError, naming what was found, unless these are weights of the SD 1.5 family."""
    what = _other_family(weights)
    if what:
        raise BaseModelError(
            f"The base model must be Stable Diffusion 1.5 or a fine-tune of it, but this one is {what}. "
            "Choose an SD 1.5 checkpoint in the Load Checkpoint node."
        )
    for prefix, part in ((UNET_PREFIX, "UNet"), (VAE_PREFIX, "VAE"), (TEXT_PREFIX, "text encoder")):
        if not any(key.startswith(prefix) for key in weights):
            raise BaseModelError(
                f"The checkpoint has no {part} (no weight named {prefix}...). Use a full SD 1.5 checkpoint such as "
                "v1-5-pruned-emaonly.safetensors."
            )
    misfit = _other_part(weights)
    if misfit:
        raise BaseModelError(f"{misfit}. Use the UNet, text encoder and VAE of one SD 1.5 checkpoint.")


def _other_part(weights: Mapping[str, Tensor]) -> str | None:
    """What is wrong with a VAE or a text encoder that belongs to another family than the UNet."""
    for key in ("decoder.conv_in.weight", TINY_VAE_KEY):
        weight = weights.get(VAE_PREFIX + key)
        if weight is not None and weight.ndim > 1 and weight.shape[1] != 4:
            return f"The VAE is not SD 1.5's: its latents have {weight.shape[1]} channels, and the UNet's have 4"
    tokens = weights.get(f"{TEXT_PREFIX}embeddings.token_embedding.weight")
    context = weights[_CONTEXT].shape[1]
    if tokens is not None and tokens.shape[1] != context:
        return f"The text encoder has {tokens.shape[1]} features, but this UNet was trained with {context}"
    return None


def _other_family(weights: Mapping[str, Tensor]) -> str | None:
    """What the weights are, if they are recognised as something other than SD 1.5."""
    first = weights.get(f"{UNET_PREFIX}input_blocks.0.0.weight")
    if f"{UNET_PREFIX}label_emb.0.0.weight" in weights:
        return "Stable Diffusion XL or a relative"
    if first is None:
        return "not a Stable Diffusion UNet at all (no input block found)"
    if first.shape[1] != 4:
        return f"made for {first.shape[1]} input channels (inpainting or editing), not 4"
    if _CONTEXT not in weights:
        return "of another layout (no attention at the first level)"
    if weights[_CONTEXT].shape[1] == 1024:
        return "Stable Diffusion 2 (1,024 text features, where SD 1.5 has 768)"
    return None


def part(weights: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The weights under a prefix such as UNET_PREFIX, without it, as copies on the CPU that training may use.

    ComfyUI's nodes run in inference mode and hand over inference tensors; a copy made outside it is a normal tensor.
    They may be on a GPU, which has no room for two models.
    """
    return {
        key[len(prefix) :]: value.detach().to("cpu", copy=True)
        for key, value in weights.items()
        if key.startswith(prefix)
    }


def _load_unet(weights: dict[str, Tensor]) -> UNet:
    layout = unet_layout(weights)

    def key(name: str) -> str:
        return unet_key(name, layout.blocks, layout.attention)

    return load_network(lambda: UNet(layout), weights, None, "The checkpoint", key)


def _load_vae(weights: dict[str, Tensor]) -> Autoencoder | TinyAutoencoder:
    if is_tiny_vae(weights):  # its latents are scaled as ComfyUI does: divided by vae_scale, then as SD 1.5's
        scale = LATENT_SCALE / float(weights["vae_scale"])
        return load_network(lambda: TinyAutoencoder(scale), weights, None, "The checkpoint")
    channels, blocks = vae_shape(weights)

    def key(name: str) -> str:
        return vae_key(name, len(channels))

    def make() -> Autoencoder:
        return Autoencoder(channels, blocks, groups=min(32, channels[0]))

    return load_network(make, weights, None, "The checkpoint", key)


def _load_text_encoder(weights: dict[str, Tensor]) -> Any:
    from transformers import CLIPTextConfig, CLIPTextModel

    vocabulary = int(weights["embeddings.token_embedding.weight"].shape[0])
    config = CLIPTextConfig(
        **text_encoder_shape(weights),
        vocab_size=vocabulary,
        hidden_act="quick_gelu",
        bos_token_id=vocabulary - 2,
        eos_token_id=vocabulary - 1,
        pad_token_id=vocabulary - 1,
    )
    model = CLIPTextModel(config)
    names = model.state_dict().keys()
    # transformers 4 keeps the text model under "text_model.", transformers 5 does not.
    prefix = "text_model." if any(name.startswith("text_model.") for name in names) else ""
    state = {prefix + key: value for key, value in weights.items() if prefix + key in names}
    missing, _ = model.load_state_dict(state, strict=False)
    missing = [name for name in missing if not name.endswith("position_ids")]
    if missing:
        raise BaseModelError(
            f"The checkpoint is incomplete: its text encoder lacks {', '.join(missing[:3])}, ... Download it again."
        )
    return model.requires_grad_(False).eval()
