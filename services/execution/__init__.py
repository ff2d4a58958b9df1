"""Carries orders to the venue and its reports back, through the states of an order's life."""
