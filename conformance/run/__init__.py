"""One run of the suite under pytest: it asks, keeps what it sees, and writes the report."""
