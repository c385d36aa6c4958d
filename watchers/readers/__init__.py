"""What a page says, by kind of evidence: structured data, application state, controls and words. `watchers.reading` joins them."""
