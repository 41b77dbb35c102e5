"""Bringing decks from other programs' files: reads them all, then writes all decks and media, or nothing."""

from __future__ import annotations

import filecmp
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePosixPath

from flashcards.deckfiles.parse.find import MAX_FILE_BYTES, MAX_LEVELS, read_bytes
from flashcards.deckfiles.text.source_text import decode
from flashcards.errors import Conflict, Invalid, Unavailable
from flashcards.exchange import csv_in, hashcards, mdanki, obsidian
from flashcards.exchange.found import Converted, Notice, Remembered, SourceFile, Tree
from flashcards.exchange.hashcards_memory import FILE as HASHCARDS_DATABASE
from flashcards.exchange.hashcards_memory import Collection, Whose, open_collection
from flashcards.exchange.obsidian_settings import PATH as SETTINGS_PATH
from flashcards.exchange.obsidian_settings import Settings, read_settings
from flashcards.services.bring.fitting import Fitted, fit
from flashcards.services.bring.new_files import install, take_back_cut_off
from flashcards.services.bring.own_rows import own_note
from flashcards.services.bring.source_files import Sources, find_sources
from flashcards.services.progress import Progress
from flashcards.temporary import TemporaryFolder

Convert = Callable[[SourceFile, Tree, str], Converted]
"""From one file to its decks; the last argument is the path at which the file's own deck goes."""

ENDINGS = {
    "hashcards": (".md",),
    "obsidian": (".md",),
    "mdanki": (".md", ".markdown"),
    "csv": (".csv", ".tsv", ".txt", ".tab"),
}
"""By format: what the names of its files end in."""


@dataclass(frozen=True, slots=True)
class RememberedCard:
    """What the other program knew of a card: the deck's path below DIR, the note's id, which card."""

    path: str
    note: str
    which: str
    remembered: Remembered


