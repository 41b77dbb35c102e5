"""HTML of an Anki field to our Markdown.

The structure is `markdownify`'s work. Ours is what it cannot know: maths, sounds, deletions, which characters
mean something in a deck, and which raw HTML a deck may hold. Media are written as ``anki-media:NAME``; whoever
writes the deck puts the path there.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from bs4 import BeautifulSoup, NavigableString, Tag
from markdownify import BACKSLASH, MarkdownConverter

from flashcards.character_references import LONG_NUMBER, by_number, unescape
from flashcards.exchange.anki.code_spans import apart, coded, not_code, with_code
from flashcards.exchange.anki.emphasis import BREAK, marked, with_marks
from flashcards.exchange.anki.latex import Latex, read_latex
from flashcards.exchange.anki.media_tags import IMAGE, Shown, image, image_of, played
from flashcards.exchange.anki.shown_text import (
    BLOCK_TAGS,
    KEEPS_LINES,
    MEDIUM,
    SOUND,
    UNSEEN_TAGS,
    shown_text,
    with_formulas,
)
from flashcards.exchange.anki.simple_html import read_simple

MEDIA = "anki-media:"
PICTURE = re.compile(r"!\[(?:[^\[\]\\]|\\.)*\]\([^()\s]*\)")
MEDIA_REFERENCE = re.compile(rf"\]\({MEDIA}([^)\s]*)\)")

_MARK = "\ue000{}\ue001"
_WORDS_TOO = "\ue009"  # before formulas with words between them
_MARKED = re.compile("\ue000([0-9]+)\ue001")
_STRAY_MARKS = re.compile("|".join(["[\ue000-\ue017]", by_number("\ue000", "\ue017"), LONG_NUMBER.pattern]))
"""Characters of a field that mean something here, as they are or by their numbers; and numbers without an end."""
_NUMBERED = re.compile(r"(?:start|colspan)\s*=", re.I)
_SHORT_NUMBER = re.compile("[0-9]{1,9}")
_TAG = re.compile(r"<[^>]*>")
_BREAK = re.compile(r"<br\s*/?>|</?(?:div|p)\b[^>]*>", re.I)
_BREAKS = re.compile(rf"(?:[ \t]*{BREAK}\n[ \t]*){{2,}}")
_EDGE_BREAKS = re.compile(
    rf"(?:^|(?<=\n\n))(?:[ \t]*{BREAK}\n)+|(?:[ \t]*{BREAK}(?:\n[ \t]*)?)+$|(?:[ \t]*{BREAK}\n)*[ \t]*{BREAK}(?=\n\n)"
)
_SOME_BREAKS = re.compile(r"(?:\s*<br\s*/?>\s*)+", re.I)
_KEPT_LINE = "\ue008"  # an empty line of code, of which there may be several
_EMPTY_LINE = re.compile(r"\n(?=[ \t]*(?:\n|$))")
_EMPTY_CODE = re.compile(rf"[ \t]*{_KEPT_LINE}[ \t]*")
_MANY_LINES = re.compile(r"\n{3,}")
_BLANKS_AT_END = re.compile(r"[ \t]+$", re.M)
_PREFORMATTED = re.compile(r"<pre\b[^>]*>(.*?)</pre\s*>", re.S | re.I)
_CODE = re.compile(r"</?code\b[^>]*>", re.I)
_EDGE_BREAK = re.compile(rf"^(?:[ \t]*{BREAK}\n)+|(?:[ \t]*{BREAK}\n?)+[ \t]*$")
_BREAK_AT_START = re.compile(rf"[ \t\xa0]*{BREAK}")
_BREAK_AT_END = re.compile(rf"{BREAK}[\s\xa0]*$")
_NOT_PLAIN = re.compile(r"[<&\[\\]")

# What our inline Markdown acts on.
_INLINE = re.compile(
    r"\\|`|\$|~(?=~)|(?<=~)~|(?<![^\W_])_|_(?![^\W_])|\*(?=\S)|<(?=[A-Za-z/!?])|&(?=#?\w+;)"
    r"|(?<=!)\[|\[(?=\^|[^\[\]\n]*\](?:\(|\[))|(?<![\w=])=(?==[^\s=])"
)
_MAY_BE_INLINE = re.compile(r"[\\`$~_*<&\[=]")
"""What any of them holds: to look for these signs first takes a fifth of the time."""
# Within emphasis an asterisk after a word would end it.
_IN_EMPHASIS = re.compile(rf"{_INLINE.pattern}|[*~]")
# Within a link's words a bracket would end them.
_IN_LINK = re.compile(r"(?<!\\)[\[\]]")
_BRACKETS = re.compile(r"([\[\]])")
_INLINE_PLACES = frozenset(
    {"_inline", "a", "b", "strong", "i", "em", "del", "s", "strike", "sub", "sup", "mark", "summary"}
)
_EMPHASIS = frozenset({"b", "strong", "i", "em", "del", "s", "strike"})
_ENTITIES = {"<": "&lt;", "&": "&amp;", "[": "&#91;"}  # a backslash before a bracket would begin a formula
# What begins a block of ours at the start of a line.
_BLOCK = re.compile(
    r"^(\s*)(?:([-+*])(?=\s|$|[-+])|(#)|(>)|(\|)|(=)|(\d{1,9})([.)])(?=\s|$)|(\[)(?=[^\[\]\n]*\]:|[ xX]\]))"
)

_KEPT = ("sub", "sup", "kbd", "mark", "details", "summary")
_DROPPED = (*UNSEEN_TAGS, "input")
_WITHIN_LINES = frozenset({"sub", "sup", "kbd", "mark"})
_CODE_TAGS = frozenset({"pre", "code", "samp"})
_NO_LINK = _CODE_TAGS | {"a"}
_EDGES = re.compile(rf"([\s\xa0{BREAK}]*)(.*?)([\s\xa0{BREAK}]*)", re.S)
_LANGUAGE = re.compile(r"[\w+#.-]*")
_CLOSING_SIGNS = re.compile(r"(?<!\\)(#)(?=#*$)")
_SPACES = re.compile(r"[ \t]+")
_BAR = re.compile(r"(?<!\\)\|")
_LINK = re.compile(r"(?:https?://|mailto:)[^\s<>]+", re.I)


def to_markdown(html: str, *, emphasis: bool = True) -> str:
    """The Markdown of a field's HTML, without blanks around it.

    Without `emphasis`, bold and italic words are plain ones: for HTML that goes wrong with them.
    Raises RecursionError for HTML that is nested too deeply; `as_text` is the way out then.
    """
    return _converted(html, _CONVERTER, emphasis, "\\\n")


def _converted(html: str, converter: _Converter, emphasis: bool, line_break: str) -> str:
    if not html:
        return ""
    if "&#" in html or not html.isascii():
        html = _STRAY_MARKS.sub("", html)
    if not _NOT_PLAIN.search(html):
        return _clean(escape("\n".join(" ".join(line.split()) for line in html.split("\n"))))
    taken: list[str] = []

    def take(markdown: str) -> str:
        taken.append(markdown)
        return _MARK.format(len(taken) - 1)

    html = with_formulas(html, lambda match: take(_formula(match)))
    if "[" in html:
        html = SOUND.sub(lambda match: take(sound(unescape(match[1]))), html)
    if "<" in html:
        simple = read_simple(html, _escape_piece)
        text = with_code(with_marks(_read_whole(html, converter) if simple is None else simple, wanted=emphasis))
    else:
        text = escape(" ".join(unescape(html).split()))
    text = _clean(text, line_break)
    return _restore(text, taken) if taken else text


def _read_whole(html: str, converter: _Converter) -> str:
    """The Markdown of any HTML, with marks of emphasis that are still to be put right."""
    soup = _Soup(html, "html.parser", element_classes={Tag: _Tag})
    if KEEPS_LINES.search(html):
        _with_breaks(soup)
    if _NUMBERED.search(html):
        _with_sound_numbers(soup)
    return str(converter.convert_soup(soup))


def _with_sound_numbers(soup: BeautifulSoup) -> None:
    """The converter takes any digits for a number, such as ½ and ², and fails for them."""
    for name in ("start", "colspan"):
        for tag in soup.find_all(attrs={name: True}):
            if not _SHORT_NUMBER.fullmatch(str(tag[name])):
                del tag[name]


def _escape_piece(text: str, in_emphasis: bool) -> str:
    return escape(text, in_emphasis=in_emphasis)


def as_text(html: str) -> str:
    """The words of a field, its maths and its pictures, all on one line: for HTML that does not survive anything
    better.
    """
    if not html:
        return ""
    taken: list[str] = []
    html = _without_signs(html, taken)
    text = unescape(_TAG.sub("", _BREAK.sub(" ", html)))
    return _restore(escape(" ".join(text.split())), taken)


def as_lines(html: str) -> str:
    """The words of a field, its code, maths, pictures and sounds as it shows them, line by line, and nothing else."""
    taken: list[str] = []
    lines = shown_text(_without_signs(html, taken)).replace(MEDIUM, "").split("\n")
    return _restore("\\\n".join(escape(line.strip(), in_emphasis=True) for line in lines), taken)


def _without_signs(html: str, taken: list[str]) -> str:
    """The HTML with marks for its formulas, sounds and pictures, whose Markdown is added to `taken`."""

    def take(markdown: str) -> str:
        taken.append(markdown)
        return _MARK.format(len(taken) - 1)

    html = with_formulas(_STRAY_MARKS.sub("", html), lambda match: take(_formula(match)))
    html = SOUND.sub(lambda match: take(sound(unescape(match[1]))), html)
    return IMAGE.sub(lambda match: take(_media(image_of(_MARKED.sub("", match[1])))), html)


def one_line(html: str, *, emphasis: bool = True) -> str:
    """The Markdown of a field without blocks: what ends a block becomes a line break."""
    html = _PREFORMATTED.sub(_as_code, html)
    html = _SOME_BREAKS.sub("<br>", _TAG.sub(_without_blocks, html)).removeprefix("<br>").removesuffix("<br>")
    return _converted(html, _LINE_CONVERTER, emphasis, "<br>").replace("\n", " ")


def _as_code(match: re.Match[str]) -> str:
    """What stands in ``pre``, as code with breaks in it, which may stand in a line."""
    return f"<br><code>{_CODE.sub('', match[1]).replace(chr(10), '<br>')}</code><br>"


def escape(text: str, *, in_emphasis: bool = False) -> str:
    """Text that reads as itself in a deck; line starts included."""
    if _MAY_BE_INLINE.search(text):
        marks = _IN_EMPHASIS if in_emphasis else _INLINE
        text = marks.sub(lambda match: _ENTITIES.get(match[0], f"\\{match[0]}"), text)
    block = _BLOCK.match(text)
    return _escape_block(block) + text[block.end() :] if block else text


def _escape_block(match: re.Match[str]) -> str:
    if match[7]:
        return f"{match[1]}{match[7]}\\{match[8]}"
    if match[9]:
        return f"{match[1]}{_ENTITIES['[']}"
    return f"{match[1]}\\{match[0][len(match[1]) :]}"


def picture(name: str, words: str = "") -> str:
    """The Markdown of a picture of the package."""
    escaped = (f"\\{piece}" if piece in ("[", "]") else escape(piece) for piece in _BRACKETS.split(words))
    return f"![{''.join(escaped)}]({MEDIA}{quote(name, safe='')})"


def sound(name: str) -> str:
    """The Markdown of a sound or picture of the package."""
    return picture(name, _STRAY_MARKS.sub("", name.rpartition(".")[0] or name))


def _media(shown: Shown | None) -> str:
    """The Markdown of a picture, or of what is played; of what no deck can reach, its words."""
    if shown is None or shown.place == "elsewhere":
        return escape(shown.words) if shown else ""
    if shown.place == "web":
        return f"[{_in_link(escape(shown.words))}]({quote(shown.source, safe=_SAFE)})"
    return picture(_unquoted(shown.source), shown.words)


def _in_link(text: str) -> str:
    return _IN_LINK.sub(lambda match: f"&#{ord(match[0])};", text)


def _formula(match: re.Match[str]) -> str:
    if match["latex"] or match["inline2"] or match["display2"]:
        latex = read_latex(match["latex"], match["inline2"], match["display2"])
        return (_WORDS_TOO if len(latex.pieces) > 1 else "") + latex_markdown(latex)
    tex = match["inline"] or match["display"] or match["mathjax"]
    tex = " ".join(unescape(_TAG.sub("", _BREAK.sub(" ", tex))).split())
    return _dollars(tex, display=bool(match["display"]) or "block" in (match["attributes"] or ""))


def latex_markdown(latex: Latex) -> str:
    """A piece of LaTeX as formulas, with the words between them."""
    return "".join(
        escape(text) + (_dollars(tex, display=display) if tex else "") for text, tex, display in latex.pieces
    )


def _dollars(tex: str, *, display: bool) -> str:
    return f"$${tex}$$" if display else f"${tex}$"


def _restore(text: str, taken: list[str]) -> str:
    """Puts formulas and sounds back. A formula before a digit, or with a dollar in it, needs other marks.

    What looks like a mark and is none came up when the HTML was read: its characters are dropped.
    """
    by_number = {str(number): markdown for number, markdown in enumerate(taken)}

    def put(match: re.Match[str]) -> str:
        markdown = by_number.get(match[1])
        if markdown is None:
            return match[1]
        if markdown.startswith(_WORDS_TOO):
            return markdown[1:]
        if markdown.startswith("$") and not markdown.startswith("$$"):
            tex = markdown[1:-1]
            if "$" in tex or text[match.end() : match.end() + 1].isdigit():
                return f"\\({tex}\\)"
        return markdown

    return _MARKED.sub(put, text)


def _clean(text: str, line_break: str = "\\\n") -> str:
    """Line breaks at the edges of blocks say nothing; two in a row end a paragraph."""
    text = text.replace("\xa0", " ")
    if BREAK in text:
        text = _BLANKS_AT_END.sub("", text)
        text = _BREAKS.sub("\n\n", text)
        text = _EDGE_BREAKS.sub("", text).replace(f"{BREAK}\n", line_break).replace(BREAK, "")
    if "\n" in text:
        text = _MANY_LINES.sub("\n\n", _BLANKS_AT_END.sub("", text))
    text = text.strip()
    return _EMPTY_CODE.sub("", text) if _KEPT_LINE in text else text


def _without_blocks(match: re.Match[str]) -> str:
    tag = match[0]
    name = re.match(r"</?([A-Za-z0-9]+)", tag)
    if name is None or name[1].lower() not in BLOCK_TAGS:
        return tag
    return "<br>"


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


def _with_breaks(soup: BeautifulSoup) -> None:
    """Writes line ends as breaks where a style keeps them."""
    for tag in soup.find_all(style=KEEPS_LINES):
        for text in tag.find_all(string=re.compile("\n")):
            if text.find_parent("pre"):
                continue
            first, *others = str(text).split("\n")
            new: list[Any] = [NavigableString(first)]
            for line in others:
                new += [soup.new_tag("br"), NavigableString(line)]
            text.replace_with(*new)


class _Converter(MarkdownConverter):
    """markdownify, with our escapes and our choice of elements."""

    blocks = True

    def escape(self, text: str, parent_tags: Any) -> str:
        text = escape(" ".join(text.split("\n")), in_emphasis=not _EMPHASIS.isdisjoint(parent_tags))
        return _in_link(text) if "a" in parent_tags else text

    def process_text(self, el: Any, parent_tags: Any = None) -> str:
        if _CODE_TAGS.isdisjoint(parent_tags):
            parent_tags = parent_tags - {"_noformat"}  # a key's name is text like any other
        text = str(super().process_text(el, parent_tags))  # type: ignore[misc]
        return text if "pre" in parent_tags else text.replace("\n", " ")

    def convert_br(self, el: Any, text: str, parent_tags: set[str]) -> str:
        return "<br>" if "_inline" in parent_tags and _CODE_TAGS.isdisjoint(parent_tags) else f"{BREAK}\n"

    def convert_hN(self, n: int, el: Any, text: str, parent_tags: set[str]) -> str:
        # The first two levels are a deck's own.
        text = _CLOSING_SIGNS.sub(r"\\\1", text.strip())
        return str(super().convert_hN(n if n > 2 else 4, el, text, parent_tags))  # type: ignore[misc]

    def convert_div(self, el: Any, text: str, parent_tags: set[str]) -> str:
        text = _without_edge_breaks(text)
        return str(super().convert_div(el, text, parent_tags)) if text else "\n\n"  # type: ignore[misc]

    def convert_p(self, el: Any, text: str, parent_tags: set[str]) -> str:
        text = _without_edge_breaks(text)
        return str(super().convert_p(el, text, parent_tags)) if text else "\n\n"  # type: ignore[misc]

    def convert_li(self, el: Any, text: str, parent_tags: set[str]) -> str:
        return str(super().convert_li(el, _without_edge_breaks(text), parent_tags))  # type: ignore[misc]

    def convert_blockquote(self, el: Any, text: str, parent_tags: set[str]) -> str:
        return "\n" + str(super().convert_blockquote(el, _without_edge_breaks(text), parent_tags))  # type: ignore[misc]

    def convert_code(self, el: Any, text: str, parent_tags: set[str]) -> str:
        if not _CODE_TAGS.isdisjoint(parent_tags):
            return text
        before, after = _BREAK_AT_START.match(text), _BREAK_AT_END.search(text)
        around = tuple(f"{BREAK}\n" if edge else "" for edge in (before, after))
        text = _EDGE_BREAK.sub("", text)
        if BREAK not in text:
            return f"{around[0]}{coded(text)}{around[1]}"
        if self.blocks and _INLINE_PLACES.isdisjoint(parent_tags):
            plain = (_SPACES.sub(" ", line.strip(" \t")) for line in text.split(f"{BREAK}\n"))
            return self.convert_pre(el, "\n".join(plain), parent_tags)
        lines = map(coded, text.split(f"{BREAK}\n"))
        return ("<br>" if "_inline" in parent_tags else f"{BREAK}\n").join(filter(None, lines))

    convert_samp = convert_code

    def convert_pre(self, el: Any, text: str, parent_tags: set[str]) -> str:
        language = next((name[9:] for node in (el, *el.find_all("code")) for name in _classes(node)
                         if name.startswith("language-")), "")  # fmt: skip
        language = language if _LANGUAGE.fullmatch(language) else ""
        pieces = apart(text)
        return "".join(f"\n\n{piece}\n\n" if n % 2 else _fenced(piece, language) for n, piece in enumerate(pieces))

    def convert_b(self, el: Any, text: str, parent_tags: set[str]) -> str:
        return text if _plain_in(parent_tags, "b", "strong") else marked(text, "**")

    convert_strong = convert_b

    def convert_i(self, el: Any, text: str, parent_tags: set[str]) -> str:
        return text if _plain_in(parent_tags, "i", "em") else marked(text, "*")

    convert_em = convert_i

    def convert_del(self, el: Any, text: str, parent_tags: set[str]) -> str:
        return text if _plain_in(parent_tags, "del", "s", "strike") else marked(text, "~~")

    convert_s = convert_strike = convert_del

    def convert_a(self, el: Any, text: str, parent_tags: set[str]) -> str:
        target = str(el.get("href") or "")
        words = _EDGES.fullmatch(text)
        if not _LINK.fullmatch(target) or words is None or not words[2] or not _NO_LINK.isdisjoint(parent_tags):
            return text
        if "\n\n" in words[2] or "](" in words[2]:
            return text
        return f"{words[1]}[{words[2]}]({quote(unescape(target), safe=_SAFE)}){words[3]}"

    def convert_img(self, el: Any, text: str, parent_tags: set[str]) -> str:
        markdown = _media(image(str(el.get("src") or ""), str(el.get("alt") or "")))
        return markdown if _CODE_TAGS.isdisjoint(parent_tags) else not_code(markdown)

    def convert_audio(self, el: Any, text: str, parent_tags: set[str]) -> str:
        source = str(el.get("src") or next((s.get("src") for s in el.find_all("source")), "") or "")
        shown = played(el.name, source)
        if shown is None or shown.place == "elsewhere":
            return text
        markdown = sound(_unquoted(shown.source)) if shown.place == "file" else _media(shown)
        return markdown if _CODE_TAGS.isdisjoint(parent_tags) else not_code(markdown)

    convert_video = convert_audio

    def convert_td(self, el: Any, text: str, parent_tags: set[str]) -> str:
        return str(super().convert_td(el, _BAR.sub(r"\\|", text), parent_tags))  # type: ignore[misc]

    def convert_th(self, el: Any, text: str, parent_tags: set[str]) -> str:
        return str(super().convert_th(el, _BAR.sub(r"\\|", text), parent_tags))  # type: ignore[misc]

    def convert_u(self, el: Any, text: str, parent_tags: set[str]) -> str:
        return text

    def convert_rt(self, el: Any, text: str, parent_tags: set[str]) -> str:
        return f" ({text.strip()})" if text.strip() else ""

    def convert_rp(self, el: Any, text: str, parent_tags: set[str]) -> str:
        return ""


def _fenced(code: str, language: str) -> str:
    code = code.replace(BREAK, "").replace("\xa0", " ").strip("\n").rstrip()
    if not code.strip():
        return ""
    marks = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", code) or [""]))
    code = _EMPTY_LINE.sub(f"\n{_KEPT_LINE}", code)
    return f"\n\n{marks}{language}\n{code}\n{marks}\n\n"


class _LineConverter(_Converter):
    """The same for HTML that stays on one line."""

    blocks = False


_SAFE = "/:?#[]@!$&'*+,;=%~-._"


def _unquoted(source: str) -> str:
    from urllib.parse import unquote

    return unquote(source)


def _plain_in(parent_tags: set[str], *same: str) -> bool:
    """Whether emphasis says nothing here: in code, or within the same once more."""
    return not _CODE_TAGS.isdisjoint(parent_tags) or not parent_tags.isdisjoint(same)


def _without_edge_breaks(text: str) -> str:
    """What a block holds: a break at its edge shows nothing."""
    return _EDGE_BREAK.sub("", text.strip(" \t\r\n"))


def _classes(node: Any) -> list[str]:
    value = node.get("class") or []
    return value.split() if isinstance(value, str) else list(value)


def _kept(name: str) -> Any:
    def convert(self: _Converter, el: Any, text: str, parent_tags: set[str]) -> str:
        words = _EDGES.fullmatch(text)
        if (
            not _CODE_TAGS.isdisjoint(parent_tags)
            or words is None
            or not words[2]
            or ("\n\n" in text and name in _WITHIN_LINES)
        ):
            return text
        return f"{words[1]}<{name}>{words[2]}</{name}>{words[3]}"

    return convert


def _dropped(self: _Converter, el: Any, text: str, parent_tags: set[str]) -> str:
    return ""


for _name in _KEPT:
    setattr(_Converter, f"convert_{_name}", _kept(_name))
for _name in _DROPPED:
    setattr(_Converter, f"convert_{_name}", _dropped)


def _made(converter: type[_Converter]) -> _Converter:
    return converter(
        bullets="-", newline_style=BACKSLASH, heading_style="ATX", table_infer_header=True, strong_em_symbol="*"
    )


_CONVERTER, _LINE_CONVERTER = _made(_Converter), _made(_LineConverter)
