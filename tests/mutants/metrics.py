"""Mutants of seqjax/metrics/."""

from .mutant import Mutant, mutants

MUTANTS: list[Mutant] = [
    *mutants(
        "seqjax/metrics/classification.py",
        "tests/metrics/test_classification.py",
        ("(labels, predicted), 1", "(predicted, labels), 1"),
        ("correct_counts / filled", "correct_counts / len(labels)"),
        ("bins - 1", "bins - 2"),
        ("scores[present].mean()", "scores.mean()"),
        ("np.maximum(likelihood, 1e-12)", "np.maximum(likelihood, 1e-6)"),
        ("(weights * np.abs(confidence - accuracy))", "np.abs(confidence - accuracy)"),
    ),
    *mutants(
        "seqjax/metrics/forecasting.py",
        "tests/metrics/test_forecasting.py",
        ("np.where(observed, term, 0)", "term"),
        ("2 * error / np.maximum", "error / np.maximum"),
        ("(targets >= low) & (targets <= high)", "targets <= high"),
        ("np.sqrt(squared.mean())", "np.sqrt(squared).mean() ** 2"),
        ("squared / self.std**2", "squared / self.std"),
        ("self.sums.get(name, np.zeros(())) + total", "total"),
        ("values[season:] - values[:-season]", "values[1:] - values[:-1]"),
        ("np.where(mean > ROUNDING * Scaler.fit(values).std, mean, np.nan)", "mean"),
    ),
    *mutants(
        "seqjax/metrics/dialogue.py",
        "tests/metrics/test_dialogue.py",
        ("counts & most", "counts"),
        ("if length > reference_length", "if length < reference_length"),
        ("abs(wanted[word] - words[word])", "wanted[word] - words[word]"),
    ),
    *mutants(
        "seqjax/metrics/music.py",
        "tests/metrics/test_music.py",
        ("odds > 0, targets > 0", "odds > 0.5, targets > 0"),
        ("np.sum(predicted | sounds)", "np.sum(sounds)"),
        ("if either else 1.0", "if either else 0.0"),
        ("log_odds * targets).sum(axis=1)", "log_odds * targets).mean(axis=1)"),
    ),
    *mutants(
        "seqjax/metrics/sequences.py",
        "tests/metrics/test_sequences.py",
        ("row[j] + 1, row[j - 1] + 1", "row[j] + 1"),
        ("(token != target)", "2 * (token != target)"),
        ("-len(reference)) for", "len(reference)) for"),
        ("np.mean(distances > 0)", "np.mean(distances)"),
    ),
    *mutants(
        "seqjax/metrics/text.py",
        "tests/metrics/test_text.py",
        ("itertools.zip_longest(*references)", "zip(*references)"),
        ("max(len(reference), 1) for", "max(len(hypothesis), 1) for"),
        ("np.searchsorted(edges, lengths)", "np.searchsorted(edges, lengths, side='right')"),
        ("hypothesis in those for", "hypothesis in those[0] for"),
        ("if 2 * long < len(references)", "if long < 0"),
    ),
    *mutants(
        "seqjax/metrics/speech.py",
        "tests/metrics/test_speech.py",
        ("different - insertions - deletions", "different"),
    ),
    *mutants(
        "seqjax/metrics/captions.py",
        "tests/metrics/test_captions.py",
        ("min(value, second.get(gram, 0.0))", "value", "cider"),
        ("(2 * SIGMA**2)", "SIGMA**2", "cider"),
        ("weights.get(gram, unseen)", "weights.get(gram, 0)", "cider"),
    ),
]
