"""A two-label sequence classifier in a process of its own: texts in, the probability of each label out."""
