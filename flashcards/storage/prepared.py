"""peewee queries that are built once and then only executed.

A query is a function of its values that says in peewee what is asked::

    @prepared
    def _by_name(name_key: str) -> Query:
        return Learner.select(Learner.id, Learner.name).where(Learner.name_key == name_key)

    row = _by_name.one(database, "ada")

The function runs at the first execution, with a `Param` for each value; what peewee makes of that is kept, and each
execution hands the values to the driver. peewee builds a query in the time in which SQLite runs ten, so no query may
be built at each call.

- **Constants become literals.** A bound constant would cost its index: SQLite and PostgreSQL use a partial index
  (``WHERE suspended = 0``) only where the query says so itself. Only integers, texts without NUL and None can stand in
  a query as constants, everything else is refused when it is built: it has to be a value.
- **A value whose default is None may be left out**, or be None: the function then gets None in its place and builds
  the query without it. **Keyword-only arguments shape the query**, too: they reach the function as they are, and are no
  values. Each shape is built once.
- **A list of values is one value**: `Among`.
- **Rows are tuples.** No model becomes an object.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from functools import update_wrapper
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Generic, ParamSpec

import peewee

from flashcards.storage.dialects import IN_ORDER, Dialect

if TYPE_CHECKING:
    from flashcards.storage.database import Database

__all__ = [
    "IN_ORDER",
    "Among",
    "AtMost",
    "Contains",
    "Differs",
    "Elements",
    "Indexed",
    "Listed",
    "Number",
    "Param",
    "Prepared",
    "Query",
    "Shifted",
    "inserting",
    "prepared",
    "storing",
]

P = ParamSpec("P")
Query = Any
"""What a query's function returns: peewee has no types."""
Row = tuple[Any, ...]
MOST_SHAPES = 500
"""So many shapes of one query are kept: the searches that people type are without end."""

_Take = Callable[[Sequence[Any]], Sequence[Any]]
_Statement = tuple[str, _Take | None]


class Param(peewee.ColumnBase):
    """Stands in a query for the value that comes with each execution, in the `index`-th place."""

    def __init__(self, index: int) -> None:
        self.index = index

    def __sql__(self, ctx: Any) -> Any:
        return ctx.slot(self.index, None)


class Among(peewee.ColumnBase):
    """The condition that a column (or expression) is one of a list of values.

    One placeholder, however long the list: the statement stays the same. `values` is the query's argument for it;
    executions give a collection of integers or texts. With `negate` the column is none of them.
    """

    def __init__(self, column: Any, values: Collection[Any], *, negate: bool = False) -> None:
        if not isinstance(values, Param):
            raise TypeError("Among takes one of the query's own values: what is constant is column.in_((...)).")
        self._column, self._values, self._negate = column, values, negate

    def __sql__(self, ctx: Any) -> Any:
        before, after = ctx.dialect.membership(self._negate)
        return ctx.sql(self._column).literal(before).slot(self._values.index, ctx.dialect.encode_list).literal(after)


class _Table(peewee.ColumnBase):
    """A list as a source of rows, with the columns `value` and `place` (its order)."""

    def __init__(self, alias: str) -> None:
        self._alias = alias

    @property
    def value(self) -> Any:
        """The values, where they are numbers."""
        return _Value(self._alias)

    @property
    def text(self) -> Any:
        """The values, where they are texts."""
        return _Text(self._alias)

    @property
    def place(self) -> Any:
        """Where they stand in the list."""
        return _Place(self._alias)

    def part(self, number: int, of: type = str) -> Any:
        """The part with that number, from 0, of values that are lists themselves."""
        return _Part(self._alias, number, of)


