"""What stands between a browser and this server: who is asking is read from the proxies that we trust, from no others.

A header such as `X-Forwarded-For` is only as true as whoever wrote it. So it is read where the socket's peer lies in
`FLASHCARDS_TRUSTED_PROXIES`, from the right, as far as the proxies are ours; the first address that is none of them
is the client. Whatever else claims to speak of proxies is removed, and nothing after this can believe it by mistake.
The name of the server is never taken from such a header: a proxy passes `Host` on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import urlsplit

from flask import request
from werkzeug.middleware.proxy_fix import ProxyFix

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Environ = dict[str, Any]

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
"""How a browser on this machine calls a server on it."""

THROUGH_PROXY = "flashcards.through_proxy"
_LONGEST = 4096
_CLAIMS = frozenset({
    "HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP", "HTTP_X_CLIENT_IP", "HTTP_X_CLUSTER_CLIENT_IP",
    "HTTP_TRUE_CLIENT_IP", "HTTP_CF_CONNECTING_IP", "HTTP_CF_VISITOR", "HTTP_FASTLY_CLIENT_IP",
    "HTTP_X_SCHEME", "HTTP_X_FORWARDED", "HTTP_FRONT_END_HTTPS",
})  # fmt: skip
_FORWARDED = ("HTTP_X_FORWARDED_", "HTTP_X_ORIGINAL_")


class TrustedProxies:
    """WSGI middleware: gives a request the address and the scheme of its client."""

    def __init__(self, app: Any, networks: Sequence[Network]) -> None:
        self._app = app
        self._networks = tuple(networks)
        # It would believe whoever is connected: `settle` says whether, and leaves one address to read.
        self._fixed = ProxyFix(app, x_for=1, x_proto=1, x_host=0, x_port=0, x_prefix=0)

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        inner = self._fixed if settle(environ, self._networks) else self._app
        answer: Iterable[bytes] = inner(environ, start_response)
        return answer


def settle(environ: Environ, networks: Sequence[Network]) -> bool:
    """Leaves in `environ` only what may be believed of its proxies; whether anything may.

    Then `X-Forwarded-For` is one address, the client's, and `X-Forwarded-Proto` is http or https.
    """
    claimed = [name for name in environ if name in _CLAIMS or name.startswith(_FORWARDED)]
    claims = {name: environ.pop(name) for name in claimed}
    environ[THROUGH_PROXY] = bool(claims)
    peer = address_of(environ.get("REMOTE_ADDR", ""))
    if peer is None or not _within(peer, networks):
        return False
    environ["HTTP_X_FORWARDED_FOR"] = str(_client(claims.get("HTTP_X_FORWARDED_FOR", ""), peer, networks))
    scheme = claims.get("HTTP_X_FORWARDED_PROTO", "").rpartition(",")[2].strip().lower()
    environ["HTTP_X_FORWARDED_PROTO"] = scheme if scheme in {"http", "https"} else environ["wsgi.url_scheme"]
    return True


def _client(forwarded: str, peer: Address, networks: Sequence[Network]) -> Address:
    """Who talked to the first of our proxies; what is no address, and all that stands left of it, is nothing."""
    client = peer
    for text in reversed(forwarded[-_LONGEST:].split(",")):
        address = address_of(text)
        if address is None:
            break
        client = address
        if not _within(address, networks):
            break
    return client


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


@lru_cache(1024)
def address_of(text: str) -> Address | None:
    """The address that a peer or a proxy names, also with a port; IPv4 that comes as IPv6 is IPv4 again."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_plain_visit() -> bool:
    """Whether this request is a browser's on this machine, with nothing in between that could carry others' visits.

    A proxy that says nothing of itself shows by the names under which the browser knows this server, by the old
    version of HTTP that older nginx speaks, and by the want of `Connection: keep-alive`: every browser says it to
    whom it is connected to, and no proxy hands it on (RFC 9110, 7.6.1), so that nobody behind one can forge it.
    """
    peer = address_of(request.remote_addr or "")
    named = (request.headers.get(name) for name in ("Origin", "Referer"))
    return (
        not request.environ.get(THROUGH_PROXY)
        and peer is not None
        and peer.is_loopback
        and request.environ.get("SERVER_PROTOCOL") != "HTTP/1.0"
        and request.headers.get("Connection", "").lower() == "keep-alive"
        and urlsplit(f"//{request.host}").hostname in LOOPBACK_NAMES
        and all(_host_of(address) in LOOPBACK_NAMES for address in named if address)
    )


def _host_of(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None
