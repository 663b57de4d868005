"""Sound: reading, features, augmentation, transcribed recordings and synthetic speech."""
