"""Markdown of other programs, as text: where its code and maths are, and the changes that all readers need."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from textwrap import indent

from flashcards.domain.card import Basic, Content

_FENCE = re.compile(r"[ \t]*(?:>[ \t]*)*(?:[-*+][ \t]+|\d+[.)][ \t]+)?(`{3,}|~{3,})([^\n]*)$")
_KEPT = re.compile(
    r"(?<![`\\])(?P<code>`+)(?!`)(?:(?!\n[ \t]*\n).)+?(?<!`)(?P=code)(?!`)"
    r"|(?<![\\$])\$\$(?!\$)(?:(?!\n[ \t]*\n).)+?\$\$"
    r"|(?<![\\$])\$(?=[^\s$])(?:\\.|[^$\\\n])*?(?<!\s)\$(?!\d)",
    re.S,
)
_MASK = "\x01"
_BEHIND_MARKER = re.compile(r"[ \t]*(?:[-*+]|\d+[.)])[ \t]")
_AT_MARGIN = re.compile(r"#{1,6}[ \t]")


def code_lines(lines: list[str], before: re.Pattern[str] | None = None) -> tuple[list[bool], int | None]:
    """Which lines belong to fenced code, and the index of a fence that is never closed.

    A fence may also stand after what `before` matches, such as ``A: ``; that line is no code then.

    From an unclosed fence on nothing counts as code: better to show a fence as text than to swallow the rest. For the
    same reason one behind a list's marker ends with the list, before a heading at the margin.
    """
    flags = [False] * len(lines)
    opened: int | None = None
    marks, in_list = "", False
    for index, line in enumerate(lines):
        if opened is not None and in_list and _AT_MARGIN.match(line):
            opened = None
        prefix = before.match(line) if before and opened is None else None
        fence = _FENCE.match(line, prefix.end() if prefix else 0)
        if opened is None:
            if fence and not ("`" in fence[2] and fence[1][0] == "`"):
                opened, marks = index, fence[1]
                in_list = _BEHIND_MARKER.match(line) is not None
                flags[index] = prefix is None
            continue
        flags[index] = True
        if fence and fence[1].startswith(marks) and not fence[2].strip():
            opened = None
    if opened is None:
        return flags, None
    return flags[:opened] + [False] * (len(lines) - opened), opened


def mask(text: str) -> str:
    """The text, of the same length, with code and maths overwritten: what is searched for marks."""
    lines = text.split("\n")
    flags, _ = code_lines(lines)
    shown = "\n".join(_MASK * len(line) if code else line for line, code in zip(lines, flags, strict=True))
    return _KEPT.sub(lambda match: re.sub(r"[^\n]", _MASK, match.group()), shown)


def outside_code(text: str, pattern: re.Pattern[str], change: Callable[[re.Match[str]], str]) -> str:
    """Substitute a pattern where it matches outside code and maths."""
    if not pattern.search(text):
        return text
    searched = mask(text)
    pieces: list[str] = []
    position = 0
    for match in pattern.finditer(searched):
        real = pattern.match(text, match.start())  # the same place, with the code within it
        if real is None:
            continue
        if real.start() < position:
            continue
        pieces += [text[position : real.start()], change(real)]
        position = real.end()
    return "".join([*pieces, text[position:]])


# Front and back ------------------------------------------------------------------------------------------

_BLOCK_START = re.compile(r"[ \t]*(?:[-*+>|][ \t]|\d+[.)][ \t]|`{3}|~{3}|\$\$|\||!\[[^\]]*\]\([^()]*\)[ \t]*$)|    |\t")
_HARD_BREAK = re.compile(r"(?:\\|[ \t]+)$")


def front(text: str) -> str:
    """A question: its first paragraph on one line, so that it can be a heading; the rest below it."""
    lines = text.strip("\n").rstrip().split("\n")
    end = next((i for i, line in enumerate(lines) if not line.strip() or _BLOCK_START.match(line)), len(lines))
    # A backslash at the end of the last line breaks no line: it is a character.
    first = lines[:end]
    heading = " ".join([*(_HARD_BREAK.sub("", line).strip() for line in first[:-1]), *first[-1:]]).strip()
    heading = re.sub(r"^#{1,6}[ \t]+", "", heading)
    rest = "\n".join(lines[end:]).strip("\n")
    return f"{heading}\n\n{rest}" if heading and rest else heading or rest


_HEADING = re.compile(r"^( {0,3})(#{1,2})(?=[ \t])", re.M)
_OURS = re.compile(r"^( {0,3})###(?=[ \t]+(?:answer|rubric|follow-ups|sources|in full|clarify)[ \t#]*$)", re.M | re.I)


def lower_headings(text: str) -> str:
    """Headings that would begin a note, a section or a list of ours go down a level or two."""
    text = outside_code(text, _HEADING, lambda match: f"{match[1]}###")
    return outside_code(text, _OURS, lambda match: f"{match[1]}####")


# Links and pictures --------------------------------------------------------------------------------------

_DEFINITION = re.compile(
    r"^ {0,3}\[(?!\^)((?:\\.|[^\[\]\\])+)\]:[ \t]*(?:<([^<>\n]*)>|(\S+))"
    r"(?:[ \t]+(\"[^\"\n]*\"|'[^'\n]*'))?[ \t]*$"
)
_REFERENCE = re.compile(r"(!?)\[((?:\\.|[^\[\]\\])*)\](?:\[((?:\\.|[^\[\]\\])*)\])?(?![(\[:])")


def inline_references(text: str) -> str:
    """Links and pictures with their targets in place; the lines that defined the targets are left blank."""
    if "]:" not in text:
        return text
    lines = text.split("\n")
    flags, _ = code_lines(lines)
    defined: dict[str, str] = {}
    for index, line in enumerate(lines):
        match = None if flags[index] else _DEFINITION.match(line)
        if match:
            target = match[2] if match[2] is not None else match[3]
            title = f" {match[4]}" if match[4] else ""
            defined.setdefault(_label(match[1]), f"{wrapped(target)}{title}")
            lines[index] = ""
    if not defined:
        return text

    def placed(match: re.Match[str]) -> str:
        target = defined.get(_label(match[3] or match[2]))
        return match.group() if target is None else f"{match[1]}[{match[2]}]({target})"

    return outside_code("\n".join(lines), _REFERENCE, placed)


def _label(text: str) -> str:
    return " ".join(text.split()).lower()


def wrapped(target: str) -> str:
    """The target of a link or picture, in angle brackets where its characters need them."""
    return f"<{target}>" if re.search(r"[\s()]", target) else target


_PICTURE = re.compile(r"!\[((?:\\.|[^\[\]\\])*)\]\([ \t]*(?:<([^<>\n]*)>|((?:\\.|[^()\s\\]|\([^()\s]*\))*))")


def with_pictures(text: str, place: Callable[[str], str]) -> str:
    """The text with `place` applied to what its pictures and sounds refer to."""

    def placed(match: re.Match[str]) -> str:
        target = match[2] if match[2] is not None else match[3]
        return f"![{match[1]}]({wrapped(place(target))}"

    return outside_code(text, _PICTURE, placed)


_ESCAPED_BRACKET = re.compile(r"\\([()\[\]])")


def plain_brackets(text: str) -> str:
    """Escaped brackets without the backslash, which would begin a formula in a deck of ours."""
    return outside_code(text, _ESCAPED_BRACKET, lambda match: match[1])


_COLONS = re.compile(r"(?<!\\)::")


def closed_deletion(number: int, inner: str, hint: str = "") -> str:
    """A deletion of ours; `::` within its text does not begin a hint."""
    inner = outside_code(inner, _COLONS, lambda _match: "\\::")
    return f"{{{{c{number}::{inner}{f'::{hint}' if hint else ''}}}}}"


# What Markdown files hold beside Markdown ---------------------------------------------------------------

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.S)
_NOTE = re.compile(
    r"^ {0,3}\[\^([^\[\]\s]+)\]:[ \t]*(.*(?:\n[ \t]{2,}\S.*|\n(?:[ \t]*\n)+(?: {4}|\t)[ \t]*\S.*)*)\n?", re.M
)
_IN_NOTE = re.compile(r"^ {1,4}")
_NOTE_USE = re.compile(r"\[\^([^\[\]\s]+)\]")
_NO_TARGET = r"(?<!\]\()"  # in ![words](<p 1.png>) the brackets hold a file's name
_NAME_ENDS = r"(?=[\s/>])"
_TAG = re.compile(
    rf"{_NO_TARGET}(?:</?(b|strong|i|em|s|del|strike|u|span|font|center|small|big){_NAME_ENDS}[^<>]*>"
    rf"|<img{_NAME_ENDS}([^<>]*)>|<a{_NAME_ENDS}([^<>]*)>(.*?)</a>|</?(p|div){_NAME_ENDS}[^<>]*>)",
    re.I | re.S,
)
_BLOCK_HTML = re.compile(rf"{_NO_TARGET}<(table|ul|ol|pre|blockquote|h[1-6]){_NAME_ENDS}[^<>]*>.*?</\1>", re.I | re.S)
_MARKS = {"b": "**", "strong": "**", "i": "*", "em": "*", "s": "~~", "del": "~~", "strike": "~~"}
_ATTRIBUTE = re.compile(r"([a-z]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.I)


def without_comments(text: str) -> str:
    """The text without HTML comments; lines stay where they are."""
    return outside_code(text, _COMMENT, lambda match: "\n" * match.group().count("\n"))


def without_html(text: str, block: Callable[[str], str]) -> str:
    """The text with HTML that a deck does not show as Markdown: emphasis, links, pictures; other tags are dropped.

    `block` turns whole tables and lists. What decks show (``<sub>``, ``<br>`` ...) stays.
    """
    if "<" not in text:
        return text
    text = outside_code(text, _BLOCK_HTML, lambda match: f"\n\n{block(match.group()).strip()}\n\n")
    return outside_code(text, _TAG, _plain_tag)


def _plain_tag(match: re.Match[str]) -> str:
    name, picture, link, words, paragraph = match.groups()
    if picture is not None:
        given = _attributes(picture)
        return f"![{given.get('alt', '')}]({wrapped(given.get('src', ''))})" if given.get("src") else ""
    if link is not None:
        target = _attributes(link).get("href", "")
        return f"[{words}]({wrapped(target)})" if target else words
    if paragraph is not None:
        return "\n\n" if match.group().startswith("</") else ""
    return _MARKS.get(name.lower(), "")


def _attributes(text: str) -> dict[str, str]:
    return {match[1].lower(): match[2] or match[3] or match[4] or "" for match in _ATTRIBUTE.finditer(text)}


def footnotes_apart(text: str) -> tuple[str, dict[str, str]]:
    """The text without the definitions of its footnotes (their lines are blank), and these by label, in lower case."""
    notes: dict[str, str] = {}

    def take(match: re.Match[str]) -> str:
        first, *more = match[2].rstrip().split("\n")
        note = "\n".join([first, *(_IN_NOTE.sub("", line.expandtabs(4), count=1) for line in more)]).strip()
        if note:
            notes.setdefault(match[1].casefold(), note)
        return "\n" * match.group().count("\n")

    return (outside_code(text, _NOTE, take), notes) if "[^" in text else (text, notes)


def footnotes_of(content: Content, notes: Mapping[str, str], finished: Callable[[str], str]) -> str:
    """The definitions of the footnotes that a card uses, and of those that they use, each as `finished` gives it."""
    if not notes:
        return ""
    sides = (content.question, content.answer) if isinstance(content, Basic) else (content.heading, content.body)
    pending, used = list(sides), dict[str, str]()
    while pending:
        for use in _NOTE_USE.finditer(mask(pending.pop())):
            label = use[1].casefold()
            if label in notes and label not in used:
                used[label] = finished(notes[label]).strip()
                pending.append(used[label])
    return "\n\n".join(_definition(label, used[label]) for label in notes if used.get(label))


def _definition(label: str, note: str) -> str:
    return f"[^{label}]: {indent(note, '    ')[4:]}"
