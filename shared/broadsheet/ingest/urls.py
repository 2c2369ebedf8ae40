"""Addresses as browsers see them: canonical for telling stories apart, absolute, and made from templates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote_plus, urlsplit

from ada_url import URL

from broadsheet.model.errors import ArticleRejected

MAX_URL_LENGTH = 8192

TRACKING_PREFIXES = (
    "utm_",  # Google Analytics and everybody since
    "pk_", "piwik_", "mtm_",  # Matomo
    "ns_",  # comScore
    "at_",  # AT Internet
    "hsa_", "_hs",  # HubSpot
    "oly_",  # Omeda
    "vero_",  # Vero
    "oft_",  # Omeda again
    "ml_subscriber",  # MailerLite
    "bsft_",  # Blueshift
    "sfmc_",  # Salesforce
    "fb_action_", "fb_comment_",  # Facebook
    "guce_",  # Yahoo
    "__hs",  # HubSpot again
    "aspsessionid",  # classic ASP
)  # fmt: skip
TRACKING_NAMES = frozenset((
    "fbclid", "fb_source", "fb_ref", "mibextid",  # Facebook
    "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "srsltid", "gad_source", "gad_campaignid", "_ga", "_gl",  # Google
    "msclkid", "cvid", "ocid",  # Microsoft
    "twclid", "ref_src", "ref_url", "ttclid", "li_fat_id", "igsh", "igshid", "epik", "rdt_cid",  # X, TikTok, others
    "yclid", "ysclid", "ymclid", "_openstat",  # Yandex
    "mc_cid", "mc_eid", "mkt_tok", "s_cid", "wickedid", "sc_cid", "hsctatracking", "__s", "_kx", "_bhlid",  # mailings
    "et_rid", "ss_email_id", "vgo_ee", "bbeml", "rb_clickid", "unicorn_click_id", "irclickid", "s_kwcid", "dicbo",
    "_branch_match_id", "_branch_referrer",  # apps
    "wt_mc", "wt_zmc", "wt.mc_id", "wt.nav",  # Webtrekk
    "spm", "scm", "isappinstalled", "nsukey", "share_token", "share_source",  # Alibaba, WeChat, Chinese sharing
    "spm_id_from", "vd_source", "share_medium", "share_plat", "share_session_id", "share_times",  # Bilibili
    "guccounter", "cmpid", "icid", "ito", "xtor",  # publishers' own
    "jsessionid", "phpsessid", "sessionid", "session_id", "oscsid", "zenid", "cfid", "cftoken",  # sessions
))  # fmt: skip
"""Query parameters that tell how a reader came, not what he reads. Compared in lower case; those that Firefox, Brave
and ClearURLs strip on every site are among them. Names that some sites use for the story itself (``id``, ``sid``,
``ref``, ``source``, ``from``, ``feature``, ``page``) are not."""

_SHARED_FROM = frozenset(("singlemessage", "groupmessage", "timeline"))
"""Values of ``from`` that WeChat adds when a page is shared."""
_PATH_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*|/\(s\([a-z0-9]{8,}\)\)(?=/|$)", re.IGNORECASE)
_VARIANTS = frozenset(("www", "m", "mobile", "amp", "wap", "3g", "touch"))
"""First labels of hosts that show the same articles for other screens."""
_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_.:-]*)\}")


def canonical_url(url: str) -> str | None:
    """Return the address that ``url`` is one spelling of; None for what is not http(s) or carries credentials.

    Parsed as browsers do (WHATWG URL): scheme and host in lower case, host in punycode without a trailing dot, no
    default port, dots in the path resolved. The fragment, tracking parameters and session ids are taken off;
    the other parameters keep their order and spelling. ``http`` stays ``http``. Idempotent.
    """
    parsed = _parse(url)
    if parsed is None or parsed.username or parsed.password:
        return None
    host = parsed.hostname.rstrip(".")
    if not host:
        return None
    if host != parsed.hostname:
        parsed.hostname = host
    parsed.hash = ""
    if (path := _PATH_SESSION.sub("", parsed.pathname)) != parsed.pathname:
        parsed.pathname = path
    kept = [part for part in parsed.search.lstrip("?").split("&") if part and not _tracks(part)]
    parsed.search = "&".join(kept)
    return str(parsed.href)


def same_site(one: str, other: str) -> bool:
    """Return whether two addresses are of one publisher, as far as addresses alone can tell.

    Their hosts must be the same but for ``www.``, ``m.``, ``amp.`` and the like, and so must their ports, where they
    name one; the scheme does not count. Not enough is a shared domain: on ``blogspot.com``, or below ``co.uk``, the
    neighbours are strangers. False where one is no web address.
    """
    first, second = _site(one), _site(other)
    return first is not None and first == second


def is_front_page(url: str) -> bool:
    """Return whether ``url`` is a site's front page: where its news is told, and no article has its place."""
    parsed = _parse(url)
    return parsed is not None and parsed.pathname == "/" and not parsed.search


