"""The plan `client`: a whole client is let loose on the local sandbox, and judged on the wire."""
