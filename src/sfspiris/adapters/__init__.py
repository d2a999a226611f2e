"""The outside world: HTTP, sign-in, and one folder per vendor that speaks its words and no one else's."""
