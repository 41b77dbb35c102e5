"""Telling learners, outside of the pages, that cards are due: the calendar feed, reminders by mail."""
