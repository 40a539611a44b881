"""What earlier payments say of a key: pure, bounded, the same at checkout and in a backtest."""
