"""Setup and secrets become the text of every file of a setup folder; pure functions."""
