"""The keys of ``config.model`` of question answering, and the model that they describe."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flax import nnx

from experiments.run.arguments import at_least, choice, parse, probability
from experiments.tasks.question_answering.data import DataConfig
from seqjax.data.text.story_encoding import StoryVocabulary
from seqjax.decoding.search import Search
from seqjax.models.decoder import Conditioning
from seqjax.models.story_answerer import StoryAnswerer
from seqjax.models.story_reader import READERS, WORDS
from seqjax.predictors.question_answering import Answerer


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The keys of ``config.model``; configs/question_answering/stories.py explains them."""

    reader: str
    words: str
    features: int
    hops: int
    vector_gates: bool
    recurrent: bool
    conditioning: Conditioning
    dropout: float
    support_weight: float
    beam: int
    length_penalty: float

    def __post_init__(self) -> None:
        choice("model.reader", self.reader, READERS)
        choice("model.words", self.words, WORDS)
        choice("model.conditioning", self.conditioning, ("carry", "vector", "attention"))
        at_least(1, "model", hops=self.hops, beam=self.beam)
        at_least(2, "model", features=self.features)
        at_least(0, "model", support_weight=self.support_weight)
        probability("model.dropout", self.dropout, below_one=True)

    def build(self, vocabulary: StoryVocabulary, longest_story: int, seed: int) -> StoryAnswerer:
        """Builds the model for a vocabulary and stories of so many sentences."""
        return StoryAnswerer(
            len(vocabulary) + vocabulary.placeholders,
            reader=self.reader,
            words=self.words,
            features=self.features,
            hops=self.hops,
            vector_gates=self.vector_gates,
            recurrent=self.recurrent,
            longest_story=longest_story,
            conditioning=self.conditioning,
            dropout=self.dropout,
            rngs=nnx.Rngs(params=seed),
        )


def build_answerer(data: DataConfig, model: ModelConfig, seed: int, learned: Mapping[str, Any]) -> Answerer:
    """The model of a config with the vocabulary of its training part."""
    vocabulary = StoryVocabulary.from_json(learned["vocabulary"])
    module = parse(model.build, "model", {}, vocabulary=vocabulary, longest_story=data.longest_story, seed=seed)
    words, question, answer = learned["longest"]
    search = Search(beam=model.beam, length_penalty=model.length_penalty, min_length=2, max_length=answer + 1)
    return Answerer(module, vocabulary, data.bucket_sizes, (words, question), data.longest_sentence, search)
