"""What was asked of an answer into the voices that give it, or the refusal: everything that can be wrong shows here.

After this a request can only run; a grammar that llama.cpp cannot read is never answered without it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from providers.engine.chain import Grammar, GrammarError
from providers.engine.frames import Options
from providers.engine.llama import Model
from providers.engine.sampling import Sampler, chain_for, plain
from providers.engine.speech import Formats, Speech, SpeechError, speech_for
from providers.engine.spelling import Spelling
from providers.engine.voice import Voice

MOST_CHOICES, MOST_ALTERNATIVES = 128, 20


class CannotSay(Exception):
    """This cannot be asked of the model: the client's 400."""

    def __init__(self, message: str, code: str, param: str) -> None:
        super().__init__(message)
        self.message, self.code, self.param = message, code, param


class Voices:
    """Makes the voices of one model's answers. `fresh_seed` is asked where the client gave none."""

    def __init__(self, model: Model, formats: Formats, fresh_seed: Callable[[], int]) -> None:
        self._model, self._formats, self._fresh_seed = model, formats, fresh_seed
        self._spellings: dict[tuple[str, ...], Spelling] = {}

    def of(self, options: Options, opened: bool = False) -> Callable[[int], Voice]:
        """The n-th choice of an answer; the prompt ends inside a thought if `opened`. Raises CannotSay."""
        self._check(options)
        with refused():
            speech = speech_for(self._formats, options, opened)
            if speech.grammar is not None:
                Grammar(self._model, speech.grammar).close()
            elif options.schema is not None:
                raise CannotSay("This model cannot be held to a schema.", "unsupported_feature", "response_format")
        return lambda choice: self._voice(choice, options, speech.again())

    def _voice(self, choice: int, options: Options, speech: Speech) -> Voice:
        control = tuple(speech.control)
        spelling = self._spellings.setdefault(control, Spelling(self._model, control))
        chain = None if plain(options) else chain_for(options, self._model.size, self._fresh_seed, choice)
        sampler = Sampler(self._model, chain, spelling.silent)
        if speech.grammar is not None:
            sampler.grammar = Grammar(self._model, speech.grammar)
        return Voice(choice, options, self._model, sampler, speech, spelling)

    def _check(self, options: Options) -> None:
        for token, _ in options.logit_bias:
            if not 0 <= token < self._model.size:
                message = f"'{token}' is no token of this model, which has {self._model.size}."
                raise CannotSay(message, "invalid_value", "logit_bias")
        limits = {"n": (options.n, 1, MOST_CHOICES), "top_logprobs": (options.logprobs or 0, 0, MOST_ALTERNATIVES)}
        for name, (value, least, most) in limits.items():
            if not least <= value <= most:
                raise CannotSay(f"'{name}' must be from {least} to {most}.", "invalid_value", name)
        if options.max_tokens < 1:
            raise CannotSay("'max_tokens' must be at least 1.", "invalid_value", "max_tokens")


@contextmanager
def refused() -> Iterator[None]:
    """What cannot be compiled is the client's 400."""
    try:
        yield
    except SpeechError as error:
        raise CannotSay(error.message, error.code, error.param) from error
    except GrammarError as error:
        message = "The model cannot be held to this schema: simplify it."
        raise CannotSay(message, "invalid_schema", "response_format") from error
