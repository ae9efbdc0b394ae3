"""What plain `pytest` needs at the top of a checkout."""

pytest_plugins = ["pytester"]
