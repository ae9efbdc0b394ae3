"""The mistakes we know, a module a stage. A new one is one decorated function; nothing else."""
