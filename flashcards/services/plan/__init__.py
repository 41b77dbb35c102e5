"""Plans to a date: made, changed, followed and ended; the days of them; breaks and backlogs."""
