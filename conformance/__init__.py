"""Conformance suite for partners of Lendico's Partner API.

Import what you need from the modules below; nothing is imported here, so that starting the
command, and other people's pytest runs, stay cheap. ARCHITECTURE.md draws the house.
"""

__version__ = "0.1.0"
