//! Flaws in how paths and methods are read, and in which of them are excluded from authentication.

use crate::Defect;

pub(crate) const DEFECTS: &[Defect] = &[];
