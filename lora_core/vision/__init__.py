"""What looks at pictures: BLIP for captions, line drawings and depth maps for ControlNets."""
