"""The run itself: step, close the epoch, go on; stop and resume at any point."""
