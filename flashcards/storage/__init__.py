"""The database: the only package that knows peewee and SQL. It returns domain values."""
