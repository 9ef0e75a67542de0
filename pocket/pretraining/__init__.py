"""How the pocket model was made: python -m pocket.pretraining. Not shipped."""
