"""The run itself: steps, and what is done after each epoch; stop and resume at any point."""
