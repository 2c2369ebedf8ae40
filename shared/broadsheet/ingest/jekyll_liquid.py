"""Liquid in the bodies of Jekyll posts: what can be known without building the site is put in, the rest goes.

One pass from left to right: a tag's end is the next ``%}``, so the time is linear whatever is opened and never closed.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from broadsheet.ingest.jekyll_mend import Kind, Mend

_TAG = re.compile(r"-?\s*(\w+)\s*(.*?)\s*-?", re.DOTALL)
_RAW = re.compile(r"\{%-?\s*(?:end)?raw\s*-?%\}")
_LITERAL = re.compile(r"""\s*(?:"([^"]{0,500})"|'([^']{0,500})')\s*""")
_VARIABLE = re.compile(r"[\w.-]+")
_TICKS = re.compile(r"`+")
_WITHOUT_CONTENT = frozenset(("comment", "capture", "for", "tablerow", "case", "javascript", "stylesheet"))
"""Blocks whose content is nothing by itself: what a loop repeats, what is only remembered."""
_MAX_MENDS = 1000
_MAX_SHOWN = 60
_MAX_INSIDE = 1000
"""Characters of a tag or an output; a longer one is none that anyone wrote."""


@dataclass(frozen=True, slots=True)
class LiquidContext:
    """What Liquid can name. ``places`` says, by tag, where what it names is served: a path with the base URL."""

    variables: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, Callable[[str], str | None]] = field(default_factory=dict)
    url: str = ""
    baseurl: str = ""
    markdown: bool = True


def has_liquid(text: str) -> bool:
    """Return whether there is anything in ``text`` that Jekyll would hand to Liquid."""
    return "{%" in text or "{{" in text


def render(text: str, context: LiquidContext) -> tuple[str, list[Mend]]:
    """Return ``text`` with its Liquid worked off, and what was put in or dropped, each once."""
    renderer = _Renderer(text, context)
    renderer.run()
    return "".join(renderer.out), list(dict.fromkeys(renderer.mends))


