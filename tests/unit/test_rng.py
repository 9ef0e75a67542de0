"""Named random streams: functions of seed, name and index alone."""

from __future__ import annotations

import torch

from lora_core.rng import stream, stream_seed


def test_the_seed_of_a_stream_is_literal() -> None:
    """Frozen: a change would break resuming runs made by an earlier version."""
    assert stream_seed(0, "noise", 1) == 4287917177347438921


def test_streams_repeat_and_do_not_share() -> None:
    def draw(*key) -> torch.Tensor:
        return torch.randn(8, generator=stream(*key))

    assert torch.equal(draw(0, "noise", 1), draw(0, "noise", 1))
    others = [draw(0, "noise", 2), draw(1, "noise", 1), draw(0, "timesteps", 1), draw(0, "noise", 1, 0)]
    assert all(not torch.equal(draw(0, "noise", 1), other) for other in others)


def test_the_global_generator_is_left_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    torch.randn(100, generator=stream(0, "noise", 1))
    assert torch.equal(torch.rand(3), expected)
