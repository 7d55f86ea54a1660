"""Stand-ins for the gcp, azuread and azure-native provider plugins, for the real engine."""
