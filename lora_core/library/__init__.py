"""All runs of a folder: listed, compared with one another, annotated, deleted, and packed to be shared."""
