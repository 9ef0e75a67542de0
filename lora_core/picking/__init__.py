"""Which checkpoint to use, and why: pure functions of a run's history, as defined in docs/validation.md."""
