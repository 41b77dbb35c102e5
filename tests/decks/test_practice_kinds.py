"""Which of the built-in decks' questions a practice round of each kind may draw."""

from __future__ import annotations

from pathlib import Path

from flashcards.deckfiles.parse.deck import parse_deck
from flashcards.domain.practice.kinds import question_kind

DECKS = Path(__file__).parents[2] / "decks"
NEVER = {
    "faq-explain-ml-project", "faq-how-to-prepare", "prep-coding-round", "prep-concept-round", "prep-study-plan",
    "prep-system-design-round", "sd-answer-formula",
}  # fmt: skip
"""About interviews: no interviewer asks that."""
CODING = {
    "code-attention-sampling", "code-evaluate-classifier", "code-finetune-pretrained", "code-kmeans",
    "code-linear-regression-cv", "code-mlp-numpy", "code-preprocess-split", "code-train-val-test-split",
    "debug-transformer", "sql",
}  # fmt: skip
DESIGN = {
    "deploying-models", "faang-video-recommender", "product-sense-metric-drop", "sd-ads-ctr", "sd-content-moderation",
    "sd-core-components", "sd-fraud-high-availability", "sd-image-search", "sd-llm-assistant", "sd-maps-eta",
    "sd-music-recommender", "sd-news-feed", "sd-search-ranking",
}  # fmt: skip
BEHAVIOURAL = {"behavioural-answer-structure", "behavioural-example-questions"}
CONCEPTS = {
    "concepts": {
        "backpropagation", "batch-normalization", "bias-variance-tradeoff", "choosing-algorithm",
        "classification-vs-regression", "clustering", "cnn", "confusion-matrix", "curse-of-dimensionality",
        "data-quality", "detection-segmentation", "dropout", "etl", "evaluate-model-performance",
        "false-positives-negatives", "faq-four-types-of-ml", "generative-multimodal", "gradient-boosting",
        "gradient-descent", "hyperparameters-tuning", "imbalanced-data", "knn-naive-bayes-lda", "losses-likelihood",
        "missing-corrupted-data", "ml-lifecycle", "optimisers", "overfitting", "pca", "recommender-basics",
        "rnn-sequence-models", "svm", "time-series", "train-vs-test-set", "trees-vs-random-forests", "types-of-ml",
    },
    "faang": {
        "faang-activation-functions", "faang-dimensionality-reduction-methods", "faang-explain-cv-to-layperson",
        "faang-linear-regression-assumptions", "faang-linear-vs-logistic", "faang-roc-auc", "faang-vanishing-gradient",
    },
    "llm": {
        "agents-tools", "attention", "distributed-training", "embeddings-vector-search", "llm-evaluation",
        "llm-fine-tuning", "llm-safety", "llm-serving", "preference-tuning", "prompting-context", "rag",
        "tokenisation-language-modelling", "transformer-end-to-end",
    },
    "statistics": {
        "ab-testing", "causal-inference", "distributions-estimation", "hypothesis-testing", "probability-bayes",
    },
}  # fmt: skip


def drawn() -> dict[str | None, set[str]]:
    """The ids of the core questions that each kind of round may draw; under None what no round draws."""
    found: dict[str | None, set[str]] = {}
    for file in sorted(DECKS.rglob("*.md")):
        path = file.relative_to(DECKS).as_posix()
        deck = parse_deck(path, file.read_bytes()).deck
        for note in deck.notes:
            if "core" in note.tags:
                own = [tag for tag in note.tags if tag not in deck.tags]
                found.setdefault(question_kind(path, deck.tags, own), set()).add(note.id)
    return found


def test_every_core_question_is_drawn_by_the_kind_that_an_interviewer_asks_it_in() -> None:
    assert drawn() == {
        None: NEVER,
        "coding": CODING,
        "design": DESIGN,
        "behavioural": BEHAVIOURAL,
        "concepts": set().union(*CONCEPTS.values()),
    }
