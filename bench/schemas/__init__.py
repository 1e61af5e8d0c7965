"""Proof that what the local engine writes by a JSON schema keeps it: many schemas, hostile ones, random answers.

`python -m bench.schemas` runs it whole and prints the counts.
"""
