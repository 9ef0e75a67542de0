"""How far away each part of a photograph is: Depth Anything and DPT with transformers, offline.

Sources: Yang et al., "Depth Anything V2", NeurIPS 2024; Ranftl et al., "Vision Transformers for Dense Prediction",
ICCV 2021. Both predict inverse depth, so near is large.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image

from ..errors import AtelierError
from ..memory import Lent, release_cached
from ..requirements import DEPTH
from .hub import load_model, model_config, planes

_ADVICE = (
    "Put all files of https://huggingface.co/depth-anything/Depth-Anything-V2-Small-hf into a folder of their own "
    "under models/depth_anything."
)


class DepthEstimator:
    """A depth model in its folder."""

    def __init__(self, model_folder: Path, device: torch.device | str, dtype: torch.dtype | None = None) -> None:
        """Load a model (Depth Anything, DPT) from its folder; no connection is needed.

        Raises:
            AtelierError: files are missing or damaged, or it is another kind of model; the message says what to do.
            RequirementError: transformers cannot be used.
        """
        DEPTH.require()
        import transformers

        config = model_config(model_folder, ("depth_anything", "dpt"), AtelierError, _ADVICE)
        # Models fine-tuned to metres predict distance instead, near is small.
        self._metric = config.get("depth_estimation_type") == "metric"
        self.device = torch.device(device)
        self.dtype = dtype or torch.float32
        try:
            self._processor: Any = transformers.AutoImageProcessor.from_pretrained(model_folder, local_files_only=True)
        except Exception as error:
            raise AtelierError(f"The processor in {model_folder} cannot be loaded: {error}\n{_ADVICE}") from error
        model = load_model(transformers.AutoModelForDepthEstimation, model_folder, self.dtype, AtelierError, _ADVICE)
        self._model: Lent[Any] | None = Lent(model, self.device)

    @torch.no_grad()
    def depth(self, image: Image.Image) -> NDArray[np.float32]:
        """The depth of an RGB picture.

        Returns:
            (H, W) float32 at the picture's size: 1 is the nearest point, 0 the farthest, as ControlNet Depth expects;
            all 0 if the model sees no difference.

        Raises:
            AtelierError: the estimator is closed, or even the CPU has no memory for the picture.
        """
        if self._model is None:
            raise AtelierError("This depth estimator was closed.")
        planes_CHW, layout = planes([_widened(image)])
        pixels = self._processor(images=planes_CHW, return_tensors="pt", **layout)["pixel_values"]
        size = (image.height, image.width)

        def predict(model: Any, device: torch.device) -> NDArray[np.float32]:
            predicted = model(pixels.to(device, self.dtype)).predicted_depth.float()[:, None]
            if self._metric:
                predicted = 1.0 / predicted.clamp(min=1e-3)
            resized = F.interpolate(predicted, size=size, mode="bicubic", align_corners=False)[0, 0]
            depth: NDArray[np.float32] = resized.cpu().numpy()
            return depth

        failure = AtelierError("Out of memory while estimating depth. Use a smaller picture, or close other programs.")
        return normalised(self._model.run(predict, "while estimating depth", failure))

    def close(self) -> None:
        """Free the model's memory; the estimator cannot be used afterwards. May be called twice."""
        self._model = None
        release_cached(self.device)


def _widened(image: Image.Image) -> Image.Image:
    """No side under a sixteenth of the other: transformers 4 rounds a very short side down to nothing."""
    least = max(image.size) // 16
    return image if min(image.size) >= least else image.resize((max(image.width, least), max(image.height, least)))


def normalised(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale an array so that it spans 0...1; a constant one becomes 0, and so does what is not finite."""
    finite = np.isfinite(values)
    if not finite.any():
        return np.zeros_like(values, dtype=np.float32)
    low, high = float(values[finite].min()), float(values[finite].max())
    if high - low < 1e-6 * max(1.0, abs(high)):
        return np.zeros_like(values, dtype=np.float32)
    scaled = (np.where(finite, values, low) - low) / (high - low)
    return np.clip(scaled, 0.0, 1.0).astype(np.float32)
