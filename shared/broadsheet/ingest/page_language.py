"""The language of an article: what the page declares, checked against its text by script and common words."""

from __future__ import annotations

import re
from collections import Counter

from broadsheet.ingest.evidence import Evidence, decided, seen
from broadsheet.ingest.fragment import Element, text_of
from broadsheet.ingest.page_sources import PageSources

_SAMPLE = 4_000
"""Characters of text that are looked at."""
_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|\d{3}))?(?:[-_].*)?")
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]"), 0.05),
    ("ko", re.compile(r"[\uac00-\ud7af]"), 0.2),
    ("zh", re.compile(r"[\u4e00-\u9fff]"), 0.2),
    ("th", re.compile(r"[\u0e00-\u0e7f]"), 0.3),
    ("el", re.compile(r"[\u0370-\u03ff]"), 0.3),
    ("he", re.compile(r"[\u0590-\u05ff]"), 0.3),
    ("ka", re.compile(r"[\u10a0-\u10ff]"), 0.3),
    ("hy", re.compile(r"[\u0530-\u058f]"), 0.3),
    ("bn", re.compile(r"[\u0980-\u09ff]"), 0.3),
    ("ta", re.compile(r"[\u0b80-\u0bff]"), 0.3),
)
"""Languages that their script gives away; the share of letters from which it does."""
_NOT_LATIN = re.compile(r"[\u0370-\ufdff]{3}")
_SHARED_SCRIPTS = (
    (re.compile(r"[\u0400-\u04ff]"), frozenset(["ru", "uk", "bg", "sr", "mk", "be", "kk", "ky", "mn", "tg"]), "ru"),
    (re.compile(r"[\u0600-\u06ff]"), frozenset(["ar", "fa", "ur", "ps", "ckb", "ug", "sd"]), "ar"),
    (re.compile(r"[\u0900-\u097f]"), frozenset(["hi", "mr", "ne", "sa"]), "hi"),
)
_WORDS = """
en: the of and to in that is for was with on as it by from are this have not be at has his he but they
de: der die und den das von zu mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat
dass sie
fr: le la les des et en un une du que est pour dans qui sur par au plus pas ce avec il sont cette ont aux
es: de la que el en los se del las un por con una su para es al lo como más pero sus le ha este
pt: de a o que e do da em um para com não uma os no se na por mais as dos como mas ao ele das foi são
it: di e il la che in un per è una del della con non si le da dei sono al più anche nel alla gli
nl: de het een en van in is dat op te zijn voor met die niet aan er om ook als maar bij uit heeft naar
sv: och i att det som en på är av för med till den har de inte om ett han men var jag från
da: og i at det er en til på som af for med den de har ikke der et han var jeg fra om vil blev
nb: og i det som en på er å til av for at med de har ikke den et han var jeg fra om vil ble
fi: ja on ei se että oli hän mutta ovat myös kun joka ole mukaan sen niin vuoden sekä tai
is: og að í er á sem það til um við en með fyrir var ekki hann af frá eru hefur því
pl: w i na z się nie do że to jest o od po jak za przez ale dla ma był są oraz tym które
cs: a v se na je že o s z do i ale to by jako pro za který jsou podle po však si bylo od
sk: a v sa na je že o s z do aj ale to by ako pre za ktorý sú podľa po však si bolo od
hu: a az és hogy nem is egy van de meg már volt csak ez még ki mint aki ha szerint vagy el
ro: de și în a la care cu o să nu pe din că este au pentru mai un fost sunt ca prin
hr: i u je na se da su za od s o koji kako ali što će iz ne bi te to nije kao
tr: ve bir bu da de için ile olarak daha çok olan en gibi sonra kadar ise var ya olduğunu
id: yang dan di dengan untuk dari ini itu pada dalam tidak akan juga ke ada mereka oleh telah sebagai
vi: của và là có trong được cho không với một những các người này khi từ đã ở ra về
sw: ya wa na kwa katika ni za la cha kuwa hiyo hayo wakati huo huyo alisema yake baada pia hilo
zu: lapha yena kusho udaba ukuthi futhi kanye noma uma lo kule ngoba bese kodwa ukuze nge uthi kwi ngo le lapho
ngesikhathi nokuthi kanti
xh: okokuba ngoku kuba apha into ngenxa ngexesha ukuba kunye kwaye okanye xa kodwa ukuze uthe le kule kwi
ngokuthi abantu lo njengoko nto uba phambi kwakunye emva
af: die van en het in is dat nie te met vir om hy op wat aan sy was ek hulle ook sal 'n deur
ca: de la que el en i a els per les amb un una del no és al més com ha dels va
lb: an de den d'en ass vun net fir mat op dat sech eng huet och um si datt wéi awer déi dës
et: ja on ei et ka oli kui see oma aga mis ning välja seda siis nii või pole
lt: ir į kad su yra tai bet iš o ne kaip jis buvo dėl apie nuo už savo
lv: un ir ka par ar no uz kas bet arī tas to nav gada pie vai lai kā
"""
"""Frequent words that tell languages in Latin script apart."""
_FEW_SHORT_WORDS = {"zu": 0.045, "xh": 0.045, "sw": 0.1, "fi": 0.06, "hu": 0.08, "tr": 0.06, "et": 0.08}
"""Languages that say with endings what others say with words; the share of frequent words that tells them."""
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_KIN = (
    frozenset(("no", "nb", "nn", "da")), frozenset(("id", "ms")), frozenset(("sr", "hr", "bs", "sh", "sl")),
    frozenset(("cs", "sk")), frozenset(("zh", "yue", "wuu")), frozenset(("fa", "prs")), frozenset(("es", "gl", "ca")),
    frozenset(("de", "gsw", "nds", "bar")),
    frozenset(("nl", "fy", "af")), frozenset(("tl", "fil")),
)  # fmt: skip
"""Languages that a count of words cannot tell apart surely: the declared one stays."""


