"""Recipes in the syntax of ftr-site-config: text → :class:`Recipe`, with each line that cannot be honoured named.

The language is that of Full-Text RSS (https://help.fivefilters.org/full-text-rss/site-patterns.html) and, where that
is silent, of Instapaper, which it comes from: ``directive: value`` or ``directive(argument): value``, one a line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from broadsheet.ingest.xpath_limits import Rule, compile_rule
from broadsheet.model.errors import ConfigurationError

MAX_CHARACTERS = 100_000
MAX_RULES = 1_000
"""Directives of one file; the longest public one has 133 lines."""
GLOBAL = "global"
"""The recipe that is joined to every other one, unless that says ``autodetect_on_failure: no``."""

HEADERS = frozenset({"accept", "accept-language", "cookie", "referer"})
"""What a recipe may send. Not the user agent: a site's owner is to see who asks, not Googlebot."""
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]{1,4000}")
WRAPPERS = frozenset((
    "blockquote", "center", "cite", "code", "div", "em", "fieldset", "figcaption", "figure", "h1", "h2", "h3", "h4",
    "h5", "h6", "i", "b", "li", "ol", "p", "pre", "section", "span", "strong", "ul",
))  # fmt: skip

_LINE = re.compile(r"(?P<name>[A-Za-z_-]+)\s*(?:\((?P<argument>.*?)\))?\s*:(?P<value>.*)")
_LINE_END = re.compile(r"\r\n|\r|\n")
_TRUE, _FALSE = frozenset({"yes", "true", "1", "on"}), frozenset({"no", "false", "0", "off"})
_ATTRIBUTE = re.compile(r"[A-Za-z_][\w.:-]*")

_LOGIN = "logging in is not supported: only what everybody can read is fetched"
_UNDOCUMENTED = "is documented nowhere and has no effect in Full-Text RSS either"
_NOT_HONOURED: Mapping[str, str] = {
    "requires_login": _LOGIN,
    "not_logged_in_xpath": _LOGIN,
    "login_uri": _LOGIN,
    "login_username_field": _LOGIN,
    "login_password_field": _LOGIN,
    "login_extra_fields": _LOGIN,
    "footnotes": _UNDOCUMENTED,
    "skip_id_or_class": _UNDOCUMENTED,
    "strip_comments": _UNDOCUMENTED,
}
_RULES: Mapping[str, str] = {
    name: name for name in ("title", "body", "date", "author", "strip", "native_ad_clue", "dissolve")
} | {"strip_attr": "strip", "post_strip_attr": "strip_after"}
"""Directive whose value is XPath → field that collects it."""
_LINKS = frozenset({"single_page_link", "single_page_link_in_feed", "next_page_link"})
_NAMES = frozenset({"strip_id_or_class", "strip_image_src"})
_SWITCHES = frozenset((
    "prune", "autodetect_on_failure", "insert_detected_image", "skip_json_ld", "autodetect_next_page", "tidy",
    "convert_double_br_tags",
))  # fmt: skip
NEXT_PAGE_GUESS = "//link[@rel='next']/@href | //a[@rel='next']/@href"
"""What ``autodetect_next_page: yes`` follows: what HTML itself calls the next page."""


@dataclass(frozen=True, slots=True)
class RecipeProblem:
    """A line that cannot be honoured, and why; the rest of the recipe stands."""

    file: str
    line: int
    directive: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.directive}: {self.reason}"


@dataclass(frozen=True, slots=True)
class PageLink:
    """Where another page of the article is, asked only where ``condition`` (``if_page_contains``) finds something."""

    rule: Rule
    condition: Rule | None = None


@dataclass(frozen=True, slots=True)
class RecipeTest:
    """An address to try the recipe on, and what its article must contain."""

    url: str
    contains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a site's recipe says. Rules are tried in order; fields are named after their directives."""

    file: str
    title: tuple[Rule, ...] = ()
    body: tuple[Rule, ...] = ()
    date: tuple[Rule, ...] = ()
    author: tuple[Rule, ...] = ()
    strip: tuple[Rule, ...] = ()
    """Elements, texts or attributes (``strip_attr`` is the same)."""
    strip_after: tuple[Rule, ...] = ()
    """``post_strip_attr``: from the body, when all else is done."""
    strip_id_or_class: tuple[str, ...] = ()
    strip_image_src: tuple[str, ...] = ()
    native_ad_clue: tuple[Rule, ...] = ()
    dissolve: tuple[Rule, ...] = ()
    wrap_in: tuple[tuple[str, Rule], ...] = ()
    """(tag, what is to be wrapped in it)."""
    move_into: tuple[tuple[Rule | None, Rule], ...] = ()
    """(where to, what); None stands for the body."""
    single_page_link: tuple[PageLink, ...] = ()
    single_page_link_in_feed: tuple[PageLink, ...] = ()
    """Asked of the entry's text in its feed."""
    next_page_link: tuple[PageLink, ...] = ()
    replacements: tuple[tuple[str, str], ...] = ()
    """(text, its replacement) in the page before it is parsed, one after the other."""
    http_headers: tuple[tuple[str, str], ...] = ()
    """(lower-case name, value)."""
    src_lazy_load_attr: tuple[str, ...] = ()
    prune: bool = True
    autodetect_on_failure: bool = True
    insert_detected_image: bool | None = None
    skip_json_ld: bool = False
    tests: tuple[RecipeTest, ...] = ()
    problems: tuple[RecipeProblem, ...] = ()


