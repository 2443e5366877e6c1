use std::path::PathBuf;

use rstest::rstest;

use super::{APIM, LOOPBACK, Mock, snapshot};
use crate::Config;

const METADATA: (&str, &str) = ("Metadata", "true");
const TOKEN: &str = "/arc/metadata/identity/oauth2/token?api-version=2020-06-01&resource=api://orders";

async fn start(folder: &tempfile::TempDir) -> Mock {
    Mock::start(Config { arc_keys: Some(folder.path().join("tokens")), ..Config::new(LOOPBACK) }).await
}

/// The key file that a challenge names.
async fn challenge(mock: &Mock) -> PathBuf {
    let answer = mock.ask("GET", TOKEN, &[METADATA]).await;
    snapshot("arc_challenge", &answer);
    let header = answer.header("www-authenticate");
    PathBuf::from(header.strip_prefix("Basic realm=").unwrap_or_else(|| panic!("{header}")))
}

#[tokio::test]
async fn a_token_is_given_to_whoever_can_read_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let mock = start(&folder).await;
    let file = challenge(&mock).await;
    assert!(file.starts_with(folder.path().join("tokens")) && file.extension().unwrap() == "key");
    let key = std::fs::read_to_string(&file).unwrap();
    assert!((32..=4096).contains(&key.len()));
    let answer = mock.ask("GET", TOKEN, &[METADATA, ("Authorization", &format!("Basic {key}"))]).await;
    assert_eq!((answer.status, answer.json()["client_id"].as_str()), (200, Some(APIM)), "{}", answer.body);
    assert_eq!(mock.running.arc_url().unwrap(), format!("{}/arc/metadata/identity/oauth2/token", mock.running.url()));
    mock.running.stop().await;
    assert!(!file.exists(), "the key goes with the mock");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_key() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = challenge(&start(&folder).await).await;
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[rstest]
#[case::no_metadata(&[("Authorization", "Basic x")], 400)]
#[case::wrong_key(&[METADATA, ("Authorization", "Basic x")], 401)]
#[case::other_scheme(&[METADATA, ("Authorization", "Bearer x")], 401)]
#[tokio::test]
async fn nobody_else_gets_one(#[case] headers: &[(&str, &str)], #[case] status: u16) {
    let folder = tempfile::tempdir().unwrap();
    let answer = start(&folder).await.ask("GET", TOKEN, headers).await;
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.header("www-authenticate").starts_with("Basic realm="), status == 401);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let config = Config { arc_keys: Some(file.clone()), ..Config::new(LOOPBACK) };
    let error = crate::MockImds::start(config, super::issuer(), serve::system_clock()).await.err().unwrap();
    assert!(error.to_string().contains(&file.display().to_string()), "{error}");
}
