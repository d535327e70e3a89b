"""What a reader asks for: answers, summaries, and the sentences that carry a document."""
