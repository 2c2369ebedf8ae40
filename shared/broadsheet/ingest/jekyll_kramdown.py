"""What kramdown, Jekyll's Markdown, has beyond CommonMark, and what would stand in the text as it is written."""

from __future__ import annotations

import re

from broadsheet.ingest.jekyll_mend import Kind, Mend

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ATTRIBUTES = re.compile(r"(`+)(?!`).{1,2000}?(?<!`)\1(?!`)|(?<!\\)\{:[^{}\n]{0,300}\}")
_ATTRIBUTE_LINE = re.compile(r"\s*\{:[^{}\n]{0,300}\}\s*")
_EXTENSION = re.compile(r"\{::(?:comment|nomarkdown|options)[^{}\n]*\}|\{:/[a-z]*\}")
_TOC = re.compile(r"\s*\{:\s*toc\b[^{}\n]*\}\s*", re.IGNORECASE)
_HEADING_ID = re.compile(r"\{#[\w:.-]{1,100}\}[ \t#]*$")
_ABBREVIATION = re.compile(r" {0,3}\*\[[^\]\n]{1,100}\]:")
_MAX_LINE = 20_000
"""Characters; a longer line is a page in one piece, which no one wrote attributes into."""
_MARKDOWN_INSIDE = re.compile(r"""(<[a-z][^<>\n]*?)\smarkdown=["']?(?:1|block|span)["']?([^<>\n]*>)""", re.IGNORECASE)


def to_commonmark(text: str) -> tuple[str, list[Mend]]:
    """Return ``text`` without attribute lists, heading ids, tables of contents, abbreviations, outside of code."""
    if "{" not in text and "*[" not in text and "markdown=" not in text:
        return text, []
    lines: list[str] = []
    mends: list[Mend] = []
    fence = ""
    comment = False
    for line in text.split("\n"):
        if mark := _FENCE.match(line):
            if not fence:
                fence = mark[1]
            elif mark[1].startswith(fence) and not line.strip(" `~"):
                fence = ""
            lines.append(line)
            continue
        if fence or len(line) > _MAX_LINE:
            lines.append(line)
            continue
        mended, comment = _mend(line, lines, in_comment=comment)
        if mended != line:
            mends.append(Mend(Kind.KRAMDOWN, "attribute lists and other marks of kramdown dropped"))
        if mended is not None:
            lines.append(mended)
    return "\n".join(lines), mends[:1]


def _mend(line: str, before: list[str], *, in_comment: bool) -> tuple[str | None, bool]:
    """Return the line without kramdown's marks, None where nothing is left of it; and whether a comment goes on."""
    if in_comment or "{::comment" in line:
        return None, "{:/" not in line
    if _TOC.fullmatch(line) and before and re.match(r"\s*(?:[*+-]|1\.)\s", before[-1]):
        before.pop()  # the item that the table of contents takes the place of
        return None, False
    if _ATTRIBUTE_LINE.fullmatch(line) or _ABBREVIATION.match(line):
        return None, False
    if line.startswith(("    ", "\t")) and not (before and before[-1].strip()):
        return line, False  # code by indentation
    line = _MARKDOWN_INSIDE.sub("\\1\\2\n", line)
    if line.lstrip().startswith("#"):
        line = _HEADING_ID.sub("", line).rstrip()
    return _ATTRIBUTES.sub(lambda found: found[0] if found[1] else "", _EXTENSION.sub("", line)), False
