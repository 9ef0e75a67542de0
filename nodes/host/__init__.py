"""What talks to ComfyUI for the nodes: its folders, models, server and progress, and how inputs are checked."""
