"""What all models have in common: kinds of columns, references and indexes."""

from __future__ import annotations

from typing import Any

import peewee
from peewee import SQL, BigIntegerField, IntegerField, Model, SmallIntegerField


class Table(Model):
    """The base of every model. It is bound to no database: a prepared query is compiled for the one that runs it."""

    class Meta:
        legacy_table_names = False  # LearnerDay is learner_day


class Instant(BigIntegerField):
    """Epoch milliseconds in UTC."""


class DayNumber(IntegerField):
    """Whole days since 1970-01-01."""


class Flag(SmallIntegerField):
    """0 or 1; a number, since PostgreSQL's booleans are none and could not be summed."""


class Reference(peewee.ForeignKeyField):
    """A foreign key that the database holds to. It brings no index of its own: `index` names those there are."""

    def __init__(self, model: type[Table] | str, **settings: Any) -> None:
        super().__init__(model, backref="+", index=False, **settings)


class Pointer(Reference):
    """A reference that peewee can join by, and that no constraint guards: `doctor` looks after it."""


def belongs_to(model: type[Table], **settings: Any) -> Reference:
    """The key of the learner (or whoever else) with whom the row goes."""
    return Reference(model, on_delete="CASCADE", **settings)


def default(value: int | str) -> dict[str, Any]:
    """The column's default in the database, for `**`: peewee's own `default` would be a value that Python fills in."""
    return {"constraints": [peewee.Default(value if isinstance(value, int) else f"'{value}'")]}


def index(name: str, *columns: Any, unique: bool = False, where: Any = None) -> None:
    """Declares an index by the name that the schema gives it, over columns (or expressions) of one model."""
    model = next(column.model for column in columns if isinstance(column, peewee.Field))
    model.add_index(peewee.ModelIndex(model, columns, unique=unique, where=where, name=name))


__all__ = ["SQL", "DayNumber", "Flag", "Instant", "Pointer", "Reference", "Table", "belongs_to", "default", "index"]
