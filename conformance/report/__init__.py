"""From trials to checks to outcomes to the verdict, and the ways of telling them."""
