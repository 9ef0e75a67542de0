"""Drawn façades: a small 3-D renderer of buildings in the paper's five styles, everything random from a seed."""
