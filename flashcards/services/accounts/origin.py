"""Where what happens comes from: a request of somebody's, the terminal, or the server itself."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address, ip_network


@dataclass(frozen=True, slots=True)
class Origin:
    """`kind` is web, terminal or server; `learner` is who is logged in, 0 for nobody."""

    kind: str = "server"
    learner: int = 0
    address_prefix: str = ""
    request_id: str = ""


SERVER = Origin()
ORIGIN: ContextVar[Origin] = ContextVar("origin", default=SERVER)
"""Of the calling thread's present work."""


@lru_cache(1024)
def prefix_of(address: str) -> str:
    """The network of an address, too wide to name a person: /24 of IPv4, /48 of IPv6; "" for what is no address."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    return str(ip_network(f"{mapped}/{24 if mapped.version == 4 else 48}", strict=False))
