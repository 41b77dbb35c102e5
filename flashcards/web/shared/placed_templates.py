"""Templates of an app that lives below a path of its host: see `base_path`."""

from __future__ import annotations

import re

from jinja2 import Environment
from jinja2.ext import Extension

_IN_ATTRIBUTE = re.compile(r'(?<![\w-])(href|src|action|formaction)="(?:(/(?!/))|\{\{-?\s*(.+?)\s*-?\}\})')


class Placing(Extension):
    """Puts the path before the addresses in a template's attributes, as it is compiled."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._base = str(environment.globals["base_path"])

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """The template's source with its addresses placed."""
        return _IN_ATTRIBUTE.sub(self._place, source)

    def _place(self, found: re.Match[str]) -> str:
        attribute, slash, expression = found.groups()
        if slash:
            return f'{attribute}="{self._base}/'
        return f'{attribute}="{{{{ ({expression}) | placed }}}}'
