"""Decide on a candidate, package it with its model card, and change the champion."""
