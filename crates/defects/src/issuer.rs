//! Flaws in how the issuer's documents are fetched, kept and believed.

use crate::Defect;

pub(crate) const DEFECTS: &[Defect] = &[];
