"""From notes to the fields that Anki gets: what exports from the database and from files share."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from hashlib import blake2b, sha256
from html import escape
from pathlib import Path
from urllib.parse import quote

from flashcards.deckfiles.media import files as media_files
from flashcards.deckfiles.parse.point_refs import write_ref
from flashcards.deckfiles.parse.project import macros_of
from flashcards.deckfiles.render.jobs import ANKI, Rendered, RenderRequest, note_references, request_for
from flashcards.domain.card import BACKWARD, FORWARD, Basic, Note
from flashcards.exchange.anki.fields import SEPARATOR
from flashcards.exchange.anki.practice_parts import listed, with_practice
from flashcards.storage.exports import AnkiRendering

_NOT_MEDIA_NAME = re.compile(r"[/\\\x00-\x1f]|^\.")
_MEDIA = re.compile(r'src="([0-9a-f]{32}\.[a-z0-9]+)"|\[sound:([0-9a-f]{32}\.[a-z0-9]+)\]')


def request_for_anki(note: Note, deck_path: str, root: Path) -> RenderRequest:
    """What the renderer needs for a note; pictures and sounds are looked up in the decks folder `root`."""
    names = note_references(note)
    media = {name: media_files.resolve(name, deck_path, root) for name in names}
    request = request_for(note, media, macros_of(root))
    return replace(request, flavour="anki")


def rendering(note: Note, rendered: Rendered) -> AnkiRendering:
    """The fields as they are stored. A note that cannot be rendered is exported as its source."""
    card = rendered.cards.get(ANKI)
    if card is None:
        first, second = _sources(note)
        texts = (note.rubric, note.follow_ups, note.sources, note.clarify)
        lists = [[escape(item) for item in items] for items in texts]
        in_full = f"<pre>{escape(note.in_full)}</pre>" if note.in_full else ""
    else:
        first, second = card.question_html, card.answer_html
        html = (rendered.rubric_html, rendered.follow_ups_html, rendered.sources_html, rendered.clarify_html)
        lists = [[*items] for items in html]
        in_full = rendered.in_full_html
    points, asked, sources, clarify = lists
    rubric = listed(points, [write_ref(ref).strip() for ref in note.rubric_refs])
    follow_ups = listed(asked, [write_ref(ref).strip() for ref in note.follow_up_refs])
    source = with_practice(listed(sources), in_full, clarify)
    names = [one or two for one, two in _MEDIA.findall("\n".join((first, second, rubric, follow_ups, source)))]
    extra: dict[str, object] = {
        "rubric": rubric,
        "follow_ups": follow_ups,
        "source": source,
        "media": list(dict.fromkeys(names)),
    }
    return AnkiRendering(first, second, extra)


def _sources(note: Note) -> tuple[str, str]:
    content = note.content
    if isinstance(content, Basic):
        return f"<pre>{escape(content.question)}</pre>", f"<pre>{escape(content.answer)}</pre>"
    return f"<pre>{escape(content.body)}</pre>", escape(content.heading)


def digest_of(tags: Iterable[str], fields: Iterable[str]) -> bytes:
    """What two versions of a note have in common when Anki would show them alike."""
    return digest_of_joined(" ".join(tags), SEPARATOR.join(fields))


def digest_of_joined(tags: str, fields: str) -> bytes:
    """The same, of tags between blanks and fields between separators."""
    return blake2b(f"{tags}\x1f{fields}".encode("utf-8", "surrogatepass"), digest_size=8).digest()


def media_bytes(name: str, paths: Iterable[str], root: Path) -> bytes | None:
    """The bytes of the picture or sound of this name, from the first of `paths` that still holds them."""
    for path in paths:
        file = root / path
        try:
            if not file.is_file() or file.stat().st_size > media_files.MAX_SIZE:
                continue
            data = file.read_bytes()
        except OSError:
            continue
        if sha256(data).hexdigest()[:32] == name.partition(".")[0]:
            return data
    return None


def foreign_media(names: Iterable[str], places: Mapping[str, str], root: Path) -> Iterator[tuple[str, bytes]]:
    """The pictures and sounds of notes that go back to Anki as they came, under their names there."""
    for name in sorted(names):
        found = media_files.resolve("/" + quote(places[name]), "deck.md", root) if name in places else None
        if isinstance(found, media_files.Media) and not _NOT_MEDIA_NAME.search(name):
            with contextlib.suppress(OSError):  # it has gone meanwhile; Anki has it, or shows that it lacks it
                yield name, (root / found.path).read_bytes()


def anki_ordinal(which: str) -> int:
    """The ordinal of a card's template in Anki; of a cloze card its number less one."""
    if which == FORWARD:
        return 0
    return 1 if which == BACKWARD else int(which[1:]) - 1


def within(address: str, wanted: Iterable[str]) -> bool:
    """Whether a deck's address is one of `wanted`, or below one that is a folder."""
    return any(address == one or address.startswith(one + "/") for one in wanted)


def addresses(decks: Iterable[str]) -> Iterator[str]:
    """Addresses as people give them: without slashes at the ends, with or without ``.md``."""
    return (deck.strip("/").removesuffix(".md") for deck in decks)
