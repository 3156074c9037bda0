"""Score every active customer, choose whom to contact, and explain their scores."""
