"""Sheets of pictures: which cells they have, and how they are drawn."""
