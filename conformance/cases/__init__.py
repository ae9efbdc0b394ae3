"""What is asked of an implementation: golden vectors, generated requests, stored failures."""
