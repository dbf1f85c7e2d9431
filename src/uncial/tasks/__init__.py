"""The verbs: a frozen config in, a frozen result out, progress reported on the way."""
