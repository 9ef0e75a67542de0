"""`python -m lora_core`: the training core without ComfyUI."""

import sys

from .cli import main

sys.exit(main())
