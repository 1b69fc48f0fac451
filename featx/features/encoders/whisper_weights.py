"""Whisper's encoder as plain torch, for weights that need none of transformers' own loading."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn


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
        with torch.device("meta"):  # the weights come whole: nothing to draw
            self.conv1 = nn.Conv1d(config.num_mel_bins, dim, 3, padding=1)
            self.conv2 = nn.Conv1d(dim, dim, 3, stride=2, padding=1)
            self.embed_positions = nn.Embedding(config.max_source_positions, dim)
            self.layers = nn.ModuleList(_Block(config) for _ in range(config.encoder_layers))
            self.layer_norm = nn.LayerNorm(dim)
        self.load_state_dict(weights, assign=True)


class _Block(nn.Module):
    def __init__(self, config: Any) -> None:
        super().__init__()
        dim, wide = config.d_model, config.encoder_ffn_dim
        self.self_attn = _Attention(dim, config.encoder_attention_heads)
        self.self_attn_layer_norm = nn.LayerNorm(dim)
        self.activation_fn = nn.GELU()
        self.fc1, self.fc2 = nn.Linear(dim, wide), nn.Linear(wide, dim)
        self.final_layer_norm = nn.LayerNorm(dim)


class _Attention(nn.Module):
    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.embed_dim, self.num_heads = dim, heads
        self.q_proj, self.v_proj = nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.k_proj = nn.Linear(dim, dim, bias=False)
        self.out_proj = nn.Linear(dim, dim)
