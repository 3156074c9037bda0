"""The one kind of error that is the user's to mend."""


class InputError(ValueError):
    """Something that was given is wrong; the message says what, what is allowed, and what to do."""