@dataclass(frozen=True, slots=True)
class Brought:
    """What was written (paths below DIR), what could not be carried, and how many files or rows could not be read."""

    decks: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    notes: int = 0
    cards: int = 0
    notices: tuple[Notice, ...] = ()
    unread: int = 0
    schedules: tuple[RememberedCard, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Options:
    """What the files do not say of themselves.

    `tagged_only` (Obsidian): only notes with one of the vault's tags. `separator` (Obsidian): what parts front and
    back on a line. `header` (CSV): whether the first row names the columns; None: as it looks.
    """

    tagged_only: bool = False
    separator: str | None = None
    header: bool | None = None


AS_IT_LOOKS = Options()


def bring(
    kind: str,
    source: Path,
    into: Path,
    options: Options = AS_IT_LOOKS,
    *,
    above: int = 0,
    whose: Whose | None = None,
    progress: Progress | None = None,
) -> Brought:
    """Read `source`, a file or folder of the format `kind`, and write its decks and media below `into`.

    `above` is how many folders deep `into` lies in the decks folder, which reads only so many levels. `whose` history
    it becomes needs to be said for what hashcards remembers. No file is ever overwritten; one that is there with the
    same bytes stays. Raises Invalid where the source is not there, is another program's or holds no cards, Conflict
    where a file is in the way, and Unavailable where a file cannot be written; then nothing was written.
    """
    if into.exists() and not into.is_dir():
        raise Invalid(f"{into} is no folder; name a folder for the decks.", field="into")
    said = take_back_cut_off(into)
    if kind == "obsidian" and _is_logseq(source):
        told = f"{source} is a graph of Logseq, which cannot be imported yet; nothing was written."
        raise Invalid(told, field="source")
    sources = find_sources(source, ENDINGS[kind], outside=into)
    sources.notices.extend(Notice(str(into), 1, message) for message in said)
    fitted: list[Fitted] = []
    names = _Names(above)
    for file, convert in _converters(kind, sources, options, whose, progress):
        converted = convert(file, sources.tree, names.own(file.path))
        sources.notices.extend(converted.notices)
        sources.unread += converted.unread
        for found in converted.decks:
            path = names.take(found.deck.path)
            deck = replace(found.deck, path=path, id=path.removesuffix(".md"))
            result = fit(replace(found, deck=deck), sources.root)
            sources.notices.extend(result.notices)
            if result.deck.notes:
                fitted.append(result)
    if not fitted:
        raise Invalid(
            "\n".join([f"{source} holds no cards that could be read; nothing was written.", *_lines(sources)])
        )
    _write(fitted, into)
    return _report(fitted, sources)


def _lines(sources: Sources) -> list[str]:
    """The first of what was wrong, for a message."""
    return [f"{it.path}:{it.line}: {it.message}" for it in sorted(set(sources.notices))[:20]]


def _report(fitted: Sequence[Fitted], sources: Sources) -> Brought:
    notes = [note for result in fitted for note in result.deck.notes]
    return Brought(
        decks=tuple(result.deck.path for result in fitted),
        media=tuple(sorted({path for result in fitted for path in result.media})),
        notes=len(notes),
        cards=sum(len(note.whiches) for note in notes),
        notices=tuple(sorted(set(sources.notices))),
        unread=sources.unread,
        schedules=tuple(
            RememberedCard(result.deck.path, note, which, remembered)
            for result in fitted
            for (note, which), remembered in result.schedules.items()
        ),
    )


# Reading -------------------------------------------------------------------------------------------------


def _converters(
    kind: str, sources: Sources, options: Options, whose: Whose | None, progress: Progress | None
) -> Iterator[tuple[SourceFile, Convert]]:
    """The files in order, each with what turns it into decks."""
    convert: Convert
    files: Iterable[SourceFile]
    collection: Collection | None = None
    if kind == "obsidian":
        settings = _vault_settings(sources, options)
        notes = list(sources.files())
        tagged = {file.path for file in notes if obsidian.has_tag(file.text, settings)}
        files = [file for file in notes if file.path in tagged or not options.tagged_only]
        convert = partial(_obsidian, strict=bool(tagged), settings=settings)
    elif kind == "hashcards":
        collection = _collection(sources, whose)
        convert = partial(_hashcards, macros=_macros(sources), collection=collection)
        files = sources.files()
    else:
        convert = partial(csv_in.convert, header=options.header, own=own_note) if kind == "csv" else mdanki.convert
        files = sources.files()
    for count, file in enumerate(files):
        if progress:
            progress("Reading", count, len(sources.wanted))
        yield file, convert
    if collection is not None:
        sources.notices.extend(collection.notices())


def _obsidian(file: SourceFile, tree: Tree, path: str, *, strict: bool, settings: Settings) -> Converted:
    return obsidian.convert(file, tree, strict=strict, deck_path=path, settings=settings)


def _is_logseq(source: Path) -> bool:
    """Whether a folder is a graph of Logseq, whose outlines look like cards and are none."""
    return source.is_dir() and (
        (source / "logseq").is_dir() or all((source / name).is_dir() for name in ("journals", "pages"))
    )


def _vault_settings(sources: Sources, options: Options) -> Settings:
    """How the vault marks its cards: as its plugin is set, else as the plugin does by itself."""
    found = next(
        (it for folder in (sources.root, *sources.root.parents) if (it := folder / SETTINGS_PATH).is_file()), None
    )
    settings = None
    if found is not None:
        text, issue = decode(read_bytes(found, str(found), MAX_FILE_BYTES))
        settings = read_settings(text) if issue is None else None
        if settings is None:
            told = "the plugin's settings cannot be read; its usual marks were taken"
            sources.notices.append(Notice(SETTINGS_PATH, 1, told))
    settings = settings or Settings()
    return replace(settings, single=options.separator, single_reversed="") if options.separator else settings


def _hashcards(
    file: SourceFile, tree: Tree, path: str, *, macros: hashcards.Macros, collection: Collection | None
) -> Converted:
    return hashcards.convert(file, tree, macros, path, collection)


def _collection(sources: Sources, whose: Whose | None) -> Collection | None:
    """What hashcards remembers, where its database is in the source's folder or one above; else None, with a notice."""
    folders = (sources.root, *sources.root.absolute().parents)
    path = next((it for folder in folders if (it := folder / HASHCARDS_DATABASE).is_file()), None)
    if path is None:
        return None
    if whose is None:
        told = "what hashcards remembers was left out; --user brings it into a history"
        sources.notices.append(Notice(HASHCARDS_DATABASE, 1, told))
        return None
    try:
        return open_collection(path, whose)
    except Unavailable as error:
        told = f"the decks came without what hashcards remembers: {error}. Then import again, it brings the rest"
        sources.refuse(HASHCARDS_DATABASE, 1, told)
        return None


def _macros(sources: Sources) -> hashcards.Macros:
    if sources.tree.find("@/macros.tex", "") is None:
        return {}
    file = sources.read("macros.tex")
    if file is None:
        return {}
    macros, notices = hashcards.read_macros(file)
    sources.notices.extend(notices)
    return macros


_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u202a-\u202e\u2066-\u2069\\\\]")


