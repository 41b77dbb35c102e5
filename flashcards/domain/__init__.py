"""What cards, answers and days are: pure values and functions, no clock, no input or output."""
