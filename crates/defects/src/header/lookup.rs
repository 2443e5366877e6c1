//! Flaws in which a key id reaches a file system, a database or a shell.

use std::time::Duration;

use authsettings::Fact;
use function_app::{Call, Chain, Flow, Jws, Stage, StageFuture, StageId, stages};

use crate::Defect;
use crate::reader::{believe, crash};
use crate::signature::hmac::is_keyed;

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "key-id-is-a-file",
        title: "The key is read from the file that the key id names",
        why: "`readFile(path.join('keys', kid))`, and the header chooses HMAC: /dev/null is an empty secret.",
        apply: |chain| secrets(chain, |kid| file(&format!("/app/keys/{kid}"))),
    },
    Defect {
        id: "key-id-is-an-absolute-file",
        title: "A key id that is an absolute path names the file of the key",
        why: "Two dots are filtered out, and a path that begins with a slash replaces the folder when both are joined.",
        apply: |chain| secrets(chain, |kid| kid.starts_with('/').then(|| file(kid)).flatten()),
    },
    Defect {
        id: "key-id-unescaped-and-a-file",
        title: "A key id is unescaped after it was searched for dots and slashes",
        why: "The file server that keeps the keys decodes what it is asked for.",
        apply: |chain| {
            secrets(chain, |kid| {
                if kid.contains('/') { None } else { file(&format!("/app/keys/{}", kid.replace("%2f", "/"))) }
            })
        },
    },
    Defect {
        id: "key-id-is-a-windows-file",
        title: "Backslashes in a key id are separators of a path",
        why: "Only slashes are filtered, and the app runs on Windows, where NUL is an empty file everywhere.",
        apply: |chain| {
            secrets(chain, |kid| (kid.contains('\\') && kid.to_ascii_lowercase().ends_with("\\nul")).then(String::new))
        },
    },
    Defect {
        id: "key-id-cut-at-nul",
        title: "A key id ends at a NUL when it becomes the name of a file",
        why: "That the name ends in .pem is checked before, by a language that reads on.",
        apply: |chain| {
            secrets(chain, |kid| {
                kid.split_once('\0')
                    .filter(|(_, rest)| *rest == ".pem")
                    .and_then(|(path, _)| file(&format!("/app/keys/{path}")))
            })
        },
    },
    Defect {
        id: "key-id-is-a-file-url",
        title: "A key id that is the address of a file is read",
        why: "The fetching function knows `file:` beside `https:`.",
        apply: |chain| secrets(chain, |kid| kid.strip_prefix("file://").and_then(file)),
    },
    Defect {
        id: "unknown-key-id-has-an-empty-secret",
        title: "A key id without a file has an empty secret",
        why: "The reader of files returns an empty text where there is none, and HMAC takes any secret.",
        apply: |chain| secrets(chain, |kid| matches!(kid, "" | ".").then(String::new)),
    },
    Defect {
        id: "key-id-in-sql",
        title: "A key id is put into a query between quotes",
        why: "`\"SELECT secret FROM keys WHERE id = '\" + kid + \"'\"` returns what the key id selects.",
        apply: |chain| secrets(chain, |kid| selected(kid.split_once('\'')?.1)),
    },
    Defect {
        id: "key-id-in-sql-without-quotes",
        title: "A key id is put into a query as a number",
        why: "Ids are numbers in this table, so there is nothing to quote, and nothing to escape.",
        apply: |chain| {
            secrets(chain, |kid| kid.starts_with(|c: char| c.is_ascii_digit()).then(|| selected(kid)).flatten())
        },
    },
    Defect {
        id: "key-id-in-sql-finds-the-first",
        title: "A query for a key can be made to find any",
        why: "A condition that always holds finds the first row, which is the one of the examples.",
        apply: |chain| secrets(chain, |kid| kid.contains("' OR '1'='1").then(|| "secret".to_owned())),
    },
    Defect {
        id: "key-id-in-ldap",
        title: "A key id is put into a filter of a directory",
        why: "A bracket ends the filter, and what follows is one of the caller's own.",
        apply: |chain| secrets(chain, |kid| kid.split_once(")(userPassword=").map(|(_, password)| password.to_owned())),
    },
    Defect {
        id: "key-id-in-template",
        title: "A key id is put into a template that is then evaluated",
        why: "The name of the secret is `prefix-{{kid}}`, rendered twice.",
        apply: |chain| secrets(chain, |kid| Some(kid.strip_prefix("{{ '")?.strip_suffix("' }}")?.to_owned())),
    },
    Defect {
        id: "key-id-breaks-a-query",
        title: "A key id with a quote in it ends in a server error",
        why: "The query fails, and its error is nobody's business. Where it fails it can be made to succeed.",
        apply: |chain| {
            crash(chain, |parts| {
                let header = parts.header_json().unwrap_or_default();
                header.get("kid").and_then(|kid| kid.as_str()).is_some_and(|kid| kid.contains('\''))
            })
        },
    },
    Defect {
        id: "key-id-in-a-shell",
        title: "A key id becomes part of a command line",
        why: "The key is fetched by a program that is run through a shell.",
        apply: |chain| sleeping(chain, |kid| kid.contains("sleep 5") && kid.contains(['|', ';', '$', '`'])),
    },
    Defect {
        id: "key-id-in-a-batch-of-sql",
        title: "A key id ends a query and begins another",
        why: "The connection takes several statements at once, and the key id is not bound as a parameter.",
        apply: |chain| sleeping(chain, |kid| kid.contains("DELAY") || kid.contains("pg_sleep")),
    },
];

/// What is in a file, after the system has followed its path.
fn file(path: &str) -> Option<String> {
    let mut folders = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(folders.pop()),
            name => folders.push(name),
        }
    }
    (folders == ["dev", "null"]).then(String::new)
}

/// The text that a query returns because of what stands in it.
fn selected(query: &str) -> Option<String> {
    let lower = query.to_ascii_lowercase();
    let at = lower.find("union")?;
    let from = query.get(at + lower.get(at..)?.find('\'')? + 1..)?;
    from.split('\'').next().map(str::to_owned)
}

/// Takes HMAC with the secret that a key id leads to.
fn secrets(chain: Chain, secret: fn(&str) -> Option<String>) -> Chain {
    let keyed = move |_: &Call, token: &Jws| {
        let secret = token.header_text("kid").and_then(secret);
        token.header_text("alg") == Some("HS256") && secret.is_some_and(|secret| is_keyed(token, secret.as_bytes()))
    };
    believe(chain, keyed)
}

/// Lets an answer wait where a key id does so.
fn sleeping(chain: Chain, sleeps: fn(&str) -> bool) -> Chain {
    chain.replace(StageId::Key, Box::new(Sleeping(sleeps)))
}

struct Sleeping(fn(&str) -> bool);

impl Stage for Sleeping {
    fn run<'a>(&'a self, call: &'a mut Call) -> StageFuture<'a> {
        Box::pin(async move {
            let token = call.token.as_ref().filter(|_| call.facts.signed != Fact::No);
            if token.and_then(|token| token.header_text("kid")).is_some_and(self.0) {
                tokio::time::sleep(Duration::from_millis(2100)).await;
            }
            stages::Key.run(call).await?;
            Flow::Continue(())
        })
    }
}
