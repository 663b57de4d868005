"""Pictures and clips: reading, drawing by rule, and their captions."""
