"""The question answering task: questions about stories to answers."""