def read_language(page: PageSources, sample: str | None = None) -> tuple[str | None, tuple[Evidence, ...]]:
    """Return the language (BCP 47) and where it was seen; None where nothing tells it.

    The order: ``inLanguage`` of the JSON-LD article, ``lang`` of the page, ``og:locale``, ``content-language``.
    What the text is plainly written in wins over a declaration of another language, as ready-made templates have it.
    ``sample`` is text of the article, taken from the page's paragraphs where it is not given.
    """
    declared = [
        ("JSON-LD inLanguage", page.linked.text("inLanguage")),
        ("html lang", page.root.get("lang") or page.root.get("{http://www.w3.org/XML/1998/namespace}lang") or ""),
        ("og:locale", page.meta("og:locale")),
        ("content-language", page.meta("content-language", "language", "dc.language", "dcterms.language")),
    ]
    evidence = [seen(source, value) for source, value in declared if value]
    detected = detect_language(sample if sample is not None else _sample(page.root))
    if detected:
        evidence.append(seen("the text itself", detected))
    for item in evidence:
        tag = language_tag(item.value)
        if tag and (detected is None or _agree(tag, detected)):
            return tag, decided(evidence, item, "agrees with the text" if detected else "")
    if detected:
        return detected, decided(evidence, evidence[-1], "no declared language is that of the text")
    return None, tuple(evidence)


def language_tag(text: str) -> str | None:
    """Return ``de_at`` as ``de-AT``: a BCP 47 tag of language, script and region; None for what is no tag."""
    found = _TAG.fullmatch(text.split(",", maxsplit=1)[0].strip())
    if found is None:
        return None
    language, script, region = found[1].lower(), found[2], found[3]
    return "-".join(filter(None, (language, script and script.title(), region and region.upper())))


def detect_language(text: str) -> str | None:
    """Return the language that ``text`` is plainly written in, None where it is too short or mixed to tell."""
    letters = sum(map(str.isalpha, text))
    if letters < 60:
        return None
    for language, script, share in _SCRIPTS if _NOT_LATIN.search(text) else ():
        if len(script.findall(text)) >= share * letters:
            return language
    for script, _, usual in _SHARED_SCRIPTS if _NOT_LATIN.search(text) else ():
        if len(script.findall(text)) >= 0.4 * letters:
            return usual
    words = _WORD.findall(text.lower())
    if len(words) < 25:
        return None
    shares: Counter[str] = Counter()
    for word in words:
        for language in _LANGUAGES_OF.get(word, ()):
            shares[language] += 1
    if not shares:
        return None
    # The runner-up of a language alone in its words is nobody with nothing.
    ranked = [(count / len(words), language) for language, count in shares.most_common(2)] + [(0.0, "")]
    (best, name), (second, runner_up) = ranked[0], ranked[1]
    enough = _FEW_SHORT_WORDS.get(name, 0.16)
    alike = any(name in kin and runner_up in kin for kin in _KIN)
    return name if best >= enough and (alike or best >= second * 1.15) else None


def _languages_of_words(table: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    language = ""
    for word in table.split():
        if word.endswith(":"):
            language = word[:-1]
        else:
            found.setdefault(word, []).append(language)
    return found


_LANGUAGES_OF = _languages_of_words(_WORDS)


def _agree(tag: str, detected: str) -> bool:
    primary = tag.partition("-")[0]
    if primary == detected or any(primary in kin and detected in kin for kin in _KIN):
        return True
    return any(primary in group and detected == usual for _, group, usual in _SHARED_SCRIPTS)


def _sample(root: Element) -> str:
    parts: list[str] = []
    length = 0
    for paragraph in root.iter("p"):
        text = text_of(paragraph).strip()
        if len(text) >= 40:
            parts.append(text)
            length += len(text)
            if length > _SAMPLE:
                break
    if length < 200:
        body = next(root.iter("body"), root)
        words = (
            t
            for e in body.iter("div", "td", "span", "font", "p", "br", "li", "b")
            for t in (e.text, e.tail)
            if t and len(t) > 12
        )
        for text in words:
            parts.append(text)
            length += len(text)
            if length > _SAMPLE:
                break
    return " ".join(parts)[:_SAMPLE]
