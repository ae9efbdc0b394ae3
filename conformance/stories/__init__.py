"""Stories: a client is let loose on the local sandbox, and what happens is judged."""