class _Names:
    """The paths of decks below DIR: names that a decks folder reads, each once."""

    def __init__(self, above: int) -> None:
        self._room = max(0, MAX_LEVELS - 1 - above)
        self.taken: set[str] = set()

    def own(self, path: str) -> str:
        """Where the deck of a source's file goes: beside where the file was, under a name that is read.

        What lies deeper than decks may stands in the last folder.
        """
        parts = [_UNFIT.sub("-", part) for part in PurePosixPath(path).with_suffix("").parts]
        parts = [part.lstrip("._ ") or "deck" for part in parts]
        if parts[-1].lower() == "readme":
            parts[-1] += "-cards"
        return "/".join([*parts[:-1][: self._room], parts[-1]]) + ".md"

    def take(self, path: str) -> str:
        """The path, with a number after it if another deck has it."""
        path = self.own(path)
        stem, number = path.removesuffix(".md"), 2
        while path.casefold() in self.taken:
            path, number = f"{stem}-{number}.md", number + 1
        self.taken.add(path.casefold())
        return path


# Writing -------------------------------------------------------------------------------------------------


def _write(fitted: Sequence[Fitted], into: Path) -> None:
    """Write all decks and media, or nothing. What is there already with the same bytes stays."""
    media = {path: source for result in fitted for path, source in result.media.items()}
    decks = {result.deck.path: result.data for result in fitted}
    for path, data in decks.items():
        if len(data) > MAX_FILE_BYTES:
            limit = MAX_FILE_BYTES // 2**20
            raise Invalid(f"{path} would have over {limit} MiB; split its source. Nothing was written.")
    wanted = [path for path, source in media.items() if not _same(source, into / path)]
    missing = [path for path, data in decks.items() if not _holds(into / path, data)]
    files = sorted({*missing, *wanted})
    in_the_way = [str(into / path) for path in files if os.path.lexists(into / path)]
    if in_the_way:
        some = "\n".join(in_the_way[:20])
        many = "1 file is" if len(in_the_way) == 1 else f"{len(in_the_way):,} files are"
        raise Conflict(f"{some}\n{many} there already; name another folder. Nothing was written.")
    with TemporaryFolder() as name:
        stage = Path(name)
        try:
            for path in files:
                target = stage / path
                target.parent.mkdir(parents=True, exist_ok=True)
                if path in decks:
                    target.write_bytes(decks[path])
                else:
                    shutil.copyfile(media[path], target)
        except OSError as error:
            message = f"{error.filename or into}: {error.strerror}; rename it. Nothing was written."
            raise Unavailable(message) from error
        install(into, {path: stage / path for path in files})


def _holds(target: Path, data: bytes) -> bool:
    # isfile says no where a path is too long to be looked at: writing says why.
    return os.path.isfile(target) and target.stat().st_size == len(data) and target.read_bytes() == data  # noqa: PTH113


def _same(source: Path, target: Path) -> bool:
    return target.is_file() and filecmp.cmp(source, target, shallow=False)
