"""Things nobody listed: invented names, subjects, near misses of the listed questions, code, long texts, gibberish."""

# ruff: noqa: E501, SIM905 (tables and phrases read better unbroken)

from random import Random

from providers.tiny.corpus.lexicon import DEFINITIONS, KINDS
from providers.tiny.corpus.people import CITIES, NAMES
from providers.tiny.corpus.phrase import article, capital, expand, phrase
from providers.tiny.corpus.places import PLACES, UNLISTED_COUNTRIES, named
from providers.tiny.corpus.topics import ADJECTIVES, NOUNS, TOPICS, VERBS
from providers.tiny.corpus.words import WORDS

_ONSETS = "b c d f g h j k l m n p r s t v w z br ch cl dr fl gr kl pr qu sc sh sl sp st str th tr y".split()
_VOWELS = "a e i o u a e i o ai au ea ee ia io oo ou y".split()
_CODAS = ["", "", "", "l", "n", "r", "s", "t", "m", "ck", "nd", "ng", "rt", "st", "x"]
_ENDINGS = [
    "",
    "",
    "",
    "ia",
    "land",
    "stan",
    "o",
    "a",
    "er",
    "ing",
    "ism",
    "ology",
    "ium",
    "ville",
    "ton",
    "berg",
    "us",
    "ine",
    "ment",
    "tion",
]
_LISTED = frozenset(country.lower() for country, _, _ in PLACES) | frozenset(city.lower() for _, city, _ in PLACES)
_KNOWN = _LISTED | frozenset(noun for noun, _ in DEFINITIONS) | frozenset(WORDS)

