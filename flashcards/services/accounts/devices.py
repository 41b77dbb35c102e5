"""Where somebody logs in from: a network that strangers may share, and a device that is known.

A browser that has logged in keeps a proof of it, beyond logout: for each name a random number, signed. It opens
nothing. It only says that attempts from here are counted apart from strangers', so that these cannot lock it out.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Callable, Iterator
from ipaddress import IPv6Address, ip_address

MOST = 6
"""How many people of one browser are remembered, the last ones."""
_LONGEST = 2000


def network_of(address: str) -> str:
    """What one client can hardly leave: an IPv4 address, or the first 64 bits of one of IPv6."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or f"{IPv6Address(int(parsed) >> 64 << 64)}/64")


class Devices:
    """Makes and reads the proofs: `number.signature`, several joined by `~`, the newest first."""

    def __init__(self, sign: Callable[[str], bytes]) -> None:
        self._sign = sign

    def known(self, kept: str, name: str) -> str | None:
        """The number by which a browser has logged in as `name` before; None where it has not."""
        return next((number for number, signature in _read(kept) if self._is_good(number, name, signature)), None)

    def with_name(self, kept: str, name: str) -> str:
        """What the browser keeps from now on: a number of its own for `name`, and those of others."""
        others = [f"{number}.{signature}" for number, signature in _read(kept)
                  if not self._is_good(number, name, signature)]  # fmt: skip
        number = self.known(kept, name) or secrets.token_hex(8)
        return "~".join([f"{number}.{self._signature(number, name)}", *others][:MOST])

    def _is_good(self, number: str, name: str, signature: str) -> bool:
        return hmac.compare_digest(signature.encode(), self._signature(number, name).encode())

    def _signature(self, number: str, name: str) -> str:
        return base64.urlsafe_b64encode(self._sign(f"device {number} {name}")[:18]).decode()


def _read(kept: str) -> Iterator[tuple[str, str]]:
    if len(kept) > _LONGEST:
        return
    for proof in kept.split("~")[:MOST]:
        number, dot, signature = proof.partition(".")
        if dot and number.isascii() and number.isalnum() and len(number) == 16:
            yield number, signature
