"""Requests to the API itself: signed, sent octet for octet, paced, and put on record."""
