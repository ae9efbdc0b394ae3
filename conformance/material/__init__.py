"""Certificates and keys: read, judged and made."""
