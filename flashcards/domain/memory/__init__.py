"""How well each card is remembered: a model, what it predicts, how well it predicts, and how it is fitted."""
