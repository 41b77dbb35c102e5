"""What the child that talks to learners' addresses may do: connect to public networks and those that the server's
keeper names, and nothing else.

The check is where a connection is made, of the address that it goes to: a name that gives another address the second
time it is asked gains nothing.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

NAMES = "FLASHCARDS_ALLOWED_NETWORKS"
_NAT64 = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))
_TUNNELS = (ip_network("2002::/16"), ip_network("2001::/32"))
_FORBIDDEN = frozenset({"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty"})
_SENDING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})


class Refused(OSError):
    """A connection that is not allowed; says why."""


class Guard:
    """`Guard(networks)`: these may be private; `plain` is set while what is said goes without TLS."""

    def __init__(self, networks: Sequence[IPv4Network | IPv6Network]) -> None:
        self._networks = networks
        self.plain = False
        self.reason = ""

    def check(self, address: str) -> None:
        """Raises Refused where nothing may be sent to the address, which is written as a number."""
        try:
            found = _plain_form(ip_address(address.partition("%")[0]))
        except ValueError:
            raise Refused(f"{address} is no address") from None
        if any(found in network for network in self._networks):
            return
        if not found.is_global or found.is_multicast or _is_tunnel(found):
            raise Refused(f"{found} lies in a private network, and the server's keeper has not named it in {NAMES}")
        if self.plain:
            raise Refused(f"it is not encrypted: without TLS messages go only to networks that {NAMES} names")

    def check_host(self, host: str) -> None:
        """The same for each address of a name. A name that has none yet is let through: sending will say so."""
        try:
            found = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return
        for address in {str(it[4][0]) for it in found}:
            self.check(address)

    def install(self) -> None:
        """From now on, and for good, this process connects only where it may, and starts no other."""
        sys.addaudithook(self._audit)

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in _FORBIDDEN:
            raise Refused("nothing else is started here")
        if event not in _SENDING:
            return
        where = arguments[1]
        try:
            if not isinstance(where, tuple):
                raise Refused("it leads to this machine")
            self.check(str(where[0]))
        except Refused as error:
            self.reason = str(error)
            raise


def _plain_form(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """An IPv4 address that is written as one of IPv6, as itself."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if any(address in network for network in _NAT64):
            return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def _is_tunnel(address: IPv4Address | IPv6Address) -> bool:
    return any(address in network for network in _TUNNELS)
