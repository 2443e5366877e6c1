//! The functions of the app and the keys of their host.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::rand;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE;
use http::Method;

/// The response header by which a function shows that it answered.
pub const MARKER: &str = "x-function";

/// One HTTP-triggered function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionSpec {
    /// Its name, as it says itself in its answer.
    pub name: String,
    /// Its route below `/api/`, without a slash at either end. Compared without case.
    pub route: String,
    /// The methods it answers; others are not found.
    pub methods: Vec<Method>,
    /// Which key it asks for.
    pub auth_level: AuthLevel,
    /// The value of its [`MARKER`] header.
    pub marker: String,
}

impl FunctionSpec {
    /// The functions of the reference app: `orders`, to which scenarios speak; `health`, which answers GET and HEAD and is meant for
    /// an excluded path; `reports`, which answers GET and asks for a function key. Each bears its name as marker.
    pub fn reference() -> Vec<Self> {
        let named = |name: &str, methods: &[Method], auth_level| Self {
            name: name.to_owned(),
            route: name.to_owned(),
            methods: methods.to_vec(),
            auth_level,
            marker: name.to_owned(),
        };
        vec![
            Self::orders(),
            named("health", &[Method::GET, Method::HEAD], AuthLevel::Anonymous),
            named("reports", &[Method::GET], AuthLevel::Function),
        ]
    }

    /// The function that scenarios speak to: `/api/orders`, GET and POST, no key, marker `orders`.
    pub fn orders() -> Self {
        Self {
            name: "orders".to_owned(),
            route: "orders".to_owned(),
            methods: vec![Method::GET, Method::POST],
            auth_level: AuthLevel::Anonymous,
            marker: "orders".to_owned(),
        }
    }
}

/// Which key a function asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuthLevel {
    /// None.
    Anonymous,
    /// A key of the function, a key of the host, or the master key.
    Function,
    /// The master key.
    Admin,
}

/// The keys of the Functions host.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    /// Opens everything (`_master`).
    pub master: String,
    /// Opens every function of level `function`.
    pub host: String,
    /// Opens functions of level `function`, as a key of each of them.
    pub function: String,
    /// Opens the extensions' webhooks.
    pub system: String,
}

impl Keys {
    /// Makes fresh keys: 40 random bytes each, as the host does.
    pub fn generate() -> Self {
        let key = || {
            let mut bytes = [0; 40];
            rand::fill(&mut bytes).expect("the system's random generator is seeded at start");
            BASE64_URL_SAFE.encode(bytes)
        };
        Self { master: key(), host: key(), function: key(), system: key() }
    }

    /// The highest level that a key opens. Compares in constant time.
    pub fn level(&self, key: &str) -> AuthLevel {
        let is = |known: &str| verify_slices_are_equal(known.as_bytes(), key.as_bytes()).is_ok();
        if is(&self.master) {
            AuthLevel::Admin
        } else if is(&self.host) || is(&self.function) {
            AuthLevel::Function
        } else {
            AuthLevel::Anonymous
        }
    }

    /// Whether a key is the system key. Compares in constant time.
    pub fn is_system(&self, key: &str) -> bool {
        verify_slices_are_equal(self.system.as_bytes(), key.as_bytes()).is_ok()
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Keys(withheld)")
    }
}
