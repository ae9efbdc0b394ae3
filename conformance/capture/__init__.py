"""A captured request read from text: a raw message, a HAR file or a `curl` command line."""
