"""Turn a user's flat table into the tables that training and scoring read."""
