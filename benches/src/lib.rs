//! What oxkit costs, measured side by side with its peers.
