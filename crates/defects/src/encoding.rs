//! Flaws in how a token is taken apart: Base64, JSON, segments.

use crate::Defect;

pub(crate) const DEFECTS: &[Defect] = &[];
