"""Roles, for administrators."""
