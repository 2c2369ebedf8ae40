"""Words that tell what a short block is about, in the languages of the training pages: hints, never verdicts."""

from __future__ import annotations

import re

_SUBJECTS: dict[str, str] = {
    "legal": (
        r"copyright|©|all rights|alle rechte|impressum|datenschutz|privacy|terms of|cookie|disclaimer|版权|转载"
        r"|备案|ICP|免责|tous droits|derechos|affiliate"
    ),
    "social": (
        r"facebook|twitter|whatsapp|instagram|telegram|youtube|tiktok|pinterest|linkedin|微信|微博|分享|\bshare"
        r"|teilen|partag|compart|follow (?:us|me)|folgen sie|e-?mail|drucken|\bprint\b|bluesky|threads"
    ),
    "sell": (
        r"newsletter|subscri|abonn|\babo\b|sign ?(?:up|in)|anmeld|registr|register|log ?in|einloggen|account"
        r"|donat|spend|support (?:us|our)|premium|kostenlos|free trial|jetzt|订阅|登录|注册|客户端|suscr|download|app\b"
    ),
    "more": (
        r"read more|more:|read also|see also|also read|related|recommended|mehr zu|lesen sie|lesen:"
        r"|weiterlesen|mehr:|auch interessant|zum thema|à lire|lire aussi|leia|lee también|te puede|czytaj"
        r"|相关|推荐|更多|阅读|上一篇|下一篇|延伸|previous|next|vorherige|nächste|zurück|weiter\b|^\W*>>|click here"
    ),
    "credit": (
        r"foto:|photo|bild:|image:|picture|getty|reuters|dpa|afp|\bap\b|imago|shutterstock|credit|quelle"
        r"|source|图片|摄影|图：|via "
    ),
    "people": (
        r"^\s*(?:by|von|por|par|di|door|af|av|od|text:|autor|author)\b|redaktion|redakteur|editor|correspond"
        r"|reporter|journalist|staff|contribut|记者|编辑|作者|责编|来源|通讯员|@|updated|published|aktualisiert"
        r"|veröffentlicht|stand:|posted|min read|lesezeit|发布|时间|浏览|点击"
        r"|^(?:tags?|topics?|themen|schlagw|filed under|categor|kategor|labels?|关键词|标签)\b"
    ),
    "comment": (
        r"comment|kommentar|antwort|reply|respond|comentar|gefällt|\bvotes?\b|says:|sagt:|评论|回复|楼主|发表|网友"
    ),
}
SUBJECTS = tuple(_SUBJECTS)
_PATTERNS = tuple(re.compile(pattern, re.IGNORECASE) for pattern in _SUBJECTS.values())
_LONGEST = 250
"""Characters up to which a block may be about one of these rather than mention it."""


def speaks_of(text: str) -> list[float]:
    """Return 1.0 for each of ``SUBJECTS`` that ``text`` is about, else 0.0."""
    if len(text) >= _LONGEST:
        return [0.0] * len(_PATTERNS)
    return [1.0 if pattern.search(text) else 0.0 for pattern in _PATTERNS]
