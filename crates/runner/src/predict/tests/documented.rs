//! The prediction beside what is documented.

use authsettings::Expected;
use diagnostics::{Source, Value, parse};

use super::{scenarios, settings};
use crate::predict::{Predictor, World, predict};

const ROWS: &str = include_str!("../../../../../fixtures/configurations/rows/callers.yaml");
const EXPECTED: &str = include_str!("../../../../../fixtures/configurations/expected.yaml");

fn phrase(documented: &str) -> String {
    match documented {
        "caller" => "reaches the function as the caller".to_owned(),
        "anonymous" => "reaches the function without an identity".to_owned(),
        "302" => "302 to the login page".to_owned(),
        status => status.to_owned(),
    }
}

#[test]
fn what_is_documented_is_foretold() {
    let predictor = Predictor::new(&scenarios("rows/callers.yaml", ROWS));
    let source = Source::new("expected.yaml", EXPECTED);
    let Value::Map(tables) = parse(&source).unwrap().value else { panic!("a mapping of configurations") };
    let mut compared = 0;
    for (name, table) in &tables {
        let settings = settings(&name.text);
        let world = World::of_settings(&settings, &Expected::default());
        let prediction = predict(&settings, &world, &predictor);
        let Value::Map(cells) = &table.value else { panic!("{}: a mapping of callers", name.text) };
        for (caller, cell) in cells.iter().filter(|(name, _)| name.text != "suite") {
            let documented = source.text.get(cell.span.start..cell.span.end).unwrap();
            let variant = format!("caller={}", caller.text);
            let case = prediction.cases().find(|case| case.variant == variant).unwrap();
            assert_eq!(case.phrase(), phrase(documented), "{} under {}", caller.text, name.text);
            compared += 1;
        }
    }
    assert!(compared > 110, "{compared}");
}
