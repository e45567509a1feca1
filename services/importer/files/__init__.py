"""An uploaded file: how it lies here, what is found in it, and what was corrected and chosen for it."""
