"""A plan up to a day: which cards to ask on each day, so that as much as possible is known then."""