def story_addresses(entry_url: str | None, told: str | None, read_from: str | None = None) -> frozenset[str]:
    """Return the canonical addresses by which a story is known: what makes two entries one.

    ``entry_url`` is where its listing says that it is, ``read_from`` where its page was read after redirects (None:
    it was not), and ``told`` what the page calls its own address (``rel=canonical``). A page's word counts for its own
    site only: it folds AMP, mobile, www and http variants, but takes no other publisher's story for its own. A front
    page tells no story apart: poor feeds link all entries to it, and removed articles lead there.
    """
    here = read_from or entry_url
    own = told if told and (here is None or same_site(told, here)) else None
    found = (canonical_url(address) for address in (entry_url, own) if address)
    return frozenset(url for url in found if url and not is_front_page(url))


def absolute(base: str | None, url: str) -> str | None:
    """Return ``url`` as an absolute address, relative ones resolved against ``base``; None where it is none.

    Any scheme passes: what may be shown or fetched is decided where that is done.
    """
    url = url.strip()
    if not url or len(url) > MAX_URL_LENGTH:
        return None
    try:
        return str(URL(url, base=base).href if base else URL(url).href)
    except ValueError:
        pass
    try:
        return str(URL(url).href)  # the base was none
    except ValueError:
        return None


def web_url(base: str | None, url: str) -> str | None:
    """Return ``url`` as an absolute http(s) address without credentials, or None where it is none."""
    found = absolute(base, url)
    parsed = _parse(found) if found else None
    return None if parsed is None or parsed.username or parsed.password else found


def host_of(url: str) -> str:
    """Return the host of ``url`` in lower case, "" where it has none: what slots are handed out for."""
    return (urlsplit(url).hostname or "").lower()


def is_template(text: str) -> bool:
    """Return whether ``text`` holds a ``{name}``; no JMESPath does, its hashes have a colon."""
    return _PLACEHOLDER.search(text) is not None


def placeholders(template: str) -> tuple[str, ...]:
    """Return the names in ``template``, in order."""
    return tuple(_PLACEHOLDER.findall(template))


def expand(template: str, fields: Mapping[str, str]) -> str:
    """Return ``template`` with each ``{name}`` replaced by that field, percent-encoded as a URL component.

    A placeholder at the very start stands for an address and goes in as it is. Raises ArticleRejected where a
    field is missing or empty.
    """

    def value(found: re.Match[str]) -> str:
        text = fields.get(found[1], "")
        if not text:
            raise ArticleRejected(
                f"'{template}' needs the field '{found[1]}', which this entry does not have "
                f"(it has: {', '.join(sorted(fields)) or 'none'}); mend the template or the source's 'fields'"
            )
        return text if found.start() == 0 else quote(text, safe="", errors="replace")

    return _PLACEHOLDER.sub(value, template)


def expand_text(template: str, fields: Mapping[str, str]) -> str | None:
    """Return ``template`` with each ``{name}`` replaced by that field as text; None where one is missing.

    What follows a placeholder is not doubled: ``{category}新闻`` of ``每日经济新闻`` is ``每日经济新闻``.
    """
    parts = _PLACEHOLDER.split(template)
    text = parts[0]
    for name, literal in zip(parts[1::2], parts[2::2], strict=True):
        value = fields.get(name, "").strip()
        if not value:
            return None
        text += value.removesuffix(literal) + literal
    return text


def _parse(url: str) -> URL | None:
    if len(url) > MAX_URL_LENGTH:
        return None
    try:
        parsed = URL(url.strip())
    except ValueError:
        return None
    return parsed if parsed.protocol in {"http:", "https:"} else None


def _site(url: str) -> tuple[str, str] | None:
    parsed = _parse(url)
    if parsed is None:
        return None
    labels = parsed.hostname.rstrip(".").split(".")
    while len(labels) > 2 and labels[0] in _VARIANTS:
        del labels[0]
    return ".".join(labels), parsed.port


def _tracks(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    name = unquote_plus(name).lower()
    if name == "from":
        return value in _SHARED_FROM
    return name in TRACKING_NAMES or name.startswith(TRACKING_PREFIXES)
