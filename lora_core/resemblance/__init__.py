"""Which pictures show the same thing: copies, crops and crops of crops."""
