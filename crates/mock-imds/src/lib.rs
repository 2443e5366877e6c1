//! The mock managed-identity endpoints: IMDS, App Service, Azure Arc.
