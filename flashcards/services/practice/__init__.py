"""Practice: rounds of questions as an interviewer asks them, answered aloud or in writing."""
