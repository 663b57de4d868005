"""The dialogue task with dialogue acts as inputs: replies that express an act with its slots and values."""
