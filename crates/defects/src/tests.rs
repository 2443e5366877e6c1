use std::collections::HashSet;

use crate::{THEMES, all};

#[test]
fn every_defect_has_a_name_of_its_own_and_says_why() {
    let themes: HashSet<&str> = THEMES.iter().map(|(theme, _)| *theme).collect();
    let mut ids = HashSet::new();
    let twice: Vec<&str> = all().iter().map(|defect| defect.id).filter(|id| !ids.insert(*id)).collect();
    assert!(twice.is_empty(), "ids of two defects: {twice:?}");
    assert!(ids.is_disjoint(&themes), "a defect is called like a theme");
    for defect in all() {
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(defect.id.chars().all(is_name), "{}: lower-case words joined by dashes", defect.id);
        assert!(!defect.title.is_empty() && !defect.title.ends_with('.'), "{}: a title is no sentence", defect.id);
        assert!(defect.why.ends_with('.'), "{}: say why in sentences", defect.id);
    }
}
