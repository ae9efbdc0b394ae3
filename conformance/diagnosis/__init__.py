"""Why a request is wrong: mistakes that signers make, and the search for those that explain it."""
