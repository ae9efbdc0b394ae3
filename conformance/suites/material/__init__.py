"""The part `material`: the certificates that the configuration names, and their keys."""
