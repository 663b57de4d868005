"""Parts that all commands share: flags, config groups, run folders, results, standard input. They know no task."""
