"""Whisper's encoder as plain torch, for weights that need none of transformers' own loading."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

NOWHERE = torch.device("meta")  # weights come whole: nothing is drawn before


class WhisperWeights(nn.Module):
    """The weights of a Whisper encoder under transformers' names, which computes nothing itself.

    To import transformers' own encoder takes two seconds, a third of a prediction's time.

    Args:
        config: a `WhisperConfig`.
        weights: every weight in float32.
    """

    def __init__(self, config: Any, weights: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.config = config
        dim = config.d_model
        self.conv1 = nn.Conv1d(config.num_mel_bins, dim, 3, padding=1, device=NOWHERE)
        self.conv2 = nn.Conv1d(dim, dim, 3, stride=2, padding=1, device=NOWHERE)
        self.embed_positions = nn.Embedding.from_pretrained(weights["embed_positions.weight"])
        self.layers = nn.ModuleList(_Block(config) for _ in range(config.encoder_layers))
        self.layer_norm = nn.LayerNorm(dim, device=NOWHERE)
        self.load_state_dict(weights, assign=True)


class _Block(nn.Module):
    def __init__(self, config: Any) -> None:
        super().__init__()
        dim, wide = config.d_model, config.encoder_ffn_dim
        self.self_attn = _Attention(dim, config.encoder_attention_heads)
        self.self_attn_layer_norm = nn.LayerNorm(dim, device=NOWHERE)
        self.activation_fn = nn.GELU()
        self.fc1 = nn.Linear(dim, wide, device=NOWHERE)
        self.fc2 = nn.Linear(wide, dim, device=NOWHERE)
        self.final_layer_norm = nn.LayerNorm(dim, device=NOWHERE)


class _Attention(nn.Module):
    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.embed_dim, self.num_heads = dim, heads
        self.q_proj = nn.Linear(dim, dim, device=NOWHERE)
        self.k_proj = nn.Linear(dim, dim, bias=False, device=NOWHERE)
        self.v_proj = nn.Linear(dim, dim, device=NOWHERE)
        self.out_proj = nn.Linear(dim, dim, device=NOWHERE)