NEAR = (
    "what is the [largest|second largest|oldest|smallest|most famous] city [in|of] {c}?", "what is the capital of {c} [known for|famous for|like in winter]?",
    "[tell me about|describe|write about] [the capital of {c}|{c}|{city}|the history of {c}].", "[how do i get|what is the distance|how far is it] from {city} to {city2}?",
    "[who is|who was] the [president|king|queen|prime minister|leader] of {c}?", "what [language|languages] do people speak in {c}?", "what is the [currency|population|flag|anthem|area] of {c}?",
    "why is {city} the capital of {c}?", "when did {city} become the capital of {c}?", "what [is there to see|can i do|should i eat] in {city}?", "[plan|book] a [trip|holiday|weekend] [to|in] {city}.",
    "which countries [border|are near|are larger than] {c}?", "is {c} [bigger|richer|older|warmer] than {c2}?", "{c} or {c2}?", "what are the capitals of all countries in {continent}?", "how many [people|cities|rivers] are in {c}?",
    "[how|why] does {x} work?", "how [do i|do you|can i] [make|build|buy|repair|use|train|draw] {x}?", "who invented {x}?", "what is the history of {x}?", "[write|tell me] [a poem|an essay|a long story|a song] about {x}.",
    "what is the [best|cheapest|fastest] {noun}?", "what are the [parts|types|advantages|uses] of {x}?", "why [is|do we need] {x} [important|useful|expensive|]?", "what is {x} [used for|made of|good for]?", "how much does {x} cost?",
    "what is the difference between {x} and {y}?", "[compare|contrast] {x} and {y}.", "where can i [find|buy|see] {x}?", "can {x} [fly|swim|think|be dangerous|replace people]?", "how [big|old|fast|heavy|expensive] is {x}?",
    "what is {word} {word2}?", "what does {word} {word2} {word3} mean?", "what is the opposite of [the statement|the sentence]: {x} is {adj}?", "use the word {word} in a sentence.", "what [rhymes with|is a synonym for|is another word for] {word}?",
    "where does the word {word} come from?", "how many letters are in {word}?", "spell {word} backwards.", "how do you pronounce {word}?", "translate {word} to [Italian|Latin|Chinese|Dutch|Polish|Japanese|Russian].", "conjugate the verb {verb}.",
    "what [day|date] is [it|it today|today|tomorrow|christmas this year]?", "what [time|year|month] is it[|now]?", "what is the weather [today|tomorrow|in {city}|like]?", "what is [in the news|happening in the world|the latest news]?", "[who won|who will win] the [match|election|world cup]?",
    "tell me a [story|tale] about [a {adj} {noun}|{name} and {name2}|my life|the {noun}].", "tell me a joke about {x}.", "what does {x} [eat|drink|look like|feel like]?", "list [ten|five|all] [animals|fruits|countries|cities|inventions|books].", "name [a|an|some] [animal|fruit|country|book|song|film|person] [that|which] [starts with|rhymes with|i would like].",
    "{x}", "{word}", "{word} {word2} {word3}", "the {noun} of the {noun2}", "more", "go on", "why?", "why not?", "how?", "what?", "tell me more[| about it].", "and then?", "are you sure?", "that is wrong.", "no", "what do you mean?", "explain.", "can you do that again?", "i am [sad|bored|tired|hungry|in love].", "do you love me?", "what is the meaning of life?",
)  # fmt: skip
_SENTENCES = (
    "the {adj} {noun} [will|can|must|did not] {verb} the {noun2}", "{name} [wrote|said|found|believed] that the {noun} was {adj}", "in [1850|1914|1969|2004|2021] the {noun} of {place} became {adj}",
    "many [people|experts|critics] [say|think|argue] that {topic} [is|was] {adj}", "[however|therefore|in addition|at first|later], the {noun} and the {noun2} were {adj}", "it [is|was] [known|called|named] after {name}, a {adj} {noun} from {place}",
    "the {noun} has [three|four|many|several] {adj} {noun2}s, including {name} and {place}", "{topic} [changed|influenced|improved] the {noun} of {place}", "we {verb} the {noun} when the {noun2} is {adj}",
)  # fmt: skip
_TASKS = (
    "[summarise|summarize|read|analyse|shorten|explain] [this|the following] [text|article|passage|paragraph][:|.]", "[based on|given|using] [this|the] [text|passage|paragraph|reference text] about {topic}, [what|who|when|why] [is|was|did] {topic}?",
    "what [is|are|was] {topic}?", "who [is|was] {name}?", "[list|extract|find] [all |the ][names|dates|places|main points|{noun}s] [from|in|mentioned in] the [text|passage|article][:|.]", "[answer the question|give me a bulleted list|write a summary] [from|based on] the [text|passage] below[:|.]",
    "when [was|did] {name} [born|start|{verb} the {noun}]?", "where is {place}[| located]?", "[translate|rewrite|correct|continue] [this|the text][:|.]", "",
)  # fmt: skip
_CODE = (
    "def {w}({v}):\n    return {v} {op} {n}", "for {v} in range({n}):\n    print({v})", "import {w}\n{w}.{u}({n})", "function {w}({v}) {{ return {v} {op} {n}; }}", "const {w} = ({v}) => {v}.{u}();", "SELECT {w} FROM {u} WHERE {v} > {n};",
    "int main() {{ printf(\"{w}\"); return {n}; }}", "if ({v} == {n}) {{ {w}({v}); }}", "class {w}:\n    def __init__(self, {v}):\n        self.{v} = {v}", "while {v} < {n}:\n    {v} += 1", "<div class=\"{w}\"><p>{u}</p></div>", "let {v}: Vec<i32> = vec![{n}];",
    "{{\"{w}\": {n}, \"{u}\": [\"{v}\"]}}", "docker run -p {n}:80 {w}/{u}", "git {w} --{u} {v}", "PROC {w} DATA={u}; CLASS {v}; RUN;", "TypeError: {w}() takes {n} arguments but {v} was given",
)  # fmt: skip


def invented(rng: Random, words: int = 1) -> str:
    """A pronounceable name that is on no list, or a listed one bent out of shape."""
    return " ".join(_one(rng) for _ in range(words))


def _one(rng: Random) -> str:
    while True:
        if rng.random() < 0.2:
            first, second = rng.choice(PLACES)[0], rng.choice(PLACES)[rng.randrange(2)].lower()
            word = first[: rng.randint(2, 4)] + second[rng.randint(1, 4) :]
        else:
            syllables = rng.choice((1, 2, 2, 3))
            word = "".join(rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS) for _ in range(syllables))
            word += rng.choice(_ENDINGS)
        if len(word) > 3 and word.lower() not in _KNOWN:
            return capital(word)


