"""HTML of an Anki field to our Markdown.

The structure is `markdownify`'s work. Ours is what it cannot know: maths, sounds, deletions, which characters
mean something in a deck, and which raw HTML a deck may hold. Media are written as ``anki-media:NAME``; whoever
writes the deck puts the path there.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import quote

from bs4 import BeautifulSoup, Tag
from markdownify import BACKSLASH, MarkdownConverter

MEDIA = "anki-media:"
MEDIA_REFERENCE = re.compile(rf"\]\({MEDIA}([^)\s]*)\)")

_MARK = "\ue000{}\ue001"
_MARKED = re.compile("\ue000([0-9]+)\ue001")
_STRAY_MARKS = re.compile("[\ue000\ue001]")
_MATHS = re.compile(
    r"\\\((?P<inline>.+?)\\\)|\\\[(?P<display>.+?)\\\]"
    r"|\[\$\](?P<inline2>.+?)\[/\$\]|\[\$\$\](?P<display2>.+?)\[/\$\$\]|\[latex\](?P<latex>.+?)\[/latex\]"
    r"|<anki-mathjax(?P<attributes>[^>]*)>(?P<mathjax>.*?)</anki-mathjax>",
    re.S | re.I,
)
_SOUND = re.compile(r"\[sound:([^\[\]]+)\]")
_TAG = re.compile(r"<[^>]*>")
_BREAK = re.compile(r"<br\s*/?>|</?(?:div|p)\b[^>]*>", re.I)
_BREAKS = re.compile(r"(?:[ \t]*\\\n[ \t]*){2,}")
_EDGE_BREAKS = re.compile(r"(?:^|(?<=\n\n))(?:[ \t]*\\\n)+|(?:[ \t]*\\\n)+(?=\n|$)|\\$")
_SOME_BREAKS = re.compile(r"(?:\s*<br\s*/?>\s*)+", re.I)
_MANY_LINES = re.compile(r"\n{3,}")
_BLANKS_AT_END = re.compile(r"[ \t]+$", re.M)
_NOT_PLAIN = re.compile(r"[<&\[\\]")

# What our inline Markdown acts on.
_INLINE = re.compile(
    r"\\|`|\$|~(?=~)|(?<=~)~|(?<!\w)_(?=\S)|(?<=\S)_(?!\w)|\*(?=\S)|<(?=[A-Za-z/!?])|&(?=#?\w+;)"
    r"|(?<=!)\[|\[(?=\^|[^\[\]\n]*\](?:\(|\[))|(?<![\w=])=(?==[^\s=])"
)
# Within emphasis an asterisk after a word would end it.
_IN_EMPHASIS = re.compile(rf"{_INLINE.pattern}|(?<=\S)\*")
_EMPHASIS = frozenset({"b", "strong", "i", "em"})
_ENTITIES = {"<": "&lt;", "&": "&amp;", "[": "&#91;"}  # a backslash before a bracket would begin a formula
# What begins a block of ours at the start of a line.
_BLOCK = re.compile(r"^(\s*)(?:([-+*])(?=\s|$|[-+])|(#)|(>)|(\|)|(=)|(\d{1,9})([.)])(?=\s|$)|(\[)(?=[^\[\]\n]*\]:))")

_KEPT = ("sub", "sup", "kbd", "mark", "details", "summary")
_DROPPED = ("script", "style", "iframe", "object", "embed", "input", "button", "head", "title", "template", "noscript")
_LANGUAGE = re.compile(r"[\w+#.-]*")
_LINK = re.compile(r"(?:https?://|mailto:)[^\s<>]+", re.I)


def to_markdown(html: str) -> str:
    """The Markdown of a field's HTML, without blanks around it.

    Raises RecursionError for HTML that is nested too deeply; `as_text` is the way out then.
    """
    if not html:
        return ""
    html = _STRAY_MARKS.sub("", html)
    if not _NOT_PLAIN.search(html):
        return _clean(escape("\n".join(" ".join(line.split()) for line in html.split("\n"))))
    taken: list[str] = []

    def take(markdown: str) -> str:
        taken.append(markdown)
        return _MARK.format(len(taken) - 1)

    html = _MATHS.sub(lambda match: take(_formula(match)), html)
    html = _SOUND.sub(lambda match: take(sound(unescape(match[1]))), html)
    if "<" in html:
        text = _CONVERTER.convert_soup(_Soup(html, "html.parser", element_classes={Tag: _Tag}))
    else:
        text = escape(" ".join(unescape(html).split()))
    return _restore(_clean(text), taken)


def as_text(html: str) -> str:
    """The words of a field and its maths, all on one line: for HTML that does not survive anything better."""
    taken: list[str] = []

    def take(markdown: str) -> str:
        taken.append(markdown)
        return _MARK.format(len(taken) - 1)

    html = _MATHS.sub(lambda match: take(_formula(match)), _STRAY_MARKS.sub("", html))
    text = unescape(_TAG.sub("", _BREAK.sub(" ", html)))
    return _restore(escape(" ".join(text.split())), taken)


def one_line(html: str) -> str:
    """The Markdown of a field without blocks: what ends a block becomes a line break."""
    html = _SOME_BREAKS.sub("<br>", _TAG.sub(_without_blocks, html)).removeprefix("<br>").removesuffix("<br>")
    return to_markdown(html).replace("\\\n", "<br>").replace("\n", " ")


def escape(text: str, *, in_emphasis: bool = False) -> str:
    """Text that reads as itself in a deck; line starts included."""
    marks = _IN_EMPHASIS if in_emphasis else _INLINE
    if marks.search(text):
        text = marks.sub(lambda match: _ENTITIES.get(match[0], f"\\{match[0]}"), text)
    return _BLOCK.sub(_escape_block, text)


def _escape_block(match: re.Match[str]) -> str:
    if match[7]:
        return f"{match[1]}{match[7]}\\{match[8]}"
    if match[9]:
        return f"{match[1]}{_ENTITIES['[']}"
    return f"{match[1]}\\{match[0][len(match[1]) :]}"


def sound(name: str) -> str:
    """The Markdown of a sound or picture of the package."""
    return f"![{escape(name.rpartition('.')[0] or name)}]({MEDIA}{quote(name, safe='')})"


def _formula(match: re.Match[str]) -> str:
    tex = next(match[name] for name in ("inline", "inline2", "display", "display2", "latex", "mathjax") if match[name])
    tex = " ".join(unescape(_TAG.sub("", _BREAK.sub(" ", tex))).split())
    display = bool(match["display"] or match["display2"] or match["latex"]) or "block" in (match["attributes"] or "")
    if match["latex"]:
        inner = re.fullmatch(r"(\$\$?)(.+)\1", tex)
        display = inner is None or inner[1] == "$$"
        tex = inner[2].strip() if inner else tex
    return f"$${tex}$$" if display else f"${tex}$"


def _restore(text: str, taken: list[str]) -> str:
    """Puts formulas and sounds back. A formula before a digit, or with a dollar in it, needs other marks."""

    def put(match: re.Match[str]) -> str:
        markdown = taken[int(match[1])]
        if markdown.startswith("$") and not markdown.startswith("$$"):
            tex = markdown[1:-1]
            if "$" in tex or text[match.end() : match.end() + 1].isdigit():
                return f"\\({tex}\\)"
        return markdown

    return _MARKED.sub(put, text)


def _clean(text: str) -> str:
    """Line breaks at the edges of blocks say nothing; two in a row end a paragraph."""
    text = text.replace("\xa0", " ")
    if "\\\n" in text or text.endswith("\\"):
        text = _BREAKS.sub("\n\n", text)
        text = _EDGE_BREAKS.sub("", text)
    return _MANY_LINES.sub("\n\n", _BLANKS_AT_END.sub("", text)).strip()


def _without_blocks(match: re.Match[str]) -> str:
    tag = match[0]
    name = re.match(r"</?([A-Za-z0-9]+)", tag)
    if name is None or name[1].lower() not in _BLOCK_TAGS:
        return tag
    return "<br>"


_BLOCK_TAGS = frozenset(
    [
        *("address", "article", "blockquote", "center", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6"),
        *("hr", "li", "ol", "p", "pre", "section", "table", "tbody", "td", "th", "thead", "tr", "ul"),
    ]
)


class _Tag(Tag):
    """A tag that finds one above it by name without a search of bs4's, which is a sixth of an import's time."""

    def find_parent(self, name: Any = None, attrs: Any = None, **kwargs: Any) -> Any:
        if type(name) is not str or attrs or kwargs:
            return super().find_parent(name, attrs or {}, **kwargs)
        above = self.parent
        while above is not None and above.name != name:
            above = above.parent
        return above


class _Soup(BeautifulSoup):
    """The root: nothing is above it."""

    def find_parent(self, *_args: Any, **_kwargs: Any) -> None:
        return None


class _Converter(MarkdownConverter):
    """markdownify, with our escapes and our choice of elements."""

    def escape(self, text: str, parent_tags: Any) -> str:
        return escape(text, in_emphasis=not _EMPHASIS.isdisjoint(parent_tags))

    def convert_br(self, el: Any, text: str, parent_tags: set[str]) -> str:
        if "pre" in parent_tags:
            return "\n"
        return " " if "_inline" in parent_tags else "\\\n"

    def convert_hN(self, n: int, el: Any, text: str, parent_tags: set[str]) -> str:
        # The first two levels are a deck's own.
        return str(super().convert_hN(n if n > 2 else 4, el, text, parent_tags))  # type: ignore[misc]

    def convert_pre(self, el: Any, text: str, parent_tags: set[str]) -> str:
        language = next((name[9:] for node in (el, *el.find_all("code")) for name in _classes(node)
                         if name.startswith("language-")), "")  # fmt: skip
        code = text.strip("\n").rstrip()
        marks = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", code) or [""]))
        language = language if _LANGUAGE.fullmatch(language) else ""
        return f"\n\n{marks}{language}\n{code}\n{marks}\n\n"

    def convert_a(self, el: Any, text: str, parent_tags: set[str]) -> str:
        target = str(el.get("href") or "")
        if not _LINK.fullmatch(target) or not text.strip():
            return text
        return f"[{text.strip()}]({quote(unescape(target), safe=_SAFE)})"

    def convert_img(self, el: Any, text: str, parent_tags: set[str]) -> str:
        source = str(el.get("src") or "").strip()
        words = escape(" ".join(str(el.get("alt") or "").split()))
        if _LINK.fullmatch(source):
            return f"[{words or 'picture'}]({quote(source, safe=_SAFE)})"
        if not source or re.match(r"[a-z]+:", source, re.I):
            return words
        return f"![{words}]({MEDIA}{quote(_unquoted(source), safe='')})"

    def convert_audio(self, el: Any, text: str, parent_tags: set[str]) -> str:
        source = str(el.get("src") or next((s.get("src") for s in el.find_all("source")), "") or "")
        return sound(_unquoted(source)) if source and ":" not in source else text

    convert_video = convert_audio

    def convert_td(self, el: Any, text: str, parent_tags: set[str]) -> str:
        return str(super().convert_td(el, text.replace("|", "\\|"), parent_tags))  # type: ignore[misc]

    def convert_th(self, el: Any, text: str, parent_tags: set[str]) -> str:
        return str(super().convert_th(el, text.replace("|", "\\|"), parent_tags))  # type: ignore[misc]

    def convert_u(self, el: Any, text: str, parent_tags: set[str]) -> str:
        return text

    def convert_rt(self, el: Any, text: str, parent_tags: set[str]) -> str:
        return f" ({text.strip()})" if text.strip() else ""

    def convert_rp(self, el: Any, text: str, parent_tags: set[str]) -> str:
        return ""


_SAFE = "/:?#[]@!$&'*+,;=%~-._"


def _unquoted(source: str) -> str:
    from urllib.parse import unquote

    return unquote(source)


def _classes(node: Any) -> list[str]:
    value = node.get("class") or []
    return value.split() if isinstance(value, str) else list(value)


def _kept(name: str) -> Any:
    def convert(self: _Converter, el: Any, text: str, parent_tags: set[str]) -> str:
        return f"<{name}>{text}</{name}>" if text.strip() else text

    return convert


def _dropped(self: _Converter, el: Any, text: str, parent_tags: set[str]) -> str:
    return ""


for _name in _KEPT:
    setattr(_Converter, f"convert_{_name}", _kept(_name))
for _name in _DROPPED:
    setattr(_Converter, f"convert_{_name}", _dropped)

_CONVERTER = _Converter(
    bullets="-", newline_style=BACKSLASH, heading_style="ATX", table_infer_header=True, strong_em_symbol="*"
)
