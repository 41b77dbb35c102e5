"""Inline Markdown to HTML: emphasis, bare links, breaks and escapes by Python-Markdown, set up once.

Blocks are ours (`block_html`): Python-Markdown's own take four blanks for a nested list, want blank lines
before lists and tables, and can be made to hang.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from string import punctuation
from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    import markdown

# Code, pictures, links, <addresses> and raw HTML are taken out before, so what looks like them here is text.
_UNWANTED = (
    "autolink",
    "automail",
    "backtick",
    "html",
    "image_link",
    "image_reference",
    "link",
    "reference",
    "short_image_ref",
    "short_reference",
)

# What may mean something to the inline parser. Without any of it, text is just escaped.
_NOT_EMPHASIS = re.compile(r"[\\~@]|&(?=[#A-Za-z])|<(?=[A-Za-z/!?])|://|www\.|  \n|(?<![A-Za-z0-9])_(?=\S)")
_ASTERISK = re.compile(r"\*(?=[^\s*])|(?<=[^\s*])\*")
_OWN_SPACES = re.compile(r"[ \t]\n|[\xa0\r\f\v\x00-\x08\x0e-\x1f\x85\u2028\u2029]")
"""Blanks that Python-Markdown or the sanitiser writes in a way of their own."""

_NO_ENTITY = re.compile(r"((?<!\\)(?:\\\\)*+)\\&(?=#?\w{1,40};)")
"""An ampersand that is escaped, and would else begin an entity all the same."""
_LEFT_OVER = re.compile("\x02(?:([0-9]{1,3})\x03)?|\x03")


@lru_cache(maxsize=1)
def _parser() -> markdown.Markdown:
    """Python-Markdown, set up for inline text. Imported at first use: many a text does without."""
    import markdown
    from markdown.inlinepatterns import SubstituteTagInlineProcessor
    from pymdownx.betterem import makeExtension as emphasis
    from pymdownx.magiclink import makeExtension as bare_links
    from pymdownx.tilde import makeExtension as deleted

    # As objects: looked up by name, they would make it read the metadata of every installed package.
    extensions = [
        emphasis(smart_enable="underscore"),
        bare_links(),
        deleted(subscript=False),
    ]
    parser = markdown.Markdown(extensions=extensions)
    parser.ESCAPED_CHARS = list(punctuation)
    parser.inlinePatterns.register(SubstituteTagInlineProcessor(r"\\\n", "br"), "backslash-break", 185)
    for name in _UNWANTED:
        parser.inlinePatterns.deregister(name, strict=False)
    parser.treeprocessors.deregister("prettify")
    return parser


def inline_html(text: str) -> str:
    """Return inline Markdown as HTML that is still to be sanitised."""
    parser = _parser()
    parser.reset()
    root = ElementTree.Element("div")
    ElementTree.SubElement(root, "p").text = _NO_ENTITY.sub(r"\1&amp;", text) if "\\&" in text else text
    for processor in parser.treeprocessors:
        changed = processor.run(root)
        root = root if changed is None else changed
    html = parser.serializer(root[0])
    for postprocessor in parser.postprocessors:
        html = postprocessor.run(html)
    html = html.strip().removeprefix("<p>").removesuffix("</p>")
    return _LEFT_OVER.sub(_resolved, html) if "\x02" in html else html


def _resolved(left_over: re.Match[str]) -> str:
    """The character for which a placeholder of the renderer stands, where it forgot to put it back."""
    return escape(chr(int(left_over[1]))) if left_over[1] else ""


def is_plain(text: str) -> bool:
    """Whether the text holds nothing that inline Markdown acts on, so that it need only be escaped."""
    return _NOT_EMPHASIS.search(text) is None and not ("*" in text and _ASTERISK.search(text))


def is_emphasised(text: str) -> bool:
    """Whether asterisks are all that inline Markdown may act on."""
    return _NOT_EMPHASIS.search(text) is None and _OWN_SPACES.search(text) is None
