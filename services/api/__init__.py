"""The gateway: what people and programs may read and steer, over HTTP."""
