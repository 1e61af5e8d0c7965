"""Tiny two-label BERTs with random weights, in folders that transformers saved."""

from pathlib import Path
from typing import Any

import pytest

WORDS = ["summarize", "this", "article", "write", "a", "poem", "about", "autumn", "what", "is", "the", "capital"]
MARKS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def sequence_classifier(folder: Path, seed: int = 0, labels: int = 2, context: int = 32) -> Path:
    """Save a random model there, with its tokenizer. Skips the test where torch and transformers are not installed."""
    torch = pytest.importorskip("torch", reason="torch is not installed: make test installs the extra `train`")
    transformers = pytest.importorskip("transformers", reason="transformers is not installed: extra `train`")
    torch.manual_seed(seed)
    config = transformers.BertConfig(
        vocab_size=len(MARKS) + len(WORDS),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=context,
        num_labels=labels,
        initializer_range=2.0,  # so that its answers differ
    )
    transformers.BertForSequenceClassification(config).eval().save_pretrained(folder)
    _tokenizer(transformers).save_pretrained(folder)
    return folder


def _tokenizer(transformers: Any) -> Any:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    vocabulary = {word: place for place, word in enumerate([*MARKS, *dict.fromkeys(WORDS)])}
    made = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    marks = [("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    made.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=marks)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]"
    )


def reference(folder: Path, text: str) -> list[float]:
    """What transformers itself says: the softmax of its logits, the text cut to the model's context."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    limit = model.config.max_position_embeddings
    with torch.inference_mode():
        logits = model(**tokenizer(text, return_tensors="pt", truncation=True, max_length=limit)).logits
    return list(torch.softmax(logits, -1)[0].tolist())
