//! Targets that a run can have for a single case.

use std::any::Any;
use std::future::Future;
use std::pin::Pin;

use scenario::BaseUrl;
use serve::Clock;

/// Makes targets that are as the one under test, but for a tenant and a clock of their own: a case that disturbs its issuer or
/// sets the time then disturbs nobody else, and need not wait.
pub trait Laboratory: Send + Sync {
    /// Starts a target that takes the tokens of `tenant`, the id of a tenant at the run's issuer, in the place of those of the
    /// target's own tenant, and tells the time by `clock`. An error says why it could not be started.
    fn app<'a>(
        &'a self,
        tenant: &'a str,
        clock: Clock,
    ) -> Pin<Box<dyn Future<Output = Result<Specimen, String>> + Send + 'a>>;
}

/// A target for one case.
pub struct Specimen {
    /// Where it is. Its paths are those of the target under test, and so is the authority of its certificate.
    pub url: BaseUrl,
    /// Ends it when dropped.
    pub keep: Box<dyn Any + Send>,
}
