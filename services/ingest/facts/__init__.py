"""What is known beside prices: companies, headlines and the market's own files."""
