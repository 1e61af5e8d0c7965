"""The network: a llama of a few million parameters (RMS norm, interleaved RoPE, grouped heads, SwiGLU, tied)."""

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of the network; all that the GGUF needs to know of it."""

    vocabulary: int = 4096
    width: int = 256
    layers: int = 6
    heads: int = 4
    kv_heads: int = 2
    head_width: int = 64
    hidden: int = 704
    context: int = 1024
    rope_base: float = 10_000.0
    epsilon: float = 1e-5

    def as_dict(self) -> dict[str, float]:
        """For a checkpoint."""
        return asdict(self)


def rotation(shape: Shape, length: int) -> tuple[Tensor, Tensor]:
    """Cosines and sines, (length, head_width / 2)."""
    frequency = shape.rope_base ** (-torch.arange(0, shape.head_width, 2).float() / shape.head_width)
    angle = torch.outer(torch.arange(length).float(), frequency)
    return angle.cos(), angle.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn neighbouring pairs, as llama.cpp's llama architecture does; x is (batch, heads, length, head_width)."""
    turned = torch.view_as_complex(x.float().view(*x.shape[:-1], -1, 2)) * torch.complex(cos, sin)
    return torch.view_as_real(turned).flatten(-2).to(x.dtype)


class Norm(torch.autograd.Function):
    """RMS norm with a gradient of its own: a third of the passes over memory that the composed one takes on a CPU."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, epsilon: float) -> Tensor:
        """x is (…, width); the result has the type that the next product wants."""
        scale = torch.rsqrt(x.square().mean(-1, keepdim=True) + epsilon)
        normed = x * scale
        ctx.save_for_backward(normed, scale, weight)
        out = normed * weight
        return out.to(torch.bfloat16) if torch.is_autocast_enabled("cpu") else out

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        """The gradients of x and of the weight."""
        normed, scale, weight = ctx.saved_tensors
        grad = grad.float()
        inner = grad * weight
        dx = (inner - normed * (inner * normed).mean(-1, keepdim=True)).mul_(scale)
        return dx, (grad * normed).flatten(0, -2).sum(0), None


class RMSNorm(nn.Module):
    """Scale to unit length, then by the weight."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """x is (…, width)."""
        out: Tensor = Norm.apply(x, self.weight, self.eps)  # type: ignore[no-untyped-call]
        return out


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Causal attention; short rows as plain products, which on a CPU are twice as fast as the flash kernel."""
    length = q.shape[2]
    if length > 160:
        return functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    later = torch.ones(length, length, dtype=torch.bool).triu(1)
    scores = (q @ k.transpose(2, 3) * q.shape[3] ** -0.5).masked_fill(later, float("-inf"))
    out: Tensor = scores.softmax(-1).to(v.dtype) @ v
    return out


class Attention(nn.Module):
    """Causal grouped-query attention."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        inner, kv = shape.heads * shape.head_width, shape.kv_heads * shape.head_width
        self.q, self.k, self.v = (nn.Linear(shape.width, size, bias=False) for size in (inner, kv, kv))
        self.out = nn.Linear(inner, shape.width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """x is (batch, length, width)."""
        batch, length, _ = x.shape
        q, k, v = (
            linear(x).view(batch, length, -1, self.shape.head_width).transpose(1, 2)
            for linear in (self.q, self.k, self.v)
        )
        repeat = self.shape.heads // self.shape.kv_heads
        k, v = rotate(k, cos, sin).repeat_interleave(repeat, 1), v.repeat_interleave(repeat, 1)
        y = attend(rotate(q, cos, sin), k, v)
        out: Tensor = self.out(y.transpose(1, 2).reshape(batch, length, -1))
        return out


class Block(nn.Module):
    """Attention, then SwiGLU, each behind its norm."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.attention_norm = RMSNorm(shape.width, eps=shape.epsilon)
        self.attention = Attention(shape)
        self.ffn_norm = RMSNorm(shape.width, eps=shape.epsilon)
        self.gate, self.up = (nn.Linear(shape.width, shape.hidden, bias=False) for _ in range(2))
        self.down = nn.Linear(shape.hidden, shape.width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """x is (batch, length, width)."""
        x = x + self.attention(self.attention_norm(x), cos, sin)
        h = self.ffn_norm(x)
        out: Tensor = x + self.down(functional.silu(self.gate(h)) * self.up(h))
        return out


class Llama(nn.Module):
    """The whole network; the embedding is the output layer too."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = RMSNorm(shape.width, eps=shape.epsilon)
        self.apply(_initialise)
        for name, weight in self.named_parameters():
            if name.endswith(("out.weight", "down.weight")):
                nn.init.normal_(weight, std=0.02 / (2 * shape.layers) ** 0.5)

    def forward(self, ids: Tensor) -> Tensor:
        """ids is (batch, length); returns the normed states (batch, length, width)."""
        cos, sin = rotation(self.shape, ids.shape[1])
        x = self.embedding(ids)
        for block in self.blocks:
            x = block(x, cos, sin)
        out: Tensor = self.norm(x)
        return out

    def loss(self, ids: Tensor, targets: Tensor) -> Tensor:
        """Mean cross entropy where targets (batch, length) are not negative; only there logits are made."""
        states = self(ids)
        wanted = targets >= 0
        logits = functional.linear(states[wanted], self.embedding.weight)
        return functional.cross_entropy(logits.float(), targets[wanted])


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
