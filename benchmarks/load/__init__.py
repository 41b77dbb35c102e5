"""`make load`: many learners at once against a server of our own, over real connections."""
