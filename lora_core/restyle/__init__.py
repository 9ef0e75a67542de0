"""Restyling a building: where its photograph may change, and in figures how well a picture kept to that."""
