"""A learner's settings."""
