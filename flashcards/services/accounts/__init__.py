"""Accounts, passwords, sessions, tokens and settings."""
