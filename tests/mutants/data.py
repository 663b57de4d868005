"""Mutants of seqjax/data/."""

from .mutant import REMOVED, Mutant, mutants

MUTANTS: list[Mutant] = [
    *mutants(
        "seqjax/data/timeseries/step.py",
        "tests/data/timeseries/test_reader.py",
        ("np.setdiff1d(self._closed(days), days)", "self._closed(days)", "holidays_of_a_country"),
        ("len(weekdays) not in (5, 6)", "len(weekdays) not in (5,)", "step_is_found"),
    ),
    *mutants(
        "seqjax/data/timeseries/local_time.py",
        "tests/data/timeseries/test_calendar.py",
        ("second[row] = time in seen", "second[row] = False", "doubled_hour"),
        ("folds[0] < folds[1]", "folds[0] > folds[1]", "doubled_hour"),
    ),
    *mutants(
        "seqjax/data/timeseries/table.py",
        "tests/data/timeseries/test_table.py",
        ("header.line + 1 + np.flatnonzero", "header.line + np.flatnonzero", "lines_are_counted"),
        ("np.logical_xor.accumulate(quotes) & ~quotes", "quotes & ~quotes", "one_sentence"),
    ),
    *mutants(
        "seqjax/data/timeseries/time_formats.py",
        "tests/data/timeseries/test_time_formats.py",
        ("if len(complete) == 1:", "if complete:", "day_and_month"),
    ),
    *mutants(
        "seqjax/data/text/words.py",
        "tests/data/text/test_words.py",
        ("[\\p{{L}}\\p{{N}}_\\p{{M}}\\u00ad", "[\\p{{L}}\\p{{N}}_\\u00ad"),
        ("tokens[-1] += JOINER", "tokens[-1] += ''"),
        ("tokens += [*gap, piece]", "tokens += [piece]"),
    ),
    *mutants(
        "seqjax/data/vocabulary.py",
        "tests/data/test_vocabulary.py",
        ("encode_special_tokens = True", "encode_special_tokens = False"),
        ("[] if spacing else", "[] if False else"),
    ),
    *mutants(
        "seqjax/data/text/story_encoding.py",
        "tests/data/text/test_story_encoding.py",
        ("(pointed - spoken)", "pointed", "names_are"),
        ("(inside - small)", "inside", "names_are"),
        ("read = told[-longest_story:]", "read = told[:longest_story]", "are_cut"),
        ("else rng.permutation(count)", "else np.arange(count)", "at_random"),
        ("batch.present[row, places] = True", "batch.present[row] = True", "placeholders_in_the_order or at_random"),
    ),
    *mutants(
        "seqjax/data/text/babi.py",
        "tests/data/text/test_babi.py",
        ("if number == 1:", "if number == 0:", "file_is_read"),
    ),
    *mutants(
        "seqjax/data/text/story_world.py",
        "tests/data/text/test_stories.py",
        ("while self._refers[sentence]:", "while False:", "coreference"),
    ),
    *mutants(
        "seqjax/data/text/story_questions.py",
        "tests/data/text/test_stories.py",
        ('kind == "in" else "maybe"', 'kind == "in" else "yes"', "either"),
        ("for row, thing in hands if row in support", "for row, thing in []", "listing or counting"),
    ),
    *mutants(
        "seqjax/data/text/story_puzzles.py",
        "tests/data/text/test_stories.py",
        ("if small <= pair < large", "if small <= pair <= large", "idle"),
    ),
    *mutants(
        "seqjax/data/splits.py",
        "tests/data/test_splits.py",
        ("cut = min(max(cut, at_least), len(keys))", "cut = min(cut, len(keys))", "rare_strata"),
        ("ends + taken - share * seen", "ends - share * ends[-1]", "same_ratio"),
        ("(len(members[name]), uniform_hash", "(-len(members[name]), uniform_hash", "rare_strata"),
        ("(-counts[label], label)", "(counts[label], label)", "most_frequent_stratum"),
        ("-1 if are_counts else 0", "0", "with_a_record"),
        ("_fill(parts, used)", REMOVED, "enough_keys"),
    ),
    *mutants(
        "seqjax/data/audio/features.py",
        "tests/data/audio/test_features.py",
        ("0.5 - 0.5 * np.cos", "0.54 - 0.46 * np.cos", "formula"),
        ("np.linspace(0, top, filters + 2)", "np.linspace(0, top, filters + 3)", "formula"),
        ("type=2", "type=3", "cosine"),
        ("spectrum.imag**2) / np", "spectrum.imag**2) * np", "formula"),
    ),
    *mutants(
        "seqjax/data/audio/augment.py",
        "tests/data/audio/test_augment.py",
        ("10 ** (-decibels / 20)", "10 ** (-decibels / 10)", "ratio"),
        ("np.float32(-slope / 2)", "np.float32(-slope)", "slope"),
        ("np.asarray(resample_poly(sound, 100, percent)", "np.asarray(resample_poly(sound, percent, 100)", "speed"),
        ("int(length * LARGEST_SHARE)", "length", "fifth"),
    ),
    *mutants(
        "seqjax/data/pictures/files.py",
        "tests/data/pictures/test_picture_files.py",
        ("Image.Resampling.BOX if", "Image.Resampling.NEAREST if", "means"),
        ("fitted(ImageOps.exif_transpose(picture), size)", "fitted(picture, size)", "turned"),
        ("(2 * index + 1) * count", "2 * index * count", "middles"),
    ),
    *mutants(
        "seqjax/data/pictures/captioned.py",
        "tests/data/pictures/test_picture_folders.py",
        ("left[word] > 1", "left[word] > 0", "held_out"),
    ),
    *mutants(
        "seqjax/data/pictures/moving.py",
        "tests/data/pictures/test_picture_folders.py",
        ("turn * (frames - 1) / turns, (turn", "0, (turn", "waits"),
    ),
    *mutants(
        "seqjax/data/audio/files.py",
        "tests/data/audio/test_sound_files.py",
        ("samples.mean(axis=1)", "samples[:, 0]", "channels"),
    ),
]
