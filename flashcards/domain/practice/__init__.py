"""A practice round: which questions are asked, what ticks come to, what a report adds up. Pure values."""
