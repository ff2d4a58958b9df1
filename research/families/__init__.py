"""Families of models: what members they have, and how their answers become one."""
