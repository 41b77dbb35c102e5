"""Which addresses a learner may name: services of Apprise that speak HTTP, and what may stand behind a question mark.

Loaded in the child alone (see `courier_child.py`).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import apprise

LONGEST = 1_000
SCHEMES = frozenset(
    (
        "bark", "barks", "discord", "gchat", "gotify", "gotifys", "hassio", "hassios", "json", "jsons", "matrix",
        "matrixs", "mmost", "mmosts", "nctalk", "nctalks", "ntfy", "ntfys", "pbul", "pover", "rocket", "rockets",
        "signal", "signals", "slack", "tgram", "zulip",
    )
)  # fmt: skip
_HOSTED_BY_ANYBODY = frozenset({"bark", "gotify", "hassio", "json", "mmost", "nctalk", "ntfy", "rocket", "signal"})
"""Kinds whose address begins with a server's name; in those of the others a secret can stand there."""
_OPTIONS = frozenset(
    ("auth", "avatar", "channel", "footer", "image", "method", "mode", "msgtype", "preview", "priority", "silent",
     "sound", "tags", "thread", "to", "token", "topic", "version")
)  # fmt: skip
"""What may be chosen. Others could name files of this machine, switch off certificates, or follow redirects."""

_USUAL = "ntfys://ntfy.sh/topic, tgram://token/chat, discord://id/token or jsons://host/path"


def load() -> None:
    """Loads what the services need, once for all that follow."""
    plugin("jsons://example.org")


def plugin(url: str) -> Any:
    """What Apprise makes of a learner's address; raises ValueError with a sentence."""
    if len(url) > LONGEST or not url.isprintable() or any(map(str.isspace, url)):
        raise ValueError(f"Give one address of Apprise, such as {_USUAL}.")
    scheme, separator, rest = url.partition("://")
    scheme = scheme.lower()
    if not separator or not rest or scheme not in SCHEMES | {"https"}:
        raise ValueError(f"Messages do not go to {scheme[:20]}:// here: give an address such as {_USUAL}.")
    for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True):
        # With a plus before it is a header of `json`.
        if name.lower() not in _OPTIONS and not (name.startswith((" ", "+")) and scheme.startswith("json")):
            raise ValueError(f"The part {name[:30]}= behind the question mark is not taken here: leave it away.")
    asset = apprise.AppriseAsset(async_mode=False, secure_logging=True, http_redirects=False, app_id="Flashcards")
    found = apprise.Apprise.instantiate(url, asset=asset)
    if found is None or not _schemes(found) & SCHEMES:
        raise ValueError("The address is not complete, or of no service that is known here: compare it with its page.")
    return found


def server(found: Any) -> str:
    """The name of the server that the address names itself; "" where the service has one of its own."""
    cloud = str(getattr(found, "mode", "")) == "cloud"
    return str(found.host or "") if _schemes(found) & _HOSTED_BY_ANYBODY and not cloud else ""


def kind(found: Any) -> str:
    """The service in words."""
    return str(found.service_name)


def is_encrypted(found: Any) -> bool:
    """Whether what is sent goes with TLS; services with a server of their own all do."""
    return bool(found.secure) or not server(found)


def _schemes(found: Any) -> frozenset[str]:
    """The schemes of a service, plain and with TLS."""
    named = (getattr(found, "protocol", None), getattr(found, "secure_protocol", None))
    return frozenset(scheme for it in named if it for scheme in ((it,) if isinstance(it, str) else it))
