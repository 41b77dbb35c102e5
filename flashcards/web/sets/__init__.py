"""Studying exactly the cards that were chosen."""
