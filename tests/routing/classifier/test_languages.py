import pytest

from routing.classifier.languages import language


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("What is the capital of France and why?", "en"),
        ("Schreibe ein Gedicht über den Herbst", "de"),
        ("Écris un poème sur la mer pour moi", "fr"),
        ("Escribe una carta para el director", "es"),
        ("Scrivi una poesia sul mare per la mia ragazza", "it"),
        ("Qual é a capital do Brasil e por que não o Rio?", "pt"),
        ("Wat is de hoofdstad van het land?", "nl"),
        ("Vad är huvudstaden i Sverige?", "sv"),
        ("Jaka jest stolica Polski i dlaczego?", "pl"),
        ("Bu ne demek ve nasıl yapılır?", "tr"),
        ("请用中文解释量子力学", "zh"),
        ("これは何ですか", "ja"),
        ("이것은 무엇입니까", "ko"),
        ("Напиши стихотворение об осени", "ru"),
        ("Що це таке і чому їжак?", "uk"),
        ("ما هي عاصمة فرنسا؟", "ar"),
        ("मुझे एक कविता लिखो", "hi"),
        ("Ποια είναι η πρωτεύουσα;", "el"),
        ("12345 !!", "und"),
        ("", "und"),
    ],
)
def test_the_language_is_known(text: str, code: str) -> None:
    assert language(text) == code


def test_a_foreign_word_does_not_change_the_language() -> None:
    assert language("What is the meaning of the word 勉強 in this sentence?") == "en"
