"""What drives processors: buses that carry blocks, and stages that number, keep and publish them."""
