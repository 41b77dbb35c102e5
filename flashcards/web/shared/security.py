"""What keeps other sites, scripts and guests out: headers, the origin of writes, the login cookie, `next`."""

from __future__ import annotations

import gzip
from functools import lru_cache
from urllib.parse import urlsplit

from flask import Flask, Request, Response, g, request
from werkzeug.exceptions import SecurityError
from werkzeug.wrappers import Response as BaseResponse

from flashcards.errors import Forbidden
from flashcards.web.shared.responses import WithHeaders

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:;"
    " media-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'"
)
MEDIA_POLICY = "default-src 'none'; form-action 'none'; sandbox"
HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # for browsers that know no frame-ancestors
    # no-referrer would make the browser's own forms send `Origin: null`.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "private, no-cache",
}
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

COOKIE = "flashcards_session"
SECURE_COOKIE = "__Host-flashcards_session"
SECURE_COOKIE_BELOW = "__Secure-flashcards_session"
"""Where the app lives below a path: a `__Host-` cookie belongs to a whole host."""
DEVICES_COOKIE = "flashcards_devices"
"""Kept at logout: see `services.accounts.devices`."""
COOKIE_SECONDS = 400 * 86_400
"""The most that browsers keep; when a login really ends is the server's to say."""

COMPRESS_FROM = 1024
_COMPRESSIBLE = frozenset({"text/html", "application/json", "text/javascript"})


def install(app: Flask) -> None:
    """Adds the headers and compresses text."""
    app.wsgi_app = WithHeaders(app.wsgi_app, HEADERS)  # type: ignore[method-assign]

    @app.after_request
    def finish(response: Response) -> Response:
        # A page of somebody's must not come back by the Back button when they have left.
        is_private = response.mimetype == "text/html" and g.get("learner") is not None
        if is_private and "Cache-Control" not in response.headers:
            response.headers.add("Cache-Control", "no-store")
        return _compressed(response)


def _compressed(response: Response) -> Response:
    """The server compresses nothing; static files come compressed already."""
    if response.status_code != 200 or response.direct_passthrough or response.mimetype not in _COMPRESSIBLE:
        return response
    headers = response.headers
    if "Content-Encoding" in headers:
        return response
    if "Vary" in headers:
        response.vary.add("Accept-Encoding")
    else:
        headers.add("Vary", "Accept-Encoding")
    body = response.get_data()
    if len(body) >= COMPRESS_FROM and "gzip" in request.headers.get("Accept-Encoding", ""):
        response.set_data(gzip.compress(body, 5, mtime=0))
        headers["Content-Encoding"] = "gzip"
    return response


def check_host(asked: Request, trusted: frozenset[str] | None) -> None:
    """Refuses a request that calls the server by a name not in `trusted`; None trusts any.

    Flask's own TRUSTED_HOSTS cannot name an IPv6 address. Raises SecurityError.
    """
    if trusted is not None and _name_of(asked.host) not in trusted:
        raise SecurityError("unknown host")


@lru_cache(16)  # a server has few names, and a stranger's may be long
def _name_of(host: str) -> str | None:
    """The name in a `Host` header, without its port."""
    return urlsplit(f"//{host}").hostname


def check_origin() -> None:
    """Refuses a write that another site's page sent with this browser's cookie.

    Browsers say where a request comes from: `Sec-Fetch-Site` on trustworthy addresses, else `Origin`. A write
    with neither is a program's: it may go on unless it carries a login cookie. Raises Forbidden.
    """
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        allowed = site in {"same-origin", "none"}
    elif origin is not None:
        allowed = origin != "null" and urlsplit(origin).netloc == request.host
    else:
        allowed = session_secret() is None
    if not allowed:
        raise Forbidden("This request came from another site and was refused. Open the page here and try again.")


def session_secret() -> str | None:
    """The login's secret from the cookie."""
    return request.cookies.get(_secure_cookie()) or request.cookies.get(COOKIE)


def _secure_cookie() -> str:
    return SECURE_COOKIE_BELOW if request.script_root else SECURE_COOKIE


def _cookie_path() -> str:
    return request.script_root or "/"


def set_login(response: BaseResponse, secret: str) -> None:
    """Gives the browser the login's secret; over https as a cookie that http never sees."""
    secure = is_https()
    response.set_cookie(
        _secure_cookie() if secure else COOKIE,
        secret,
        path=_cookie_path(),
        max_age=COOKIE_SECONDS,
        secure=secure,
        httponly=True,
        samesite="Lax",
    )


def devices() -> str:
    """What this browser keeps to be known as one that has logged in before."""
    return request.cookies.get(DEVICES_COOKIE, "")


def set_devices(response: BaseResponse, value: str) -> None:
    """Lets the browser keep that it has logged in before; scripts cannot read it."""
    response.set_cookie(
        DEVICES_COOKIE,
        value,
        path=_cookie_path(),
        max_age=COOKIE_SECONDS,
        secure=is_https(),
        httponly=True,
        samesite="Lax",
    )


def clear_cache(response: BaseResponse) -> None:
    """Lets the browser drop what it has cached of us. Never its storage: answers that were not sent are there."""
    response.headers["Clear-Site-Data"] = '"cache"'


def forget_login(response: BaseResponse) -> None:
    """Takes the cookies away."""
    response.delete_cookie(COOKIE, path=_cookie_path(), httponly=True, samesite="Lax")
    if is_https():
        response.delete_cookie(_secure_cookie(), path=_cookie_path(), secure=True, httponly=True, samesite="Lax")


def is_https() -> bool:
    """Whether the browser's own address says https."""
    # Behind a proxy that ends TLS we see plain http; the browser's own Origin (it has passed check_origin)
    # tells what its address bar says.
    return request.is_secure or request.headers.get("Origin", "").startswith("https://")


def safe_next(target: str | None) -> str:
    """`target` where it is an address on this site, else the first page.

    Only a path is accepted, and none that a browser could read as another host (`//host`, `/\\host`).
    """
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return "/"
    if any(ord(character) <= 32 or character == "\\" or ord(character) == 127 for character in target):
        return "/"
    return target
