"""The OpenAPI document, written from the declarations that validate."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from flask import request
from werkzeug.http import HTTP_STATUS_CODES

from flashcards import __version__
from flashcards.web.api import shapes
from flashcards.web.api.meanings import MEANINGS
from flashcards.web.api.operations import OPERATIONS, Operation, Reply, operation
from flashcards.web.api.schema import Bytes, Either, Kind, ListOf, MapOf, Nullable, Object, Text

PATH_PART = re.compile(r"<(?:\w+:)?(\w+)>")
ALWAYS = (401, 403, 500, 503)
"""Errors that any operation may give: no login, a foreign origin, trouble on the server."""


@operation("GET", "/openapi.json", "This document", {200: Object(())})
def get_openapi() -> Reply:
    """OpenAPI 3.1."""
    return 200, {**document(), "servers": [{"url": f"{request.script_root}/"}]}


@cache
def document() -> dict[str, Any]:
    """The document."""
    paths: dict[str, dict[str, Any]] = {}
    named: dict[str, Object] = {}
    _collect(shapes.PROBLEM, named)
    for op in OPERATIONS:
        path = PATH_PART.sub(r"{\1}", op.path)
        paths.setdefault(f"/api/v1{path}", {})[op.method.lower()] = _describe(op)
        for kind in (*op.replies.values(), op.query, op.body):
            _collect(kind, named)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Flashcards",
            "version": __version__,
            "description": (
                "Everything is the logged-in learner's. Instants are RFC 3339 in UTC, dates ISO, ease is in"
                " integer hundredths, intervals in days. Members of a request that are not described are"
                " ignored. Writes by cookie must come from this"
                " site; a token may come from anywhere. Each operation names the scope that a token needs."
            ),
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"cookie": []}],
        "paths": paths,
        "components": {
            "schemas": {name: kind.definition() for name, kind in sorted(named.items())},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "flashcards_session"},
            },
        },
    }


def _describe(op: Operation) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": MEANINGS.get(name, "What the address names."),
            "schema": shapes.PATH_IDS.get(name, Text()).schema(),
        }
        for name in PATH_PART.findall(op.path)
    ]
    for field in op.query.fields if op.query else ():
        # An address with `deck=` names none: it is missing.
        given: dict[str, Any] = {"minLength": 1} if field.required and field.schema().get("type") == "string" else {}
        parameters.append(
            {"name": field.name, "in": "query", "required": field.required, "schema": field.schema() | given}
        )
    described: dict[str, Any] = {
        "operationId": op.name,
        "summary": op.summary,
        "description": op.about,
        "parameters": parameters,
        "security": [{"token": [op.scope]}, {"cookie": []}],
        "responses": _responses(op),
    }
    if op.body is not None:
        content = {"application/json": {"schema": op.body.schema()}}
        described["requestBody"] = {"required": not op.body_optional, "content": content}
    elif op.upload is not None:
        described["requestBody"] = {"required": True, "content": {op.upload.mime: {"schema": op.upload.schema()}}}
    return described


def _responses(op: Operation) -> dict[str, Any]:
    found = {
        str(status): _response(status, kind.mime if isinstance(kind, Bytes) else "application/json", kind)
        for status, kind in sorted(op.replies.items())
    }
    if op.method == "GET":
        found.setdefault("304", _response(304, "", None))
    for status in sorted({*op.errors, *ALWAYS}):
        found[str(status)] = _response(status, "application/problem+json", shapes.PROBLEM)
    return found


def _response(status: int, mime: str, kind: Kind | None) -> dict[str, Any]:
    if kind is None:
        return {"description": HTTP_STATUS_CODES[status]}
    return {"description": HTTP_STATUS_CODES[status], "content": {mime: {"schema": kind.schema()}}}


def _collect(kind: Kind | None, named: dict[str, Object]) -> None:
    """Gathers every named object below a kind."""
    match kind:
        case Object(fields=fields, name=name):
            if name:
                named[name] = kind
            for field in fields:
                _collect(field.kind, named)
        case Either(kinds=kinds):
            for one in kinds:
                _collect(one, named)
        case ListOf(kind=inner) | MapOf(kind=inner) | Nullable(kind=inner):
            _collect(inner, named)
        case _:
            pass
