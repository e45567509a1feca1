"""How likely two customers are one person. Pure: it knows no database."""

from services.customers.likeness.judging import CERTAIN, DOUBTS, WEIGHTS, Likeness, judge

__all__ = ["CERTAIN", "DOUBTS", "WEIGHTS", "Likeness", "judge"]
