"""The dialogue task: replies to what was said in a conversation."""
