# Needs Python 3.11 or newer and make. PYTHON=python3.13 make train takes another interpreter.
PYTHON ?= python3
BIN := .venv/bin
RUN ?= runs/demand

# Arrays come in huge pages where glibc can, which saves a training the first touch of many small ones.
train forecasting classification translation language_modeling music speech captioning dialogue summarization question_answering: export GLIBC_TUNABLES ?= glibc.malloc.hugetlb=1

.PHONY: train forecasting classification translation language_modeling music speech captioning dialogue summarization question_answering test lint clean

train: forecasting  ## The same as forecasting.

forecasting: .venv/data  ## Train and test a forecaster of electricity demand; ends with a picture.
	$(BIN)/python -m experiments.train --config=configs/forecasting/demand.py --workdir=$(RUN)
	@echo "Look at $(RUN)/forecasts.png"

classification: .venv/baselines  ## Train a classifier of film reviews, then label lines typed at a prompt.
	$(BIN)/python -m experiments.train --config=configs/classification/mr.py --workdir=runs/mr
	$(BIN)/python -m experiments.predict --workdir=runs/mr

translation: .venv/translation  ## Train a translator of dates and quantities, then translate lines typed at a prompt.
	$(BIN)/python -m experiments.train --config=configs/translation/dates.py --workdir=runs/dates
	$(BIN)/python -m experiments.predict --workdir=runs/dates

language_modeling: .venv/data  ## Train a language model on film reviews, then continue lines typed at a prompt.
	$(BIN)/python -m experiments.train --config=configs/language_modeling/reviews.py --workdir=runs/reviews
	echo "This film was" | $(BIN)/python -m experiments.predict --workdir=runs/reviews --sample=0.6
	$(BIN)/python -m experiments.predict --workdir=runs/reviews

music: .venv/music  ## Train a model of Bach's chorales, then compose one from a chord.
	$(BIN)/python -m experiments.train --config=configs/music/bach.py --workdir=runs/bach
	echo "C3 G3 E4 C5" | $(BIN)/python -m experiments.predict --workdir=runs/bach
	@echo "Listen to runs/bach/pieces/piece1.wav"

speech: .venv/speech  ## Train a recogniser of spoken digits and commands, then recognise files typed at a prompt.
	$(BIN)/python -m experiments.train --config=configs/speech/digits.py --workdir=runs/digits
	@echo "Look at runs/digits/spectrograms.png"
	$(BIN)/python -m experiments.predict --workdir=runs/digits

captioning: .venv/captioning  ## Train a model that names drawings of emoji, then caption pictures typed at a prompt.
	$(BIN)/python -m experiments.train --config=configs/captioning/emoji.py --workdir=runs/emoji
	@echo "Look at runs/emoji/sheet.png and runs/emoji/attention.png"
	$(BIN)/python -m experiments.predict --workdir=runs/emoji

dialogue: .venv/dialogue  ## Train a model of small talk, then chat with it at a prompt.
	$(BIN)/python -m experiments.train --config=configs/dialogue/small_talk.py --workdir=runs/small_talk
	@echo "Say something; /reset starts the conversation anew"
	$(BIN)/python -m experiments.predict --workdir=runs/small_talk

summarization: .venv/summarization  ## Train a model that sums up docstrings, then sum up lines typed at a prompt.
	$(BIN)/python -m experiments.train --config=configs/summarization/docstrings.py --workdir=runs/docstrings
	@echo "Look at runs/docstrings/copying.png"
	$(BIN)/python -m experiments.predict --workdir=runs/docstrings

question_answering: .venv/baselines  ## Train a model on made-up stories, then tell it one and ask it at a prompt.
	$(BIN)/python -m experiments.train --config=configs/question_answering/stories.py --workdir=runs/stories
	@echo "Look at runs/stories/hops.png"
	@echo "Tell a story, such as: Zoltan took the lamp. He went to the attic. Then ask: Where is the lamp?"
	@echo "/reset starts a new story"
	$(BIN)/python -m experiments.predict --workdir=runs/stories --facts

test: .venv/test  ## Run all tests.
	$(BIN)/python -m pytest -n auto

lint: .venv/test  ## Check format, style and types.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

clean:  ## Remove everything that the other targets made, except runs.
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/python:
	$(PYTHON) -c 'import sys; sys.exit("seqjax needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	touch $@

# A file for each set of extras that is installed. Every set holds the extra "data".
.venv/data: .venv/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[data]"
	touch $@

.venv/baselines .venv/translation .venv/music .venv/speech .venv/captioning .venv/dialogue .venv/summarization: .venv/%: .venv/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[data,$*]"
	touch $@ .venv/data

.venv/test: .venv/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[test]"
	touch $@ .venv/data .venv/baselines .venv/translation .venv/music .venv/speech .venv/summarization
