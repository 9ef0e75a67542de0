"""The pocket model: what draws its buildings, what trains it on them, and the file."""
