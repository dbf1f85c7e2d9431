"""Learning from lines without ground truth: a teacher's guesses, and the choice among them."""
