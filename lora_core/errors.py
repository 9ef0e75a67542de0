"""What can go wrong, in words a user can act on.

Every message says what failed, where, what was got and what to do about it. ComfyUI shows the message in the
node that raised it; the command line prints it without a traceback.
"""

from __future__ import annotations


class AtelierError(Exception):
    """Base of every error LoRA Atelier raises on purpose; anything else is a defect."""


class ConfigError(AtelierError, ValueError):
    """A setting is out of its range or contradicts another one."""


class DatasetError(AtelierError):
    """A picture or a folder of pictures cannot be used."""


class CaptionError(AtelierError):
    """Captions are missing or the captioning model cannot be used."""


class RequirementError(AtelierError):
    """A Python package is missing, too old, or broken by another one."""


class BaseModelError(AtelierError):
    """The base model is not of the Stable Diffusion 1.5 family or is incomplete."""


class RunError(AtelierError):
    """A run folder is in use, belongs to other inputs, or cannot be read or written."""


class CheckpointError(AtelierError):
    """A checkpoint or resume state is missing or damaged."""


class TrainingError(AtelierError):
    """Training cannot continue: a non-finite loss, or memory exhausted at the smallest micro-batch."""
