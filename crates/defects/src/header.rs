//! Flaws in what is believed of a token's header.

use crate::Defect;

pub(crate) const DEFECTS: &[Defect] = &[];
