"""Trainings that wait their turn: kept on the disk, done one after another, and how long each will take."""
