//! App Service Authentication settings (authsettingsV2): read, facts, decide.
