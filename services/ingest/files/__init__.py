"""Files of ticks, quotes and bars: read exactly, taken into the lake, and written again."""
