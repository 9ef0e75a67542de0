"""One builder a style, and one of ordinary buildings."""
