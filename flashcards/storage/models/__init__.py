"""The tables as peewee models: the one description of them that queries are written from.

The migrations make the tables; a test compares what they made with what stands here, column by column and index by
index. Queries are peewee's, built once (`storage/prepared.py`); rows come back as plain tuples and become domain
values: no model is ever made an object of.

Instants are epoch milliseconds in UTC (`*_at`, `at`); days are whole days since 1970-01-01 (`*_on`, `study_day`,
`buried_until`); ease is in hundredths; flags are 0 or 1; lists are JSON arrays.
"""

from flashcards.storage.models.collection import (
    Card,
    Deck,
    Folder,
    FollowUp,
    Media,
    Note,
    NoteFront,
    NoteTag,
    NoteText,
    Prerequisite,
    Rendering,
    Revision,
    RubricPoint,
)
from flashcards.storage.models.exchange import AnkiExport, AnkiFields, ExpectedEdit, ImportedReview
from flashcards.storage.models.learning import CardAnswers, LearnerDay, LearnerDeck, LearnerState, Review, Schedule
from flashcards.storage.models.memory import FsrsParameters, LearnerFit, LearnerScheduler, Memory
from flashcards.storage.models.people import Audit, Invite, Learner, Session, Throttle, Token
from flashcards.storage.models.plans import LearnerBreak, Plan, PlanDay
from flashcards.storage.models.practice import PartnerLink, PracticeRound, RoundAnswer, RoundMark
from flashcards.storage.models.proposals import Proposal
from flashcards.storage.models.service import Channel, Job, JobRun, Sent, Service
from flashcards.storage.models.sets import CardFlag, SavedSearch, StudySet

__all__ = [
    "AnkiExport",
    "AnkiFields",
    "Audit",
    "Card",
    "CardAnswers",
    "CardFlag",
    "Channel",
    "Deck",
    "ExpectedEdit",
    "Folder",
    "FollowUp",
    "FsrsParameters",
    "ImportedReview",
    "Invite",
    "Job",
    "JobRun",
    "Learner",
    "LearnerBreak",
    "LearnerDay",
    "LearnerDeck",
    "LearnerFit",
    "LearnerScheduler",
    "LearnerState",
    "Media",
    "Memory",
    "Note",
    "NoteFront",
    "NoteTag",
    "NoteText",
    "PartnerLink",
    "Plan",
    "PlanDay",
    "PracticeRound",
    "Prerequisite",
    "Proposal",
    "Rendering",
    "Review",
    "Revision",
    "RoundAnswer",
    "RoundMark",
    "RubricPoint",
    "SavedSearch",
    "Schedule",
    "Sent",
    "Service",
    "Session",
    "StudySet",
    "Throttle",
    "Token",
]
