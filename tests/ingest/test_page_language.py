"""The language: declared, and checked against the text."""

from __future__ import annotations

import pytest

from broadsheet.ingest.fragment import parse_document
from broadsheet.ingest.metadata import read_metadata
from broadsheet.ingest.page_language import detect_language, language_tag

ENGLISH = (
    "The council voted on Monday, after four hours of debate, to keep the night ferry running through the winter. "
    "Eleven members were in favour, nine against; the mayor, who had called for the cut, did not speak to reporters."
)
TEXTS = {
    "en": ENGLISH,
    "de": "Der Rat hat am Montag nach vier Stunden beschlossen, dass die Fähre auch im Winter in der Nacht fährt. Elf waren "
    "dafür und neun dagegen, und der Bürgermeister wollte sich nicht dazu äußern, was er von der Entscheidung hält.",
    "fr": "Le conseil a voté lundi, après quatre heures de débat, pour que le bac de nuit reste en service pendant tout "
    "l'hiver. Onze membres étaient pour et neuf contre, et le maire n'a pas voulu parler aux journalistes de la ville.",
    "es": "El consejo votó el lunes, después de cuatro horas de debate, para que el barco de la noche siga en servicio "
    "durante todo el invierno. Once miembros estaban a favor y nueve en contra, y el alcalde no quiso hablar con la prensa.",
    "pl": "Rada zdecydowała w poniedziałek, że nocny prom będzie kursować przez całą zimę, a burmistrz, który chciał go "
    "zlikwidować, nie chciał rozmawiać z dziennikarzami o tym, co dalej. Jedenastu radnych było za, a dziewięciu przeciw, i nie wiadomo, jak to się skończy.",
    "zh": "某市召开城市与产业发展大会，表彰了多家企业，同时签约十个项目。" * 4,
    "ja": "市議会は月曜日、夜間フェリーの運航を冬の間も続けることを決めました。市長は記者団に話しませんでした。" * 2,
    "ko": "시의회는 월요일 네 시간의 토론 끝에 겨울에도 야간 여객선을 계속 운항하기로 결정했다. 시장은 말을 아꼈다."
    * 2,
    "ru": "Совет решил в понедельник, что ночной паром будет ходить всю зиму, а мэр не стал говорить с журналистами.",
    "ar": "قرر المجلس يوم الاثنين بعد أربع ساعات من النقاش أن تستمر العبارة الليلية في العمل طوال فصل الشتاء القادم",
}


@pytest.mark.parametrize("language", TEXTS)
def test_what_a_text_is_written_in(language: str) -> None:
    assert detect_language(TEXTS[language]) == language


@pytest.mark.parametrize("text", ["", "Too short.", "1234 5678 " * 40, "Aa Bb Cc Dd " * 40])
def test_what_cannot_be_told(text: str) -> None:
    assert detect_language(text) is None


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("de_at", "de-AT"),
        ("EN", "en"),
        ("zh-hans-cn", "zh-Hans-CN"),
        ("zh_CN", "zh-CN"),
        ("en, fr", "en"),
        ("english", None),
        ("", None),
    ],
)
def test_tags(text: str, tag: str | None) -> None:
    assert language_tag(text) == tag


def read(attributes: str, text: str, head: str = "") -> str | None:
    html = f"<html {attributes}><head>{head}</head><body><p>{text}</p></body></html>"
    return read_metadata(parse_document(html), "https://news.example/").language


def test_a_declaration_that_agrees_keeps_its_region() -> None:
    assert read("lang=en-GB", ENGLISH) == "en-GB"
    assert read("", ENGLISH, "<meta property=og:locale content=en_AU>") == "en-AU"
    assert read("lang=uk", TEXTS["ru"]) == "uk"  # scripts do not tell these apart
    assert read("lang=nb", "x") == "nb"


def test_a_template_that_declares_another_language_is_not_believed() -> None:
    assert read("lang=en-US", TEXTS["de"]) == "de"
    assert read("lang=en", TEXTS["zh"]) == "zh"
    assert read("lang=kr", TEXTS["ko"]) == "ko"
    assert read("lang=en-US", TEXTS["de"], "<meta property=og:locale content=de_AT>") == "de-AT"


def test_nothing_declared_and_nothing_to_tell_by() -> None:
    assert read("", "x") is None
    assert read("", ENGLISH) == "en"
