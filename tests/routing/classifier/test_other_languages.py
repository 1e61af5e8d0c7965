"""Ten requests, from a greeting to a proof, in twelve languages: none fails, and no language falls to one side."""

# ruff: noqa: E501 (sentences read better unbroken)

import pytest

from providers.words import Call, Message, View
from routing.classifier.labels import Labels, shipped
from routing.classifier.languages import language
from routing.signals import Classifier, Placement
from routing.signals import shipped as heads

SAID = {
    "de": "Guten Tag|Was ist die Hauptstadt von Frankreich?|Schreibe ein Gedicht über den Herbst|Beweise, dass die Wurzel aus 2 irrational ist|Fasse diesen Text zusammen|Wie spät ist es in Tokio?|Nenne zehn Ideen für ein Fest|Warum ist der Himmel blau?|Löse 3x + 7 = 25|Erkläre die Quantenmechanik für Kinder",
    "fr": "Bonjour|Quelle est la capitale de la France ?|Écris un poème sur l'automne|Démontre que la racine de 2 est irrationnelle|Résume ce texte|Quelle heure est-il à Tokyo ?|Donne dix idées pour une fête|Pourquoi le ciel est-il bleu ?|Résous 3x + 7 = 25|Explique la mécanique quantique aux enfants",
    "es": "Buenos días|¿Cuál es la capital de Francia?|Escribe un poema sobre el otoño|Demuestra que la raíz de 2 es irracional|Resume este texto|¿Qué hora es en Tokio?|Da diez ideas para una fiesta|¿Por qué el cielo es azul?|Resuelve 3x + 7 = 25|Explica la mecánica cuántica a los niños",
    "it": "Buongiorno|Qual è la capitale della Francia?|Scrivi una poesia sull'autunno|Dimostra che la radice di 2 è irrazionale|Riassumi questo testo|Che ore sono a Tokyo?|Dammi dieci idee per una festa|Perché il cielo è blu?|Risolvi 3x + 7 = 25|Spiega la meccanica quantistica ai bambini",
    "pt": "Bom dia|Qual é a capital da França?|Escreve um poema sobre o outono|Prova que a raiz de 2 é irracional|Resume este texto|Que horas são em Tóquio?|Dá dez ideias para uma festa|Por que o céu é azul?|Resolve 3x + 7 = 25|Explica a mecânica quântica às crianças",
    "pl": "Dzień dobry|Jaka jest stolica Francji?|Napisz wiersz o jesieni|Udowodnij, że pierwiastek z 2 jest niewymierny|Streść ten tekst|Która jest godzina w Tokio?|Podaj dziesięć pomysłów na przyjęcie|Dlaczego niebo jest niebieskie?|Rozwiąż 3x + 7 = 25|Wyjaśnij dzieciom mechanikę kwantową",
    "tr": "Günaydın|Fransa'nın başkenti neresi?|Sonbahar hakkında bir şiir yaz|Kök 2'nin irrasyonel olduğunu kanıtla|Bu metni özetle|Tokyo'da saat kaç?|Bir parti için on fikir ver|Gökyüzü neden mavi?|3x + 7 = 25 denklemini çöz|Kuantum mekaniğini çocuklara açıkla",
    "ru": "Добрый день|Какая столица Франции?|Напиши стихотворение об осени|Докажи, что корень из 2 иррационален|Кратко перескажи этот текст|Который час в Токио?|Дай десять идей для праздника|Почему небо голубое?|Реши 3x + 7 = 25|Объясни детям квантовую механику",
    "zh": "你好|法国的首都是哪里？|写一首关于秋天的诗|证明根号2是无理数|总结这段文字|东京现在几点？|给我十个聚会的点子|天空为什么是蓝色的？|解方程 3x + 7 = 25|给孩子们解释量子力学",
    "ja": "こんにちは|フランスの首都はどこですか？|秋についての詩を書いて|2の平方根が無理数であることを証明して|この文章を要約して|東京は今何時ですか？|パーティーのアイデアを十個ください|空はなぜ青いのですか？|3x + 7 = 25 を解いて|量子力学を子どもに説明して",
    "ar": "صباح الخير|ما هي عاصمة فرنسا؟|اكتب قصيدة عن الخريف|أثبت أن جذر 2 عدد غير نسبي|لخص هذا النص|كم الساعة في طوكيو؟|أعطني عشر أفكار لحفلة|لماذا السماء زرقاء؟|حل المعادلة 3x + 7 = 25|اشرح ميكانيكا الكم للأطفال",
    "hi": "नमस्ते|फ्रांस की राजधानी क्या है?|शरद ऋतु पर एक कविता लिखो|सिद्ध करो कि 2 का वर्गमूल अपरिमेय है|इस पाठ का सारांश दो|टोक्यो में क्या समय है?|पार्टी के लिए दस विचार दो|आसमान नीला क्यों है?|3x + 7 = 25 हल करो|बच्चों को क्वांटम यांत्रिकी समझाओ",
}  # fmt: skip
PLACED = [Placement("tiny", "demo"), Placement("llama", "small"), Placement("gpt", "strong")]
CLASSIFIER = Classifier(heads(), PLACED, Labels(shipped()))


@pytest.mark.parametrize("code", SAID)
def test_another_language_gets_an_opinion_that_is_near_the_constant(code: str) -> None:
    for text in SAID[code].split("|"):
        read = CLASSIFIER.read(Call("chat", "chat", {}, View("auto", (Message("user", text),)), 0), lambda: 0)
        assert read.version and read.labelled is not None
        assert 0.15 < read.difficulty < 0.85, "neither side is sure of what it cannot read"
        assert read.good["gpt"] > read.good["llama"]
        assert read.good["tiny"] < 0.5


@pytest.mark.parametrize("code", SAID)
def test_most_of_a_language_s_sentences_are_known_for_what_they_are(code: str) -> None:
    found = [language(text) for text in SAID[code].split("|")]
    assert len(found) == 10
    assert sum(one == code for one in found) >= 5, found


def test_tasks_do_not_collapse_to_one_for_all_that_cannot_be_read() -> None:
    labels = Labels(shipped())
    read = [labels.read(text) for texts in SAID.values() for text in texts.split("|")]
    assert {one.label for one in read} == {0, 1}
    assert len({max(one.tasks, key=lambda name: one.tasks[name]) for one in read}) >= 3
