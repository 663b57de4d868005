"""Captioning reads the path of a picture, a clip or a folder of frames a line, and writes its caption on one line.

Pictures are PNG, JPEG, WebP or GIF files, clips animated GIF or WebP files. Of a file that cannot be read the line is
empty, and the reason is on standard error. --beam=K searches with K hypotheses, and --length_penalty=A ranks them;
--nbest=N writes N captions, best first, each followed by its log-probability, separated by tabs; --sample=T draws them
at random at temperature T, from the words that --top_k=K and --top_p=P leave; --min_length=N and --max_length=N limit
the number of words; --attention=FILE.png plots where the model looks for each word of the first captions. With
--format=jsonl ``n_best`` holds all captions with their scores.
"""

from experiments.run.answers import FORMAT
from experiments.run.stdin import MAX_LENGTH, NBEST, SAMPLE, SEED, TOP_K, TOP_P
from experiments.tasks.text_generation_flags import ATTENTION, BEAM, LENGTH_PENALTY, MIN_LENGTH

FLAGS = (BEAM, LENGTH_PENALTY, NBEST, SAMPLE, TOP_K, TOP_P, SEED, MIN_LENGTH, MAX_LENGTH, ATTENTION, FORMAT)
