"""All runs of a folder: listed, compared with one another, noted upon, deleted, and packed to be passed on."""
