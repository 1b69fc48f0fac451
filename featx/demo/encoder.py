"""A small wav2vec 2.0 encoder that has learned nothing."""

from pathlib import Path


def write_encoder(folder: Path, seed: int = 0) -> None:
    """Save a wav2vec 2.0 model of fixed random weights, as `from_pretrained` reads it.

    The weights are those that transformers itself draws before pretraining, so whatever the
    features tell about emotion comes from the architecture alone. With layer norm they do not
    depend on padding. Waveforms are not normalised, because their loudness would be lost.

    Args:
        folder: where to write; it is made if needed.
        seed: the random seed of the weights; torch's own random state is left as it was.
    """
    import torch  # it takes seconds to import, as transformers does
    from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2Model
    from transformers.utils import logging
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    logging.disable_progress_bar()
    config = Wav2Vec2Config(
        conv_dim=(64,) * 7,  # the published kernels and strides: a frame is 20 ms
        hidden_size=64,
        num_hidden_layers=4,
        num_attention_heads=4,
        intermediate_size=128,
        num_conv_pos_embeddings=32,
        num_conv_pos_embedding_groups=4,
        feat_extract_norm="layer",
        do_stable_layer_norm=True,
        conv_bias=True,
        layerdrop=0.0,
        apply_spec_augment=False,
    )
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        model = Wav2Vec2Model(config)
    model.save_pretrained(folder)
    Wav2Vec2FeatureExtractor(do_normalize=False, return_attention_mask=True).save_pretrained(folder)