class Listed(_Table):
    """A list of values as a source of rows. Where only membership is asked, `Among` is enough."""

    def __init__(self, values: Collection[Any], alias: str = "listed") -> None:
        if not isinstance(values, Param):
            raise TypeError("Listed takes one of the query's own values.")
        super().__init__(alias)
        self._values = values

    def __sql__(self, ctx: Any) -> Any:
        before, after = ctx.dialect.list_as_table(self._alias)
        return ctx.literal(before).slot(self._values.index, ctx.dialect.encode_json).literal(after)


class Elements(_Table):
    """The elements of a JSON list in a column, as a source of rows."""

    def __init__(self, column: Any, alias: str = "element") -> None:
        super().__init__(alias)
        self._column = column

    def __sql__(self, ctx: Any) -> Any:
        before, after = ctx.dialect.list_as_table(self._alias)
        return ctx.literal(before).sql(self._column).literal(after)


class Contains(peewee.ColumnBase):
    """The condition that a JSON list of texts in a column has an element."""

    def __init__(self, column: Any, element: Any) -> None:
        self._column, self._element = column, element

    def __sql__(self, ctx: Any) -> Any:
        before, between, after = ctx.dialect.has_element
        return ctx.literal(before).sql(self._column).literal(between).sql(self._element).literal(after)


class _Value(peewee.ColumnBase):
    def __init__(self, alias: str) -> None:
        self._alias = alias

    def __sql__(self, ctx: Any) -> Any:
        return ctx.literal(ctx.dialect.number_in_list(self._alias))


class _Text(peewee.ColumnBase):
    def __init__(self, alias: str) -> None:
        self._alias = alias

    def __sql__(self, ctx: Any) -> Any:
        return ctx.literal(ctx.dialect.text_in_list(self._alias))


class _Place(peewee.ColumnBase):
    def __init__(self, alias: str) -> None:
        self._alias = alias

    def __sql__(self, ctx: Any) -> Any:
        return ctx.literal(ctx.dialect.place_in_list(self._alias))


class _Part(peewee.ColumnBase):
    def __init__(self, alias: str, number: int, of: type) -> None:
        self._alias, self._number, self._of = alias, number, of

    def __sql__(self, ctx: Any) -> Any:
        return ctx.literal(ctx.dialect.part_of_pair(self._alias, self._number, self._of))


_ModelAlias: Any = peewee.ModelAlias  # it has no types


class Indexed(_ModelAlias):  # type: ignore[misc]
    """A table that is to be read by a named index where the database takes such a hint; an alias of the model.

    Without a name it is to be read without any index, in its own order.
    """

    def __init__(self, model: Any, index: str | None) -> None:
        super().__init__(model)
        self.__dict__["index_name"] = index

    def __sql__(self, ctx: Any) -> Any:
        super().__sql__(ctx)
        if ctx.scope == peewee.SCOPE_SOURCE:
            ctx.literal(ctx.dialect.index_hint(self.index_name))
        return ctx


class Differs(peewee.ColumnBase):
    """The condition that two sides are not the same, where NULL is the same as NULL and differs from all else."""

    def __init__(self, left: Any, right: Any) -> None:
        self._left, self._right = left, right

    def __sql__(self, ctx: Any) -> Any:
        with ctx(parentheses=True, in_expr=True):
            return ctx.sql(self._left).literal(ctx.dialect.differs).sql(self._right)


class Number(peewee.ColumnBase):
    """A condition as 0 or 1, to be added or counted: only SQLite's conditions are numbers by themselves."""

    def __init__(self, condition: Any) -> None:
        self._condition = condition

    def __sql__(self, ctx: Any) -> Any:
        with ctx(parentheses=bool(ctx.dialect.as_number)):
            ctx.sql(self._condition)
        return ctx.literal(ctx.dialect.as_number)


class Shifted(peewee.ColumnBase):
    """A number, moved to the left by so many bits."""

    def __init__(self, number: Any, bits: Any) -> None:
        self._number, self._bits = number, bits

    def __sql__(self, ctx: Any) -> Any:
        with ctx(parentheses=True, in_expr=True):
            ctx.literal("(").sql(self._number).literal(ctx.dialect.as_wide)
            return ctx.literal(" << (").sql(self._bits).literal(ctx.dialect.as_bits)


