"""The plan `api`: the API itself is called, and held to its documents."""
