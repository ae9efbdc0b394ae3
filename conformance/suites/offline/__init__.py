"""The plan `signer`: a signer is asked through its adapter, and judged without any network."""
