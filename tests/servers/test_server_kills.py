"""A whole ComfyUI is killed while it trains; `dev.py bench kills` does the same twenty times with longer runs."""

from __future__ import annotations

import os

import pytest
from benchmarks.kills import run_graph, survive

from devtools.server import ComfyServer

EPOCHS = 8


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_server_killed_twice_in_a_row_loses_nothing(mortal: ComfyServer) -> None:
    expected = run_graph(mortal, "whole", EPOCHS)
    reached, result = survive(mortal, "killed", [3.0, 5.0], EPOCHS)
    assert result == expected, f"killed {reached}"
