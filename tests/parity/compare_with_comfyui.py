"""Runs beside a ComfyUI checkout and prints, as JSON, how far its patched model is from our trained one.

    python compare_with_comfyui.py COMFYUI_DIR CHECKPOINT LOADER WORK_DIR

LOADER is "stock" for the stock checkpoint loader, "pocket" for the pack's own loader of narrow models. The LoRA is
attached to the weights that our bridge takes from the loader's MODEL and CLIP, given random values (training would take
an hour on a CPU and prove no more), saved by our code, and loaded by the stock LoraLoader.
"""

from __future__ import annotations

import json
import logging
import sys
import types
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PROMPT = "a theatre of brick and zinc"


def main(comfyui: str, checkpoint: str, loader: str, work: str) -> None:
    sys.argv = [sys.argv[0], "--cpu", "--force-fp32", "--fp32-text-enc"]
    sys.path.insert(0, comfyui)
    import comfy.options

    comfy.options.enable_args_parsing()
    import comfy.sd
    import folder_paths
    import torch
    from control_nets import compared

    pack = types.ModuleType("lora_atelier")  # the pack without its routes, which need a server
    pack.__path__ = [str(REPOSITORY)]
    sys.modules["lora_atelier"] = pack
    from lora_atelier.lora_core.config import LoraConfig
    from lora_atelier.lora_core.model.lora import LoraAdapter
    from lora_atelier.lora_core.record.checkpoints import save_lora
    from lora_atelier.nodes.host import models, pocket_model
    from lora_atelier.pocket.model import POCKET_MODEL
    from nodes import LoraLoader

    complaints: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: complaints.append(record.getMessage())
    logging.getLogger().addHandler(handler)

    loras = Path(work)
    folder_paths.add_model_folder_path("loras", str(loras), is_default=True)
    with torch.inference_mode():  # as in a node
        if loader == "pocket":
            model, clip, vae = pocket_model.load_checkpoint(Path(checkpoint))
        else:
            model, clip, vae, _ = comfy.sd.load_checkpoint_guess_config(checkpoint)
        base = models.load_base_model(model, clip, vae, torch.float32)
    with torch.no_grad():
        noisy = torch.randn((1, 4, 16, 16), generator=torch.Generator().manual_seed(1))
        timesteps = torch.tensor([601])
        tokens = base.tokenize([PROMPT])
        context = base.encode_text(tokens)
        plain = base.unet(noisy, timesteps, context)
        unpatched = _unpatched(base, (model, clip, vae), noisy, timesteps, context, plain)
        adapter = LoraAdapter(base, LoraConfig(), seed=0)
        _randomize(adapter)
        adapter.train(False)
        our_context = base.encode_text(tokens)
        ours = base.unet(noisy, timesteps, our_context)
        save_lora(loras / "parity.safetensors", adapter.state_dict(), {})
        del base, adapter
        is_pocket_model = Path(checkpoint).name == POCKET_MODEL.name  # the loader takes others too
        controlled = compared(Path(comfyui), Path(checkpoint), loras, model, clip) if is_pocket_model else {}
        complaints.clear()
        patched_model, patched_clip = LoraLoader().load_lora(model, clip, "parity.safetensors", 1.0, 1.0)
        not_loaded = [line for line in complaints if "not loaded" in line.lower()]
        their_context = patched_clip.encode_from_tokens(patched_clip.tokenize(PROMPT))
        theirs = _unet(patched_model, noisy, timesteps, our_context)
    result = {
        **(_told_of_bad_files(Path(checkpoint), loras) if loader == "pocket" else {}),
        **unpatched,
        **controlled,
        "unet": _relative(theirs, ours),
        "text_encoder": _relative(their_context, our_context),
        "effect_of_the_lora_on_the_unet": _relative(plain, ours),
        "effect_of_the_lora_on_the_text_encoder": _relative(context, our_context),
        "keys_not_loaded": not_loaded,
    }
    print("RESULT " + json.dumps(result))


def _told_of_bad_files(checkpoint: Path, work: Path) -> dict[str, str]:
    """What PocketModelLoader says when its file is not there, and when only half of it is."""
    from lora_atelier.lora_core.errors import BaseModelError
    from lora_atelier.nodes import pocket_model_loader

    half = work / "half.safetensors"
    half.write_bytes(checkpoint.read_bytes()[:1_000_000])
    told = {}
    for what, pocket_model_loader.POCKET_MODEL in (("missing", work / "gone.safetensors"), ("damaged", half)):
        try:
            pocket_model_loader.PocketModelLoader.execute()
        except BaseModelError as error:
            told[what] = str(error)
    return told


def _unpatched(base, sockets, noisy, timesteps, context, plain) -> dict[str, float]:
    """How far our modules are from ComfyUI's own before there is a LoRA, the VAE included."""
    import torch

    from lora_atelier.lora_core.training.latent_cache import encode

    model, clip, vae = sockets
    pixels = torch.rand((1, 64, 128, 3), generator=torch.Generator().manual_seed(3))
    scaled = encode(base.vae, pixels.movedim(-1, 1) * 2 - 1)  # as the UNet takes them
    our_pixels = (base.vae.decode(scaled).movedim(1, -1) / 2 + 0.5).clamp(0, 1)
    latents = model.model.latent_format.process_out(scaled)  # as ComfyUI's VAE takes and returns them
    return {
        "unet_alone": _relative(_unet(model, noisy, timesteps, context), plain),
        "text_encoder_alone": _relative(clip.encode_from_tokens(clip.tokenize(PROMPT)), context),
        "vae_encoder": _relative(vae.encode(pixels), latents),
        "vae_decoder": _relative(vae.decode(latents), our_pixels),
    }


def _unet(model, noisy, timesteps, context):
    import comfy.model_management

    comfy.model_management.load_models_gpu([model], force_patch_weights=True)
    return model.model.diffusion_model(noisy, timesteps, context=context)


def _randomize(adapter) -> None:
    import torch

    generator = torch.Generator().manual_seed(2)
    state = adapter.state_dict()
    for key, value in state.items():
        if key.endswith("lora_up.weight"):
            state[key] = 0.3 * torch.randn(value.shape, generator=generator)
    adapter.load_state_dict(state)


def _relative(a, b) -> float:
    return float((a.float() - b.float()).norm() / b.float().norm())


if __name__ == "__main__":
    main(*sys.argv[1:])
