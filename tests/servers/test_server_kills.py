"""A whole ComfyUI is killed while it trains; `dev.py bench kills` does the same twenty times."""

from __future__ import annotations

import os

import pytest
from benchmarks.kills import run_graph, survive

from devtools.server import ComfyServer


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_server_killed_twice_in_a_row_loses_nothing(mortal: ComfyServer) -> None:
    expected = run_graph(mortal, "whole")
    reached, result = survive(mortal, "killed", [3.0, 6.0])
    assert result == expected, f"killed {reached}"
