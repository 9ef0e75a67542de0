"""What buildings and their surroundings are made of: columns and windows, whole blocks, trees; and their words."""
