"""What a mail says: Liquid templates that cannot do harm, laid out once and filled per recipient."""
