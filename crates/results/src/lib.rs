//! The result document: cases, exchanges, verdicts, and the redactor that everything written passes.
