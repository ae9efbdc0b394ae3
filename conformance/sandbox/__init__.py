"""The Partner API on one's own machine: behaves as the documents say, and says why."""
