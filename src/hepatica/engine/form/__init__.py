"""The form of a record: what a written treatment asks, what files say already, what is answered."""

from hepatica.engine.form.answers import answered, answers_of, fact_from_answer
from hepatica.engine.form.questions import Question, block_questions, open_items, questions_of
from hepatica.engine.form.sources import gathered

__all__ = [
    "Question",
    "answered",
    "answers_of",
    "block_questions",
    "fact_from_answer",
    "gathered",
    "open_items",
    "questions_of",
]
