"""Models that look at pictures: BLIP for captions, lines and depth for ControlNets."""
