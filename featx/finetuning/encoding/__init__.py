"""How families of encoders compute their layers in training."""
