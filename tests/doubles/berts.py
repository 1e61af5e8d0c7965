"""A tiny BERT with random weights and a WordPiece vocabulary made on the spot: an encoder that needs no download."""

import string
from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
READ = 48
"""Tokens that it can read."""


def tiny_bert(folder: Path, texts: Sequence[str], seed: int = 0) -> Path:
    """Write one that knows the words of these texts."""
    folder.mkdir(parents=True, exist_ok=True)
    words = dict.fromkeys(word for text in texts for word in text.lower().split())
    letters = [form for letter in string.ascii_lowercase for form in (letter, f"##{letter}")]
    (folder / "vocab.txt").write_text("\n".join(dict.fromkeys((*SPECIAL, *words, *letters))))
    tokenizer = BertTokenizer(vocab=str(folder / "vocab.txt"))
    tokenizer.save_pretrained(folder)
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(tokenizer),
        max_position_embeddings=READ,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        initializer_range=0.2,  # at the usual 0.02 something so small learns for ages
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder
