//! The reader of result documents, and the reports that are made of them: whatever the document, every format ends, and what is
//! written again from a document that was read is read again to the same bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use report::{Format, Style, render};

fuzz_target!(|document: &[u8]| {
    let console = Format::Console(Style { colour: true, verbose: true });
    for format in [console, Format::Junit] {
        let _ = render(format, || Ok(document), std::io::sink());
    }
    let mut once = Vec::new();
    if render(Format::Json, || Ok(document), &mut once).is_ok() {
        let mut twice = Vec::new();
        render(Format::Json, || Ok(once.as_slice()), &mut twice).expect("what was written can be read");
        assert_eq!(String::from_utf8_lossy(&once), String::from_utf8_lossy(&twice));
    }
});
