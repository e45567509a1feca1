"""Knowing which rows are about whom, and letting go of them."""
