"""Which addresses a learner may name for messages, and where connections may lead."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from flashcards.services.reminders import kinds
from flashcards.services.reminders.guard import Guard, Refused

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")  # a service of Apprise that is not used here


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ntfys://", "give an address such as"),
        ("file:///etc/passwd", "do not go to file://"),
        ("mailtos://ada:secret@example.org", "do not go to mailtos://"),
        ("exec://rm", "do not go to exec://"),
        ("syslog://", "do not go to syslog://"),
        ("https://example.org/hook", "of no service that is known here"),
        ("slack://T1JJ3T3L2", "not complete"),
        ("ntfys://ntfy.sh/a?verify=no", "verify= behind the question mark"),
        ("ntfys://ntfy.sh/a?redirect=yes", "redirect= behind the question mark"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ?template=/etc/passwd", "template= behind"),
        ("ntfys://ntfy.sh/a\nntfys://ntfy.sh/b", "Give one address"),
        ("ntfys://ntfy.sh/" + "a" * 1000, "Give one address"),
    ],
)
def test_what_is_no_address_is_said(url: str, says: str) -> None:
    with pytest.raises(ValueError, match=says.replace("?", r"\?")):
        kinds.plugin(url)


@pytest.mark.parametrize(
    ("url", "kind", "server", "encrypted"),
    [
        ("ntfys://ntfy.example.org/topic?priority=high", "ntfy", "ntfy.example.org", True),
        ("ntfy://192.168.1.5:8080/topic", "ntfy", "192.168.1.5", False),
        ("ntfy://only-a-topic", "ntfy", "", True),
        ("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", "Discord", "", True),
        ("tgram://123456789:AAabcdefghijklmnopqrstuvwxyzabcdefg/12345678", "Telegram", "", True),
        ("matrixs://ann:word@matrix.example.org/!room", "Matrix", "", True),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general", "Slack", "", True),
        ("pover://u2oiwr3u4oiwr3u4oiwr3u4oiwr3u@aoijaoijaoijaoijaoijaoijaoijao", "Pushover", "", True),
        ("jsons://example.org/hook?+X-Token=abc", "JSON", "example.org", True),
    ],
)
def test_what_an_address_is(url: str, kind: str, server: str, encrypted: bool) -> None:
    found = kinds.plugin(url)
    assert (kinds.kind(found), kinds.server(found), kinds.is_encrypted(found)) == (kind, server, encrypted)


@pytest.mark.parametrize(
    "address",
    ["10.1.2.3", "127.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",
     "::1", "::", "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:192.168.1.1", "64:ff9b::a00:1", "2002:a00:1::",
     "2001:0:a00:1::", "localhost", ""],
)  # fmt: skip
def test_private_addresses_are_refused_however_they_are_written(address: str) -> None:
    with pytest.raises(Refused):
        Guard([]).check(address)


def test_networks_that_the_keeper_named_are_open_with_and_without_tls() -> None:
    guard = Guard([ip_network("192.168.1.0/24"), ip_network("fd00::/8")])
    for guard.plain in (False, True):
        guard.check("192.168.1.7")
        guard.check("::ffff:192.168.1.7")
        guard.check("fd00::7")
    with pytest.raises(Refused, match="private network"):
        guard.check("192.168.2.7")


def test_without_tls_nothing_goes_to_public_networks() -> None:
    guard = Guard([])
    guard.check("1.1.1.1")
    guard.check("2606:4700:4700::1111")
    guard.plain = True
    with pytest.raises(Refused, match="not encrypted"):
        guard.check("1.1.1.1")
