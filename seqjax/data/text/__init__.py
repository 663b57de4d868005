"""Texts: labelled texts, pairs, documents, dates and names."""
