"""Drawn façades: a small 3-D renderer of buildings in the paper's five styles, everything random from a seed."""

STYLES = ("bauhaus", "deconstructivist", "parametric", "renaissance", "neoclassical")
"""The paper's five."""
VERNACULAR = "vernacular"
"""Ordinary buildings: what the pocket model knows before any LoRA."""
