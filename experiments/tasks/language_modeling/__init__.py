"""The language modelling task: texts, token by token."""
