//! First messages of old TLS versions.

use std::process::{Command, Stdio};
use std::time::Duration;

use rstest::rstest;
use tokio::net::TcpStream;

use super::{Act, Pki, StandIn, config, patient, say, sender};
use crate::{Hello, Origin, TlsVersion};

fn at(target: &StandIn) -> Origin {
    Origin::new(true, "127.0.0.1", target.address.port())
}

#[rstest]
#[case(TlsVersion::V1_0)]
#[case(TlsVersion::V1_1)]
#[tokio::test]
async fn a_server_of_today_refuses_old_versions(#[case] version: TlsVersion) {
    let target = StandIn::tls(Vec::new(), Pki::new().acceptor("localhost", 4000)).await;
    for host in ["127.0.0.1", "localhost"] {
        let origin = Origin::new(true, host, target.address.port());
        let answer = sender(patient()).greet(&origin, version).await.unwrap();
        // It misses the algorithms that newer versions name before it looks at the version.
        assert_eq!(answer, Hello::Refused("alert: handshake failure".to_owned()), "{host}");
    }
}

#[rstest]
#[case::taken(say([22, 3, 1, 0, 80, 2, 0, 0, 76, 3, 1, 9, 9]), Hello::Taken("TLS 1.0".to_owned()))]
#[case::taken_later(say([22, 3, 3, 0, 80, 2, 0, 0, 76, 3, 3]), Hello::Taken("TLS 1.2".to_owned()))]
#[case::older(say([22, 3, 0, 0, 80, 2, 0, 0, 76, 3, 0]), Hello::Taken("SSL 3.0".to_owned()))]
#[case::alert(say([21, 3, 1, 0, 2, 2, 70]), Hello::Refused("alert: protocol version".to_owned()))]
#[case::another_alert(say([21, 3, 1, 0, 2, 2, 80]), Hello::Refused("alert 80".to_owned()))]
#[case::nothing(say([]), Hello::Refused("the connection was closed".to_owned()))]
#[case::reset(Act::Reset, Hello::Refused("the connection was closed".to_owned()))]
#[tokio::test]
async fn an_answer_is_read(#[case] act: Act, #[case] expected: Hello) {
    let target = StandIn::start(vec![act]).await;
    assert_eq!(sender(patient()).greet(&at(&target), TlsVersion::V1_0).await.unwrap(), expected);
}

#[rstest]
#[case::plain_http(say("HTTP/1.1 400 Bad Request\r\n\r\n"), "does not speak TLS")]
#[case::cut_off(say([22, 3, 1, 0, 80, 2, 0, 0, 76]), "does not speak TLS")]
#[case::hung(Act::Hang, "timed out after 0.2 s while shaking hands")]
#[tokio::test]
async fn what_is_no_answer_proves_nothing(#[case] act: Act, #[case] part: &str) {
    let target = StandIn::start(vec![act]).await;
    let message = sender(config()).greet(&at(&target), TlsVersion::V1_1).await.unwrap_err().to_string();
    assert!(message.contains(part), "{message}");
}

/// A server that nobody here wrote goes on with what it is told to allow.
#[rstest]
#[case(TlsVersion::V1_0, "-tls1")]
#[case(TlsVersion::V1_1, "-tls1_1")]
#[tokio::test]
#[ignore = "needs openssl with the old versions in it, install with `apt-get install openssl`"]
async fn openssl_goes_on_with_an_old_version(#[case] version: TlsVersion, #[case] option: &str) {
    let folder = std::env::temp_dir().join(format!("greenlight-wire-{}{option}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let script = "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -subj /CN=localhost -days 1";
    let made = Command::new("sh").args(["-c", script]).current_dir(&folder).stderr(Stdio::null()).status().unwrap();
    assert!(made.success());
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut server = Command::new("openssl")
        .args(["s_server", "-key", "key.pem", "-cert", "cert.pem", "-cipher", "ALL:@SECLEVEL=0", "-quiet", option])
        .args(["-accept", &free.to_string()])
        .current_dir(&folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    for _ in 0..100 {
        if TcpStream::connect(free).await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let answer = sender(patient()).greet(&Origin::new(true, "localhost", free.port()), version).await;
    let _ = server.kill();
    let _ = server.wait();
    let _ = std::fs::remove_dir_all(&folder);
    assert_eq!(answer.unwrap(), Hello::Taken(version.to_string()));
}
