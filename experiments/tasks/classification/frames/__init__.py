"""Classification of sequences of frames: ``config.data.inputs`` is "frames"."""