def subject(rng: Random) -> str:
    """What a question is about: a topic, a described noun, an invented name, a listed word out of its family."""
    draw = rng.random()
    if draw < 0.4:
        return rng.choice(TOPICS)
    if draw < 0.65:
        return rng.choice(("the ", "a ", "my ", "", "")) + f"{rng.choice(ADJECTIVES)} {rng.choice(NOUNS)}"
    if draw < 0.75:
        return invented(rng, rng.randint(1, 2))
    if draw < 0.85:
        return f"{rng.choice(NOUNS)} {rng.choice(('in', 'of', 'for', 'and', 'without'))} {rng.choice(NOUNS)}s"
    return rng.choice((named(rng.choice(PLACES)[0]), rng.choice(CITIES)))


def near(rng: Random) -> str:
    """A question in the words of the claimed families that none of them answers."""
    things = (article(rng.choice(DEFINITIONS)[0]), article(rng.choice(rng.choice(KINDS[:6])[1])))
    x, y = rng.sample(things, 2)
    return phrase(
        rng, NEAR, c=named(rng.choice(PLACES)[0]), c2=named(rng.choice(PLACES)[0]), city=rng.choice(CITIES), city2=rng.choice(CITIES),
        continent=rng.choice(PLACES)[2], x=x, y=y, word=rng.choice(WORDS), word2=rng.choice(WORDS), word3=rng.choice(WORDS), noun=rng.choice(NOUNS),
        noun2=rng.choice(NOUNS), adj=rng.choice(ADJECTIVES), verb=rng.choice(VERBS), name=rng.choice(NAMES), name2=rng.choice(NAMES),
    )  # fmt: skip


def code(rng: Random) -> str:
    """A few lines of code in some language."""
    names = {slot: (rng.choice(WORDS) if rng.random() < 0.6 else invented(rng).lower()) for slot in "wuv"}
    return "\n".join(
        rng.choice(_CODE).format(**names, n=rng.randrange(100), op=rng.choice("+-*/")) for _ in range(rng.randint(1, 3))
    )


def sentence(rng: Random) -> str:
    """One sentence of a pasted article."""
    return phrase(
        rng, _SENTENCES, adj=rng.choice(ADJECTIVES), noun=rng.choice(NOUNS), noun2=rng.choice(NOUNS), verb=rng.choice(VERBS),
        topic=rng.choice(TOPICS), name=invented(rng, 2), place=rng.choice((rng.choice(UNLISTED_COUNTRIES), rng.choice(CITIES), invented(rng))),
    ) + "."  # fmt: skip


def long_text(rng: Random) -> str:
    """A task over a pasted text of 3 to 14 sentences."""
    text = " ".join(sentence(rng) for _ in range(rng.randint(3, 14)))
    task = phrase(
        rng,
        _TASKS,
        topic=rng.choice(TOPICS),
        name=invented(rng, 2),
        noun=rng.choice(NOUNS),
        place=invented(rng),
        verb=rng.choice(VERBS),
    )
    between = rng.choice((" ", "\n", "\n\n"))
    return (task + between + text if rng.random() < 0.7 else text + between + task).strip()


def gibberish(rng: Random) -> str:
    """Words in no order, invented words, keyboard noise or signs."""
    draw, count = rng.random(), rng.randint(2, 12)
    if draw < 0.5:
        pools = (
            NOUNS,
            ADJECTIVES,
            VERBS,
            WORDS,
            ("the", "of", "a", "to", "is", "what", "how", "for", "and", "in", "please", "best", "do", "you"),
        )
        return capital(" ".join(rng.choice(rng.choice(pools)) for _ in range(count))) + rng.choice(".?!")
    if draw < 0.75:
        return capital(" ".join(invented(rng).lower() for _ in range(rng.randint(1, 5)))) + rng.choice(("", "?", "."))
    if draw < 0.9:
        return "".join(rng.choice("asdfghjklqwertyuiopzxcvbnm") for _ in range(rng.randint(3, 14)))
    return expand(rng, "".join(rng.choice("?!.#@%&*()+=-_/<>~^0123456789 ") for _ in range(rng.randint(1, 12)))) or "?"
