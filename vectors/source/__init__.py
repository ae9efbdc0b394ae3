"""What the golden vectors are made from: nothing here knows the package that they judge."""