@dataclass(slots=True)
class _Renderer:
    text: str
    context: LiquidContext
    out: list[str] = field(default_factory=list)
    mends: list[Mend] = field(default_factory=list)
    absent: set[str] = field(default_factory=set)
    at: int = 0

    def run(self) -> None:
        while (start := self._next(self.at)) >= 0:
            tag = self.text.startswith("{%", start)
            end = self._find("%}" if tag else "}}", start + 2)
            if end < 0:
                # Never closed: Jekyll would not build this; it stands as text.
                self.out.append(self.text[self.at : start + 2])
                self.at = start + 2
                continue
            if not tag:
                end = self._end_of_output(start, end)
            self.out.append(self.text[self.at : start])
            self.at = end + 2
            inside = self.text[start + 2 : end]
            if len(inside) > _MAX_INSIDE:
                self._did(f"dropped {_shown(inside)}")
            elif tag:
                self._tag(inside)
            else:
                self.out.append(self._output(inside.strip("- \n\t")))
        self.out.append(self.text[self.at :])

    def _find(self, end: str, position: int) -> int:
        """Return where ``end`` stands next, -1 where it does not; what was once not found is not looked for again."""
        found = -1 if end in self.absent else self.text.find(end, position)
        if found < 0:
            self.absent.add(end)
        return found

    def _take_until(self, name: str) -> str | None:
        """Return the text up to the tag ``name`` and go on after it; None where there is none."""
        closed = None if name in self.absent else re.compile(rf"\{{%-?\s*{name}\s*-?%\}}").search(self.text, self.at)
        if closed is None:
            self.absent.add(name)
            return None
        taken = self.text[self.at : closed.start()]
        self.at = closed.end()
        return taken

    def _next(self, position: int) -> int:
        while (position := self.text.find("{", position)) >= 0:
            if self.text[position + 1 : position + 2] in {"%", "{"}:
                return position
            position += 1
        return -1

    def _end_of_output(self, start: int, end: int) -> int:
        """Return where an output ends: braces in a quoted literal are none of its own, as in ``{{ '}}' }}``."""
        literal = _LITERAL.match(self.text, start + 2)
        if literal and literal.end() > end:
            found = self.text.find("}}", literal.end())
            return found if 0 <= found <= literal.end() + _MAX_SHOWN else end
        return end

    def _tag(self, inside: str) -> None:
        found = _TAG.fullmatch(inside)
        name, rest = (found[1], found[2]) if found else ("", inside.strip())
        if name == "raw":
            taken = self._take_until("endraw")
            if taken is None:
                taken, self.at = self.text[self.at :], len(self.text)
            self.out.append(taken)
            self._did("raw blocks stand as text")
        elif name == "highlight":
            self._highlight(rest)
        elif name in {"post_url", "link"}:
            self._link(name, rest)
        elif name in _WITHOUT_CONTENT:
            self._take_until(f"end{name}")
            self._did(f"dropped {{% {name} %}} with what is in it")
        elif name == "gist" and rest:
            address = f"https://gist.github.com/{rest.split()[0]}"
            self.out.append(f"<{address}>" if self.context.markdown else f'<a href="{address}">{address}</a>')
            self._did("gists became links")
        elif not name.startswith("end"):
            self._did(f"dropped {{% {_shown(f'{name} {rest}')} %}}")

    def _highlight(self, rest: str) -> None:
        taken = self._take_until("endhighlight")
        if taken is None:
            self._did("dropped {% highlight %}, which is never closed")
            return
        code = _RAW.sub("", taken).strip("\n")
        language = re.match(r"[\w.+#-]*", rest)
        before = "".join(self.out[-2:]).rpartition("\n")[2]
        if self.context.markdown and not before.strip():
            fence = "`" * max(3, 1 + max((len(run) for run in _TICKS.findall(code)), default=0))
            name = language[0] if language else ""
            self.out.append(f"{fence}{name}\n{code.rstrip()}\n{before}{fence}\n")
        else:
            self.out.append(f"<pre><code>{html.escape(code.rstrip(), quote=False)}</code></pre>")
        self._did("highlighted code became code blocks")

    def _link(self, tag: str, rest: str) -> None:
        place_of = self.context.places.get(tag)
        address = place_of(rest.strip("'\"")) if place_of else None
        if address is None:
            self._did(f"{{% {tag} {_shown(rest)} %}} names no post of this import")
        else:
            self.out.append(address)
            self._did("links to posts became their old addresses")

    def _output(self, expression: str) -> str:
        """Return what ``{{ expression }}`` is: literals and the site's addresses, through the filters known here."""
        first, *filters = _pipes(expression)
        value = self._operand(first)
        for step in filters:
            if value is None:
                break
            name, _, argument = step.partition(":")
            value = self._filtered(value, name.strip(), argument.strip())
        if value is None:
            self._did(f"dropped {{{{ {_shown(expression)} }}}}")
            return ""
        self._did("literals and addresses of the site were put in")
        return value

    def _operand(self, text: str) -> str | None:
        if literal := _LITERAL.fullmatch(text):
            return literal[1] if literal[1] is not None else literal[2]
        name = text.strip()
        return self.context.variables.get(name) if _VARIABLE.fullmatch(name) else None

    def _filtered(self, value: str, name: str, argument: str) -> str | None:
        match name:
            case "relative_url":
                return value if "://" in value else f"{self.context.baseurl}/{value.lstrip('/')}"
            case "absolute_url":
                return value if "://" in value else f"{self.context.url}{self.context.baseurl}/{value.lstrip('/')}"
            case "prepend" | "append":
                other = self._operand(argument)
                return None if other is None else other + value if name == "prepend" else value + other
            case "escape" | "xml_escape" | "escape_once":
                return html.escape(value)
            case "strip" | "markdownify" | "uri_escape" | "normalize_whitespace":
                return value.strip()
            case _:
                return None

    def _did(self, how: str) -> None:
        if len(self.mends) < _MAX_MENDS:
            self.mends.append(Mend(Kind.LIQUID, how))


def _pipes(expression: str) -> list[str]:
    """Split at ``|`` outside of quotes."""
    return re.findall(r"""(?:"[^"]*"|'[^']*'|[^|"']|["'])+""", expression) or [""]


def _shown(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _MAX_SHOWN else f"{plain[:_MAX_SHOWN]}…"
