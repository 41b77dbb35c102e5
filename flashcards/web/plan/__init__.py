"""The plan to a date: the first questions, what it would bring, what became of it; holidays."""
