"""The protocol as octets and text: pure functions, no input or output."""
