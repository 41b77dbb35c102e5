"""Practice rounds: choosing one, its questions, its report, and the page of a partner."""
