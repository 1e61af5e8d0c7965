"""Conversations into prompts: a model's chat template, which is a program that nobody here wrote."""

from providers.engine.template.chat import BREAK, ChatTemplate, Prompt, TooLong
from providers.engine.template.sandbox import TemplateError

__all__ = ["BREAK", "ChatTemplate", "Prompt", "TemplateError", "TooLong"]
