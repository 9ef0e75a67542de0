"""Which pictures validate: a split that no picture and none of its copies straddles.

Two steps, so that the second can be repeated at will: `group` joins the pictures that resemble one another,
`split` picks whole groups. Both are pure functions of their arguments.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from ..resemblance.kinship import Groups


def split(groups: Groups, hashes: Sequence[str], count: int, seed: int) -> tuple[int, ...]:
    """Choose the validation pictures.

    Groups are ranked by BLAKE2b of seed and content, never by name or place, so that renaming pictures changes
    nothing and adding one unrelated picture moves at most one other. Pictures without relatives are taken first;
    larger groups are used only if the number cannot be reached without them.

    Args:
        groups: as `group` gives them.
        hashes: content hash of each picture.
        count: how many validation pictures are wanted, at least 1.
        seed: another seed gives another choice.

    Returns:
        Sorted indices: exactly `count` where whole groups allow it, otherwise as many as they allow below that. Always
        fewer than all pictures; none if there is only one group.
    """
    ranked = sorted(groups, key=lambda members: min(rank(seed, hashes[item]) for item in members))
    single = [members for members in ranked if len(members) == 1]
    larger = [members for members in ranked if len(members) > 1]
    count = min(count, len(hashes) - 1)
    reach = _sums(larger, count)
    # As few pictures from larger groups as possible, but enough of them that single pictures can fill the rest.
    exact = [total for total in sorted(reach) if 0 <= count - total <= len(single)]
    total = exact[0] if exact else max(reach)
    chosen = [item for place in reach[total] for item in larger[place]]
    chosen += [members[0] for members in single[: count - total]]
    return tuple(sorted(chosen))


def rank(seed: int, content: str) -> bytes:
    """The key that orders pictures for validation: random, yet always the same for a given seed and content."""
    return hashlib.blake2b(f"{seed}:{content}".encode(), digest_size=16).digest()


def _sums(groups: Sequence[tuple[int, ...]], limit: int) -> dict[int, tuple[int, ...]]:
    """Every total size up to `limit` that whole groups add up to, with the first groups in rank that do."""
    reach: dict[int, tuple[int, ...]] = {0: ()}
    for place, members in enumerate(groups):
        for total, places in list(reach.items()):
            larger = total + len(members)
            if larger <= limit and larger not in reach:
                reach[larger] = (*places, place)
    return reach
