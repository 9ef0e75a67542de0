"""What a list of many runs costs: python dev.py bench library_list

For 500 invented runs of 200 epochs: the processor time of reading one for the first time, of the whole list once all
were read, and of the list after one of them has gone on; the bytes of such an answer; and how often a page asks until
the list is whole, when each answer may take half a second.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from run_view import RUN, append, entries_of, write_checkpoints

from lora_core.library.shelf import Shelf

COUNT, LENGTH = 500, 200
SECONDS = 0.5


def main() -> None:
    """Prints the figures."""
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder)
        names = write_runs(runs)
        shelf = Shelf(runs)
        begun, asked = time.process_time(), 1
        while (listing := shelf.listing(names, SECONDS)).waiting:
            asked += 1
        mark = listing.mark
        first = time.process_time() - begun
        begun = time.process_time()
        shelf.listing(names, SECONDS, mark)
        again = time.process_time() - begun
        append(runs / names[7], entries_of(LENGTH, LENGTH))
        begun = time.process_time()
        listing = shelf.listing(names, SECONDS, mark)
        changed = time.process_time() - begun
        size = len(json.dumps(asdict(listing)))
        print(
            f"{COUNT} runs of {LENGTH} epochs: read for the first time {first / COUNT * 1000:.1f} ms a run, in {asked} "
            f"answers; the list again {again * 1000:.0f} ms; after one has gone on {changed * 1000:.0f} ms, "
            f"{size / 1000:.0f} kB"
        )


def write_runs(runs: Path) -> list[str]:
    """One run and as many more with the same files; their names."""
    names = [f"run {number:03}" for number in range(COUNT)]
    first = runs / names[0]
    first.mkdir()
    (first / "run.json").write_text(json.dumps(RUN), encoding="utf-8")
    write_checkpoints(first, LENGTH)
    append(first, [entry for epoch in range(LENGTH + 1) for entry in entries_of(epoch, LENGTH)])
    history = (first / "history.jsonl").read_bytes()
    for name in names[1:]:
        (runs / name / "checkpoints").mkdir(parents=True)
        for file in (first / "run.json", *(first / "checkpoints").iterdir()):
            os.link(file, runs / name / file.relative_to(first))
        (runs / name / "history.jsonl").write_bytes(history)
    return names


if __name__ == "__main__":
    main()