class AtMost(peewee.ColumnBase):
    """The smaller of a column and a constant; NULL where the column is NULL."""

    def __init__(self, column: Any, most: int) -> None:
        self._column, self._most = column, most

    def __sql__(self, ctx: Any) -> Any:
        return ctx.sql(ctx.dialect.at_most(self._column, self._most))


class Prepared(Generic[P]):
    """A query that is built once for each database and shape. Made by `prepared`."""

    def __init__(self, build: Callable[P, Query], arity: int | None = None) -> None:
        self._build = build
        update_wrapper(self, build)  # type: ignore[arg-type]
        self._read_signature(build, arity)
        self._statements: dict[Any, _Statement] = {}

    def _read_signature(self, build: Callable[P, Query], arity: int | None) -> None:
        parameters = inspect.signature(build).parameters.values()
        places = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        self._arity = len(places) if arity is None else arity
        self._optional = tuple(number for number, p in enumerate(places) if p.default is None)
        self._open_ended = arity is None and any(p.kind == p.VAR_POSITIONAL for p in parameters)
        self.shapes = frozenset(p.name for p in parameters if p.kind == p.KEYWORD_ONLY)
        self._simple = not (self._optional or self._open_ended or self.shapes)

    def query(self, *values: P.args, **shape: P.kwargs) -> Query:
        """The query itself, for another that takes it further."""
        return self._build(*values, **shape)

    # --- executing ------------------------------------------------------------------------------------

    def all(self, database: Database, /, *values: P.args, **shape: P.kwargs) -> list[Row]:
        """The rows."""
        return database.all(*self.bound(database.dialect, values, shape))

    def one(self, database: Database, /, *values: P.args, **shape: P.kwargs) -> Row | None:
        """The first row, or None."""
        return database.one(*self.bound(database.dialect, values, shape))

    def each(self, database: Database, /, *values: P.args, **shape: P.kwargs) -> Iterator[Row]:
        """The rows one by one, as far as they are taken: within one transaction."""
        return database.each(*self.bound(database.dialect, values, shape))

    def run(self, database: Database, /, *values: P.args, **shape: P.kwargs) -> Any:
        """Executes, and returns the driver's cursor; its `rowcount` says how many rows a write changed."""
        return database.execute(*self.bound(database.dialect, values, shape))

    def tell(self, database: Database, /, *values: P.args, **shape: P.kwargs) -> None:
        """Executes it by the next statement that is heard of, or the commit: see `Database.tell`."""
        database.tell(*self.bound(database.dialect, values, shape))

    def many(self, database: Database, rows: Iterable[Sequence[Any]], **shape: Hashable) -> None:
        """Executes a change once for each of `rows`, which hold all values in their order."""
        if self._open_ended or self._optional:
            raise TypeError(f"{self._name} has values that may be missing: it cannot run for many rows.")
        sql, take = self.statement(database.dialect, (None,) * self._arity, shape)
        database.executemany(sql, map(take, rows) if take else rows)

    def text(self, dialect: Dialect, **shape: Hashable) -> str:
        """The SQL that is executed, with none of the values left out."""
        return self.statement(dialect, (NotImplemented,) * self._arity, shape)[0]

    # --- building -------------------------------------------------------------------------------------

    def bound(self, dialect: Dialect, values: Sequence[Any], shape: dict[str, Any]) -> tuple[str, Sequence[Any]]:
        """The statement for these values and this shape, and the values in the order of its placeholders."""
        if self._simple:
            sql, take = self._statements.get(dialect) or self.statement(dialect, values, shape)
            if take is None and len(values) != self._arity:
                raise self._wrong_number(values)
            return sql, take(values) if take else values
        if len(values) < self._arity:
            values = (*values, *(None,) * (self._arity - len(values)))
        sql, take = self.statement(dialect, values, shape)
        return sql, take(values) if take else values

    def statement(self, dialect: Dialect, values: Sequence[Any], shape: dict[str, Any]) -> _Statement:
        """What is executed: the SQL, and what puts values into the order of its placeholders (None: they are)."""
        key = dialect if self._simple else self._key(dialect, values, shape)
        found = self._statements.get(key)
        if found is None:
            if len(self._statements) >= MOST_SHAPES:
                self._statements.pop(next(iter(self._statements)), None)
            found = self._statements[key] = self._compiled(dialect, values, shape)
        return found

    def _key(self, dialect: Dialect, values: Sequence[Any], shape: dict[str, Any]) -> Hashable:
        missing = tuple(values[number] is None for number in self._optional)
        return dialect, len(values), missing, tuple(sorted(shape.items()))

    def _compiled(self, dialect: Dialect, values: Sequence[Any], shape: dict[str, Any]) -> _Statement:
        if not self.shapes.issuperset(shape):
            raise TypeError(f"{self._name}: values are given by their place; only what shapes the query has a name.")
        if len(values) != self._arity and not (self._open_ended and len(values) > self._arity):
            raise self._wrong_number(values)
        arguments: list[Any] = [Param(number) for number in range(len(values))]
        for number in self._optional:
            if values[number] is None:
                arguments[number] = None
        build: Callable[..., Query] = self._build
        sql, slots = dialect.compiled(build(*arguments, **shape))
        used = {index for index, _ in slots}
        if self._simple and len(used) != len(values):
            raise TypeError(f"{self._name}: the query does not use all of its values.")
        return sql, _taker(slots, len(values))

    def _wrong_number(self, values: Sequence[Any]) -> TypeError:
        return TypeError(f"{self._name} takes {self._arity} values, not {len(values)}.")

    @property
    def _name(self) -> str:
        return getattr(self._build, "__qualname__", "The query")


