# Needs Python 3.11 or newer and make. PYTHON=python3.13 make train takes another interpreter.
PYTHON ?= python3
BIN := .venv/bin
RUN ?= runs/demand

# Arrays come in huge pages where glibc can, which spares a training the first touch of many small ones.
train sentiment translate write compose: export GLIBC_TUNABLES ?= glibc.malloc.hugetlb=1

.PHONY: train sentiment translate write compose test lint clean

train: .venv/train  ## Train and test a forecaster on real data; ends with a picture.
	$(BIN)/python -m experiments.train --config=configs/forecasting/demand.py --workdir=$(RUN)
	@echo "Look at $(RUN)/forecasts.png"

sentiment: .venv/sentiment  ## Train a classifier of film reviews, then judge lines typed at a prompt.
	$(BIN)/python -m experiments.train --config=configs/classification/mr.py --workdir=runs/mr
	$(BIN)/python -m experiments.predict --workdir=runs/mr

translate: .venv/translation  ## Train a translator of dates and quantities, then translate lines typed at a prompt.
	$(BIN)/python -m experiments.train --config=configs/translation/dates.py --workdir=runs/dates
	$(BIN)/python -m experiments.predict --workdir=runs/dates

write: .venv/train  ## Train a language model on film reviews, let it write one, then go on from what is typed at a prompt.
	$(BIN)/python -m experiments.train --config=configs/language_modeling/reviews.py --workdir=runs/reviews
	echo "This film was" | $(BIN)/python -m experiments.predict --workdir=runs/reviews --sample=0.6
	$(BIN)/python -m experiments.predict --workdir=runs/reviews

compose: .venv/music  ## Train a model of Bach's chorales, then compose one from a chord.
	$(BIN)/python -m experiments.train --config=configs/music/bach.py --workdir=runs/bach
	echo "C3 G3 E4 C5" | $(BIN)/python -m experiments.predict --workdir=runs/bach
	@echo "Listen to runs/bach/pieces/piece1.wav"

test: .venv/test  ## Run all tests.
	$(BIN)/python -m pytest -n auto

lint: .venv/test  ## Check format, style and types.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

clean:  ## Remove what the other targets made, but for runs.
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/python:
	$(PYTHON) -c 'import sys; sys.exit("seqjax needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	touch $@

.venv/train: .venv/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[data]"
	touch $@

.venv/sentiment: .venv/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[baselines,data]"
	touch $@ .venv/train

.venv/translation: .venv/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[data,translation]"
	touch $@ .venv/train

.venv/music: .venv/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[data,music]"
	touch $@ .venv/train

.venv/test: .venv/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[test]"
	touch $@ .venv/train .venv/sentiment .venv/translation .venv/music
