"""The first page, the end of a session, the help."""
