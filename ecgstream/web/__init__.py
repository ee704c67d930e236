"""HTTP and WebSocket endpoints: they translate, and decide nothing."""
