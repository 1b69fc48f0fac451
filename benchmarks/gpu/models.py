"""Models of the published sizes, with random weights."""

from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModel,
    Wav2Vec2Config,
    Wav2Vec2FeatureExtractor,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperModel,
)
from transformers.utils import logging as transformers_logging

from benchmarks.setting import SIZES

TINY: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "conv_dim": (16,) * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
}
WHISPERS = {  # dim, blocks, heads, mel bands
    "whisper-tiny": (384, 4, 6, 80),
    "whisper-large-v3": (1280, 32, 20, 128),
}


def write_model(size: str, folder: Path, device: torch.device, tiny: bool) -> None:
    """Save a model of a size, or a tiny one of its kind, whose weights are drawn on a device."""
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    unfinished = folder.with_suffix(".part")
    torch.manual_seed(0)
    with torch.device(device):
        if size in WHISPERS:
            WhisperModel(_whisper(size, tiny)).save_pretrained(unfinished)
            bands = WHISPERS[size][-1]
            WhisperFeatureExtractor(feature_size=bands).save_pretrained(unfinished)
        else:
            options = {**SIZES[size], **(TINY if tiny else {})}
            AutoModel.from_config(Wav2Vec2Config(**options)).save_pretrained(unfinished)
            Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(unfinished)
    unfinished.replace(folder)


def _whisper(size: str, tiny: bool) -> WhisperConfig:
    dim, blocks, heads, bands = WHISPERS[size]
    if tiny:
        dim, blocks, heads = 32, 2, 2
    names = ("pad", "bos", "eos", "decoder_start")
    tokens: dict[str, Any] = dict.fromkeys([f"{name}_token_id" for name in names], 0)
    return WhisperConfig(
        vocab_size=8, num_mel_bins=bands, d_model=dim, encoder_layers=blocks,
        encoder_attention_heads=heads, encoder_ffn_dim=4 * dim, decoder_layers=1,
        decoder_attention_heads=heads, decoder_ffn_dim=8,
        **tokens,
    )  # fmt: skip
