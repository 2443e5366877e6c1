use rstest::rstest;

use super::*;

fn command(words: &[&str]) -> Secret {
    Secret::Command(words.iter().map(|word| (*word).to_owned()).collect())
}

#[test]
fn a_secret_comes_from_a_file_or_a_program() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, "  from a file\n").unwrap();
    assert_eq!(value(&Secret::File(file.path().to_owned()), "it").unwrap(), "from a file");
    assert_eq!(value(&command(&["printf", "from %s\\n", "a program"]), "it").unwrap(), "from a program");
    // More than a pipe holds.
    let long =
        value(&command(&["sh", "-c", "head -c 200000 /dev/zero | tr '\\0' x; head -c 200000 /dev/zero >&2"]), "it");
    assert_eq!(long.unwrap().len(), 200_000);
}

#[rstest]
#[case(Secret::Env("GREENLIGHT_NO_SUCH_VARIABLE".to_owned()), "the environment variable GREENLIGHT_NO_SUCH_VARIABLE is not set; it should hold it")]
#[case(Secret::File("/dev/null".into()), "/dev/null is empty; it should hold it")]
#[case(command(&["true", "secret-argument"]), "what `true` prints is empty; it should hold it")]
#[case(command(&["greenlight-no-such-program", "secret-argument"]), "`greenlight-no-such-program` cannot be started: ")]
#[case(command(&["sh", "-c", "echo denied; echo no access >&2; echo secret-line >&2; exit 3"]), "`sh` failed, exit status: 3: no access ...")]
#[case(command(&["false"]), "`false` failed, exit status: 1")]
fn what_is_no_secret_is_told_without_one(#[case] secret: Secret, #[case] expected: &str) {
    let message = value(&secret, "it").unwrap_err().message;
    assert!(message.starts_with(expected), "{message}");
    assert!(!message.contains("secret-"), "{message}");
}
