"""Operations of the API: declared once, used to route, to read requests and to write the OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import getdoc
from typing import Any, NoReturn

from flask import Blueprint, Response, request

from flashcards.services.accounts.facade import Learner
from flashcards.services.accounts.scopes import AUTHOR, READ, REVIEW
from flashcards.web.api.schema import Bytes, Kind, Object
from flashcards.web.auth.login import author, check_scope, learner, takes
from flashcards.web.shared.errors import BadRequest, NotJson

Reply = tuple[int, Any]
View = Callable[..., Reply]

api = Blueprint("api", __name__, url_prefix="/api/v1")


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address. `replies` maps a status to the shape of its body, None where it has none.

    `upload` is a body that is a file, not JSON; `scope` is what a token must have.
    """

    method: str
    path: str
    name: str
    summary: str
    about: str
    replies: dict[int, Kind | None]
    query: Object | None = None
    body: Object | None = None
    body_optional: bool = False
    upload: Bytes | None = None
    errors: tuple[int, ...] = field(default=())
    scope: str = READ


OPERATIONS: list[Operation] = []


def operation(
    method: str,
    path: str,
    summary: str,
    replies: dict[int, Kind | None],
    *,
    query: Object | None = None,
    body: Object | None = None,
    body_optional: bool = False,
    upload: Bytes | None = None,
    errors: tuple[int, ...] = (),
    body_limit: int | None = None,
    location: Callable[[Any], str] | None = None,
    who: Callable[[], Learner] = learner,
    scope: str = "",
) -> Callable[[View], View]:
    """Routes `path` (Flask's syntax) to a view that is given `query` and `body` as read, and path parts.

    A GET whose content the client has already (`If-None-Match`) is answered with 304. `location` gives the address of
    what was made, below the API's. `body_limit` are the bytes that a body may have, where more than elsewhere. `who`
    raises Forbidden for whom the operation is not, before anything that they sent is read. `scope` is what a token must
    have; without it, `author` for what is authors', `read` for what is got, and `review` for what changes something.
    """
    scope = scope or (AUTHOR if who is author else READ if method == "GET" else REVIEW)

    def declare(view: View) -> View:
        name, about = view.__name__, getdoc(view) or ""
        declared = Operation(
            method, path, name, summary, about, replies, query, body, body_optional, upload, errors, scope=scope
        )
        OPERATIONS.append(declared)

        def may_send() -> Learner:
            check_scope(scope)
            return who()

        def handle(**parts: Any) -> Response:
            may_send()
            return _answer(declared, location, view(**parts, **_as_read(declared)))

        endpoint = handle if body_limit is None else takes(body_limit, may_send)(handle)
        api.add_url_rule(path, name, endpoint, methods=[method])
        return view

    return declare


def _as_read(declared: Operation) -> dict[str, Any]:
    """What the request holds, for the view."""
    read: dict[str, Any] = {}
    if declared.query is not None:
        read["query"] = declared.query.read_query(request.args)
    if declared.body is not None:
        read["body"] = declared.body.read(read_json(optional=declared.body_optional))
    return read


def _answer(declared: Operation, location: Callable[[Any], str] | None, reply: Reply) -> Response:
    """The response to a reply of the view."""
    status, value = reply
    response = value if isinstance(value, Response) else json_response(value, status)
    if status == 201 and location is not None:
        response.headers["Location"] = f"{api.url_prefix}{location(value)}"
    if (
        declared.method == "GET"
        and status == 200
        and not response.direct_passthrough
        and "ETag" not in response.headers
    ):
        response.add_etag()
        response.make_conditional(request)
    return response


def json_response(value: Any, status: int = 200) -> Response:
    """The value as compact JSON."""
    return Response(_ENCODER.encode(value), status=status, content_type="application/json")


def read_json(*, optional: bool = False) -> Any:
    """The body as JSON; an absent one is an empty object where it is optional.

    Raises BadRequest where it is not JSON as RFC 8259 has it, and NotJson where it does not say that it is.
    """
    data = request.get_data(cache=False)
    if not data and optional:
        return {}
    if request.mimetype != "application/json":
        raise NotJson("Send JSON, with the header Content-Type: application/json.")
    try:
        value = _DECODER.decode(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BadRequest(f"The body is not UTF-8: byte {error.start}.") from None
    except json.JSONDecodeError as error:
        raise BadRequest(f"The body is not JSON: {error.msg}, line {error.lineno}, column {error.colno}.") from None
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"The body cannot be read as JSON: {error}.") from None
    if not isinstance(value, dict):
        raise BadRequest("The body must be a JSON object.")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_DECODER = json.JSONDecoder(parse_constant=_no_constant)
