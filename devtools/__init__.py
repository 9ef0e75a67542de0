"""What surrounds the pack: its environment, a ComfyUI to run it in, stand-in models, the checks and the demo.

Nothing here is shipped with the pack, and nothing in the pack imports it.
"""
