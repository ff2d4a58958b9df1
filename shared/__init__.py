"""What every service speaks: blocks, streams, time, money, engines and the record."""
