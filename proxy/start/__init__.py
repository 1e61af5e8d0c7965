"""`halfpenny init`: what there is on this machine, and a configuration that uses it."""
