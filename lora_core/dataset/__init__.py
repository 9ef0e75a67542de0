"""A folder of pictures as a style: read, captioned, bucketed and split, so that nothing is on both sides."""
