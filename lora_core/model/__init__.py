"""The networks of Stable Diffusion 1.5 and the LoRA layer, written for this one family, and nothing but torch.

Modules are named as diffusers names them, since the names of a LoRA's weights are derived from theirs.

Shapes: B pictures, C channels, H and W of whatever size the level has, N = H W positions, T = 77 tokens, D features
per token, E features of the time embedding.
"""
