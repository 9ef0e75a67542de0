"""Which checkpoint to use, and why: pure functions of a run's history, defined in docs/validation.md."""
