"""The small renderer: meshes, camera, visibility, light, sky, ground and textures, and the dice that decide."""
