"""What is special about files that were written here: their cells come back exactly as they were."""
