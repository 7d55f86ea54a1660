"""Go's own libraries, as far as their results and error texts decide logins."""
