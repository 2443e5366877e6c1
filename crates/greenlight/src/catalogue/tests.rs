use super::{Entry, own};
use crate::library::{Library, counted};

/// How many entries each section has: the number of an entry is part of its name, so none comes or goes unnoticed.
const SECTIONS: [(&str, usize); 11] = [
    ("P", 11),
    ("C", 21),
    ("T", 35),
    ("S", 18),
    ("H", 20),
    ("E", 16),
    ("K", 14),
    ("R", 24),
    ("X", 11),
    ("F", 15),
    ("M", 8),
];

/// So many cases are worth playing at least.
const ENOUGH: usize = 400;

fn entries() -> Vec<Entry> {
    own().unwrap().into_iter().flat_map(|section| section.entries).collect()
}

fn library() -> Library {
    Library::open(None).map_err(|trouble| trouble.message).unwrap()
}

#[test]
fn the_catalogue_is_whole() {
    let expected: Vec<String> = SECTIONS
        .iter()
        .flat_map(|(letter, count)| (1..=*count).map(move |number| format!("{letter}{number}")))
        .collect();
    let ids: Vec<String> = entries().into_iter().map(|entry| entry.id).collect();
    assert_eq!(ids, expected);
}

#[test]
fn scenarios_name_entries_that_there_are() {
    let entries = entries();
    let unknown: Vec<String> = library()
        .scenarios
        .iter()
        .flat_map(|one| one.catalogue.iter().map(move |id| (id, one)))
        .filter(|(id, _)| !entries.iter().any(|entry| entry.id == **id))
        .map(|(id, one)| format!("{}: `{id}`", one.source.name))
        .collect();
    assert!(unknown.is_empty(), "the catalogue has no such entry:\n{}", unknown.join("\n"));
}

#[test]
fn coverage_every_entry_is_asked_or_excused() {
    let library = library();
    let asked = |entry: &Entry| library.scenarios.iter().any(|one| one.catalogue.contains(&entry.id));
    let mut missing = Vec::new();
    for entry in entries() {
        match (asked(&entry), &entry.excused) {
            (false, None) => missing.push(format!("{}: write a scenario, or an excuse: {}", entry.id, entry.about)),
            (true, Some(_)) => missing.push(format!("{}: it is asked; remove its excuse", entry.id)),
            _ => {}
        }
    }
    assert!(missing.is_empty(), "{} of scenarios/catalogue.yaml to do:\n{}", missing.len(), missing.join("\n"));
}

#[test]
fn coverage_is_of_enough_cases() {
    let counted: usize = library().scenarios.iter().map(|one| counted(one)).sum();
    assert!(counted >= ENOUGH, "{counted} cases count, at most 20 of a scenario; there must be {ENOUGH}");
}
