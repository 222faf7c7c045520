"""What the texts and pages are drawn with: numbers, colours, bars, charts."""
