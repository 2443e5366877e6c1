//! Flaws that keep out who may get in, or lose what the caller is told.

use crate::Defect;

pub(crate) const DEFECTS: &[Defect] = &[];
