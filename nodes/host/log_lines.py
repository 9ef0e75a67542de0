"""An error that a user can put right is one line of ComfyUI's log, which has a traceback for every error otherwise."""

from __future__ import annotations

import logging
import sys

from ...lora_core.errors import AtelierError


class OneLine(logging.Filter):
    """Leaves of an expected error what it says, with the server's own paths."""

    def filter(self, record: logging.LogRecord) -> bool:
        """False for the traceback of an expected error; it is still being handled when ComfyUI logs it."""
        error = sys.exc_info()[1]
        if not isinstance(error, AtelierError):
            return True
        text = record.getMessage()
        if text.startswith("!!! Exception"):
            record.msg, record.args = "LoRA Atelier: %s", (error.__cause__ or error,)
        return not text.startswith("Traceback")


def shorten() -> None:
    """From now on. ComfyUI logs what its nodes raise with the root logger, so no other one is touched."""
    logging.getLogger().addFilter(OneLine())
