"""Signing up, in and out; who is asking."""
