"""Scheduled work: each job is one service call."""
