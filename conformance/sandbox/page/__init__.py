"""The page for people: what the sandbox was asked, what it answered, and why."""
