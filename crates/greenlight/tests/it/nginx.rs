//! nginx as the target: its `auth_request` asks a verifier that is built on `PyJWT`, which fetches the issuer's keys by itself.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use rstest::rstest;
use serde_json::Value;

use crate::foreign::{APIM, AUDIENCE, Ground, Process, free_address, python};

#[rstest]
#[case::correct(&[], &[])]
// It fetches keys for every key id that it does not know, and so sees whatever the issuer says.
#[case::correct_and_curious(&["--cooldown", "0"], &[])]
#[case::signature_left_out(&["--without", "signature"], &["alg-none", "bad-signature", "tampered-payload", "unknown-key", "hmac-with-public-key"])]
#[case::issuer_left_out(&["--without", "issuer"], &["foreign-tenant", "issuer-almost-right", "issuer-missing"])]
#[case::audience_left_out(&["--without", "audience"], &["wrong-audience", "audience-almost-right", "audience-of-another-api"])]
#[case::expiry_left_out(&["--without", "expiry"], &["expired-token", "expired-long-ago"])]
#[case::not_before_left_out(&["--without", "not-before"], &["not-yet-valid"])]
#[case::caller_left_out(&["--without", "caller"], &["unlisted-caller", "client-almost-listed", "client-not-listed"])]
#[ignore = "needs nginx and PyJWT, install with `apt-get install nginx-light` and `python3 -m venv target/python && target/python/bin/pip install pyjwt==2.15.1 cryptography==50.0.2`"]
fn only_what_is_left_out_is_missed(#[case] options: &[&str], #[case] should_fail: &[&str]) {
    let ground = Ground::lay();
    let (_verifier, port) = start_verifier(&ground, options);
    let [front, function] = [free_address(), free_address()];
    let configuration = ground.write("nginx.conf", configure(ground.folder(), front, function, port));
    let mut nginx = Command::new("nginx");
    nginx.arg("-p").arg(ground.folder()).arg("-c").arg(&configuration).args(["-e", "stderr"]);
    let _nginx = Process::listening(&mut nginx, front);

    ground.judge(front, &[], should_fail);
}

/// Starts the verifier. It takes a port and says which.
fn start_verifier(ground: &Ground, options: &[&str]) -> (Process, u16) {
    let mut command = Command::new(python());
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/nginx/verifier.py"));
    command.args(["--keys", &ground.keys(), "--ca", ground.issuer.at("/entra/ca"), "--issuer", &Ground::issuer_name()]);
    command.args(["--audience", AUDIENCE, "--caller", APIM]).args(options);
    let mut process = Process::start(command.stdout(Stdio::piped()));
    let mut line = String::new();
    BufReader::new(process.child().stdout.take().unwrap()).read_line(&mut line).unwrap();
    let said: Value = serde_json::from_str(&line).unwrap();
    (process, said["port"].as_u64().unwrap().try_into().unwrap())
}

/// Two servers: the front asks the verifier about everything but one path, and what stands behind it is the function.
fn configure(folder: &Path, front: SocketAddr, function: SocketAddr, verifier: u16) -> String {
    let folder = folder.display();
    format!(
        "daemon off;
# One process, of this user, that ends with a kill.
master_process off;
pid {folder}/nginx.pid;
error_log stderr crit;
events {{ }}
http {{
  access_log off;
  default_type text/plain;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen {front};
    location / {{
      auth_request /_verify;
      auth_request_set $principal $upstream_http_x_principal;
      proxy_set_header x-principal $principal;
      proxy_pass http://{function};
    }}
    location = /api/health {{
      proxy_set_header x-principal \"\";
      proxy_pass http://{function};
    }}
    location = /_verify {{
      internal;
      proxy_pass http://127.0.0.1:{verifier};
      proxy_pass_request_body off;
      proxy_set_header content-length \"\";
    }}
  }}
  server {{
    listen {function};
    location ~* ^/api/orders/?$ {{
      add_header x-function orders;
      add_header x-principal-id $http_x_principal;
      return 200 orders;
    }}
    location ~* ^/api/health/?$ {{
      add_header x-function health;
      return 200 health;
    }}
    location / {{ return 404; }}
  }}
}}
"
    )
}
