"""What is made when it is asked for: a server need not carry what nobody uses."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")

_TURN = RLock()
"""One for all: what is made may ask for something else that is made late."""


class made_late(Generic[T]):
    """Like `functools.cached_property`, but made once also where two threads ask at the same time.

    From Python 3.12 on, `cached_property` takes no turns.
    """

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> made_late[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> made_late[T] | T:
        if instance is None:
            return self
        made = vars(instance)
        with _TURN:
            if self._name not in made:
                made[self._name] = self._make(instance)
            found: T = made[self._name]
            return found
