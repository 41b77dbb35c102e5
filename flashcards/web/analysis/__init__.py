"""Item analysis, for authors."""