def prepared(build: Callable[P, Query]) -> Prepared[P]:
    """Makes a query of a function that says it in peewee; see the module."""
    return Prepared(build)


def inserting(model: Any, *columns: Any, ignore: bool = False) -> Prepared[...]:
    """The query that adds a row with these columns, in this order; with `ignore` not where it is there already."""

    def insert(*values: Any) -> Query:
        query = model.insert_many([values], fields=columns)
        return query.on_conflict_ignore() if ignore else query

    return Prepared(insert, arity=len(columns))


def storing(model: Any, *columns: Any, key: Sequence[Any], once: Sequence[Any] = ()) -> Prepared[...]:
    """The query that adds a row with these columns, or makes the one with the same `key` (some of them) like it.

    What is in `once` stays as it is in a row that is there.
    """
    fixed = {id(column) for column in (*key, *once)}
    changed = [column for column in columns if id(column) not in fixed]

    def store(*values: Any) -> Query:
        query = model.insert_many([values], fields=columns)
        return query.on_conflict(conflict_target=list(key), preserve=changed)

    return Prepared(store, arity=len(columns))


def _taker(slots: Sequence[tuple[int, Any]], arity: int) -> _Take | None:
    order = [index for index, _ in slots]
    encoders = [(place, encode) for place, (_, encode) in enumerate(slots) if encode is not None]
    pick = _picker(order, arity)
    if not encoders:
        return pick

    def take(values: Sequence[Any]) -> Sequence[Any]:
        picked = list(pick(values) if pick else values)
        for place, encode in encoders:
            picked[place] = encode(picked[place])
        return picked

    return take


def _picker(order: Sequence[int], arity: int) -> _Take | None:
    if list(order) == list(range(arity)):
        return None
    if not order:
        return lambda _values: ()
    if len(order) == 1:
        (only,) = order
        return lambda values: (values[only],)
    return itemgetter(*order)
