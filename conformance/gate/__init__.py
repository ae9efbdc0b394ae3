"""Decide on reports that others hand in: is a partner ready, and still as good as before."""
