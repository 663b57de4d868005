"""The speech task: recordings of speech, recognised as text."""