def read_recipe(text: str, file: str) -> Recipe:
    """Return the recipe in ``text``; ``file`` is its name (``example.com.txt``), for messages.

    What cannot be honoured is in ``problems``, line by line. Raises ConfigurationError only where the text as a whole
    is past the bounds.
    """
    if len(text) > MAX_CHARACTERS:
        raise ConfigurationError(
            f"{file}: a recipe of {len(text):,} characters; the limit is {MAX_CHARACTERS:,}: is it a recipe?"
        )
    reader = _Reader(file)
    for number, line in enumerate(_LINE_END.split(text.removeprefix("\ufeff")), 1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            reader.read(number, stripped)
        if reader.count > MAX_RULES:
            raise ConfigurationError(f"{file}: more than {MAX_RULES:,} directives; split it by host name")
    return reader.recipe()


def recipe_names(host: str) -> tuple[str, ...]:
    """Return the names of the files that may hold the recipe for ``host``, without ``.txt``, the nearest first.

    The host without ``www.`` (with it, where somebody named the file so), then ``.parent`` for each domain above it:
    ``.example.com`` serves ``news.example.com``, but neither ``example.com`` nor ``www.example.com``.
    """
    plain = host.lower().rstrip(".").removeprefix("www.")
    labels = plain.split(".")
    above = ("." + ".".join(labels[at:]) for at in range(1, len(labels)))
    return (plain, f"www.{plain}", *above) if plain else ()


def recipe_for(host: str, recipes: Mapping[str, str]) -> Recipe | None:
    """Return the recipe that ``recipes`` (name without ``.txt`` → text) has for ``host``, or None.

    The recipe named ``global`` is joined to it, and serves alone where the host has none.
    """
    name = next((name for name in recipe_names(host) if name in recipes), None)
    own = _read(recipes[name], f"{name}.txt") if name is not None else None
    if GLOBAL not in recipes or (own is not None and not own.autodetect_on_failure):
        return own
    general = _read(recipes[GLOBAL], f"{GLOBAL}.txt")
    return _joined(own, general) if own is not None else general


_read = lru_cache(maxsize=256)(read_recipe)


def _joined(own: Recipe, general: Recipe) -> Recipe:
    """Return ``own`` with the rules of ``general`` after its own; a switch or header that it sets itself stands."""
    headers = dict(general.http_headers) | dict(own.http_headers)
    return replace(
        own,
        body=own.body + general.body,
        strip=own.strip + general.strip,
        strip_after=own.strip_after + general.strip_after,
        strip_id_or_class=own.strip_id_or_class + general.strip_id_or_class,
        strip_image_src=own.strip_image_src + general.strip_image_src,
        native_ad_clue=own.native_ad_clue + general.native_ad_clue,
        dissolve=own.dissolve + general.dissolve,
        wrap_in=own.wrap_in + general.wrap_in,
        single_page_link=own.single_page_link + general.single_page_link,
        single_page_link_in_feed=own.single_page_link_in_feed + general.single_page_link_in_feed,
        next_page_link=own.next_page_link + general.next_page_link,
        replacements=own.replacements + general.replacements,
        http_headers=tuple(headers.items()),
        src_lazy_load_attr=own.src_lazy_load_attr + general.src_lazy_load_attr,
        problems=own.problems + general.problems,
    )


# -- reading ---------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Replacing:
    """``find_string`` and ``replace_string`` as they come: two lists that belong together by position."""

    found: list[tuple[int, str]] = field(default_factory=list)
    replaced: list[tuple[int, str]] = field(default_factory=list)
    adjacent: list[tuple[int, int]] = field(default_factory=list)
    """Positions in the two lists of a ``find_string`` whose ``replace_string`` is the next directive."""
    waiting: bool = False

    def find(self, line: int, text: str) -> None:
        self.found.append((line, text))
        self.waiting = True

    def replace(self, line: int, text: str) -> None:
        self.replaced.append((line, text))
        if self.waiting:
            self.adjacent.append((len(self.found) - 1, len(self.replaced) - 1))
        self.waiting = False

    def pairs(self, problem: Callable[[int, str, str], None]) -> tuple[tuple[str, str], ...]:
        """Return (text, replacement) pairs; where the two lists differ in length, only what stands together."""
        places = list(enumerate(range(len(self.found))))
        if len(self.found) != len(self.replaced):
            places = self.adjacent
            for names, lines, used in (
                ("find_string", self.found, {f for f, _ in places}),
                ("replace_string", self.replaced, {r for _, r in places}),
            ):
                for at, (line, _) in enumerate(lines):
                    if at not in used:
                        problem(line, names, "has no partner: write each find_string with its replace_string below it")
        pairs = []
        for f, r in places:
            line, sought = self.found[f]
            if sought:
                pairs.append((sought, self.replaced[r][1]))
            else:
                problem(line, "find_string", "is empty")
        return tuple(pairs)


class _Reader:
    def __init__(self, file: str) -> None:
        self._file = file
        self._rules: dict[str, list[Rule]] = {name: [] for name in _RULES.values()}
        self._links: dict[str, list[PageLink]] = {name: [] for name in _LINKS}
        self._last_link = ""
        self._names: dict[str, list[str]] = {name: [] for name in _NAMES}
        self._switches: dict[str, bool] = {}
        self._wrap_in: list[tuple[str, Rule]] = []
        self._move_into: list[tuple[Rule | None, Rule]] = []
        self._headers: dict[str, str] = {}
        self._lazy: list[str] = []
        self._tests: list[RecipeTest] = []
        self._replacing = _Replacing()
        self._problems: list[RecipeProblem] = []
        self.count = 0

    def read(self, number: int, line: str) -> None:
        self.count += 1
        match = _LINE.fullmatch(line)
        if match is None:
            self._problem(number, line[:40], "is no directive; write `directive: value`, or # before a comment")
            return
        name, argument, value = match["name"].lower(), match["argument"], match["value"].strip()
        if name != "replace_string":
            self._replacing.waiting = False
        if not value and name != "replace_string":
            self._problem(number, name, "has no value")
        elif argument is not None:
            self._read_call(number, name, argument, value)
        else:
            self._read_plain(number, name, value)

    def _read_call(self, number: int, name: str, argument: str, value: str) -> None:
        if name == "replace_string":
            self._replacing.find(number, argument)
            self._replacing.replace(number, value)
        elif name == "http_header":
            self._header(number, argument.strip().lower(), value)
        elif name == "wrap_in":
            tag = argument.strip().lower()
            if tag not in WRAPPERS:
                self._problem(number, f"wrap_in({tag[:20]})", "is no element that can be wrapped around text")
            elif (rule := self._rule(number, name, value)) is not None:
                self._wrap_in.append((tag, rule))
        elif name == "move_into":
            where = None if argument.strip() == "body" else self._rule(number, name, argument)
            what = self._rule(number, name, value)
            if what is not None and (where is not None or argument.strip() == "body"):
                self._move_into.append((where, what))
        else:
            self._problem(number, f"{name}({argument[:20]})", "is not known")

    def _read_plain(self, number: int, name: str, value: str) -> None:
        if name in _RULES:
            if (rule := self._rule(number, name, value)) is not None:
                self._rules[_RULES[name]].append(rule)
        elif name in _LINKS:
            self._last_link = ""
            if (rule := self._rule(number, name, value)) is not None:
                self._links[name].append(PageLink(rule))
                self._last_link = name
        elif name == "if_page_contains":
            self._condition(number, value)
        elif name in _NAMES:
            self._name(number, name, value)
        elif name in _SWITCHES:
            self._switch(number, name, value)
        elif name == "find_string":
            self._replacing.find(number, value)
        elif name == "replace_string":
            self._replacing.replace(number, value)
        elif name in {"test_url", "test_urls"}:
            self._tests.append(RecipeTest(value))
        elif name == "test_contains":
            self._test_contains(number, value)
        else:
            self._read_rest(number, name, value)

    def _read_rest(self, number: int, name: str, value: str) -> None:
        if name == "src_lazy_load_attr":
            if _ATTRIBUTE.fullmatch(value):
                self._lazy.append(value.lower())
            else:
                self._problem(number, name, f"{value[:40]!r} is no attribute's name")
        elif name == "parser":
            if value.lower() != "libxml":
                self._problem(number, name, f"{value[:20]} is not there: all pages are read by libxml2")
        elif name in _NOT_HONOURED:
            self._problem(number, name, _NOT_HONOURED[name])
        elif name in {"http", "https"}:
            self._problem(number, name, "is an address without a directive; write `test_url:` before it")
        elif name in {"http_header", "wrap_in", "move_into"}:
            self._problem(number, name, f"needs an argument: {name}(…): …")
        else:
            self._problem(number, name[:40], "is not known")

    def _problem(self, line: int, directive: str, reason: str) -> None:
        self._problems.append(RecipeProblem(self._file, line, directive, reason))

    def _rule(self, number: int, name: str, expression: str) -> Rule | None:
        try:
            return compile_rule(expression)
        except ValueError as fault:
            self._problem(number, name, f"{expression[:80]!r} {fault}")
            return None

    def _condition(self, number: int, expression: str) -> None:
        """Make the condition that of the link before it: it cannot be read without what it guards."""
        links = self._links.get(self._last_link)
        if not links:
            self._problem(number, "if_page_contains", "needs a single_page_link or next_page_link before it")
        elif (rule := self._rule(number, "if_page_contains", expression)) is not None:
            links[-1] = replace(links[-1], condition=rule)
        else:
            links.pop()

    def _name(self, number: int, directive: str, value: str) -> None:
        plain = value.replace("'", "").replace('"', "").strip()
        if not plain or plain.startswith("//"):
            self._problem(number, directive, f"{value[:40]!r} is part of no name; for XPath write `strip:`")
        else:
            self._names[directive].append(plain)

    def _switch(self, number: int, name: str, value: str) -> None:
        word = value.lower()
        if word not in _TRUE | _FALSE:
            self._problem(number, name, f"is {value[:20]!r}; write yes or no")
            return
        self._switches[name] = word in _TRUE
        if name == "tidy" and word in _TRUE:
            self._problem(number, name, "is not there: libxml2 mends markup by itself")

    def _header(self, number: int, name: str, value: str) -> None:
        if name not in HEADERS:
            reason = "is not sent: a site's owner is to see who asks" if name == "user-agent" else "may not be set"
            self._problem(number, f"http_header({name[:30]})", reason)
        elif not _HEADER_VALUE.fullmatch(value):
            self._problem(number, f"http_header({name})", "has a value that no header can have")
        else:
            self._headers[name] = value

    def _test_contains(self, number: int, value: str) -> None:
        if not self._tests:
            self._problem(number, "test_contains", "needs a test_url before it")
            return
        last = self._tests[-1]
        self._tests[-1] = replace(last, contains=(*last.contains, value))

    def recipe(self) -> Recipe:
        replacements = self._replacing.pairs(self._problem)
        self._check_global()
        if self._switches.get("autodetect_next_page"):
            self._links["next_page_link"].append(PageLink(compile_rule(NEXT_PAGE_GUESS)))
        return Recipe(
            file=self._file,
            title=tuple(self._rules["title"]),
            body=tuple(self._rules["body"]),
            date=tuple(self._rules["date"]),
            author=tuple(self._rules["author"]),
            strip=tuple(self._rules["strip"]),
            strip_after=tuple(self._rules["strip_after"]),
            strip_id_or_class=tuple(self._names["strip_id_or_class"]),
            strip_image_src=tuple(self._names["strip_image_src"]),
            native_ad_clue=tuple(self._rules["native_ad_clue"]),
            dissolve=tuple(self._rules["dissolve"]),
            single_page_link=tuple(self._links["single_page_link"]),
            single_page_link_in_feed=tuple(self._links["single_page_link_in_feed"]),
            next_page_link=tuple(self._links["next_page_link"]),
            wrap_in=tuple(self._wrap_in),
            move_into=tuple(self._move_into),
            replacements=replacements,
            http_headers=tuple(self._headers.items()),
            src_lazy_load_attr=tuple(self._lazy),
            prune=self._switches.get("prune", True),
            autodetect_on_failure=self._switches.get("autodetect_on_failure", True),
            insert_detected_image=self._switches.get("insert_detected_image"),
            skip_json_ld=self._switches.get("skip_json_ld", False),
            tests=tuple(self._tests),
            problems=tuple(sorted(self._problems, key=lambda problem: problem.line)),
        )

    def _check_global(self) -> None:
        """Leave titles, dates and authors to what every page is read by anyway, and with more care."""
        if self._file != f"{GLOBAL}.txt":
            return
        for name in ("title", "date", "author"):
            for rule in self._rules[name]:
                self._problem(0, name, f"{rule.text!r} is not used: the metadata of every page is read without it")
            self._rules[name] = []
