"""The folder of a run: what is written into it while training, and how plots, pickers and people read it."""
