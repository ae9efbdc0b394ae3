"""The test modules that a user runs."""
