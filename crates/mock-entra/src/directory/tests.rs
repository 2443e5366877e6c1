//! Directories as people write them, well and badly.

use diagnostics::{Source, render};
use insta::assert_snapshot;
use rstest::rstest;
use token::Version;

use super::{Certificate, CertificateError, Directory, FederatedIssuer, IdentityKind};

const FIXTURE: &str = include_str!("../../../../fixtures/directory.yaml");

fn fixture() -> Directory {
    let (directory, diagnostics) = Directory::read(&Source::new("directory.yaml", FIXTURE));
    assert_eq!(render(&diagnostics, false), "");
    directory.unwrap()
}

fn complaints(text: &str) -> String {
    let (directory, diagnostics) = Directory::read(&Source::new("directory.yaml", text));
    assert!(directory.is_none());
    render(&diagnostics, false)
}

#[test]
fn the_default_directory_has_the_people_that_others_rely_on() {
    let directory = fixture();
    let contoso = directory.tenant("CONTOSO.example").unwrap();
    assert_eq!(contoso.id, "72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10");
    let orders = contoso.resource("api://orders").unwrap();
    assert_eq!((orders.version, orders.assignment_required), (Version::V2, false));
    assert_eq!(contoso.identity("apim").unwrap().roles_on(orders), ["Orders.Read"]);
    assert!(matches!(contoso.identity("reporting").unwrap().kind, IdentityKind::UserAssigned { host: Some(_), .. }));
    let batch = contoso.identity("batch").unwrap().credentials().unwrap();
    assert_eq!((batch.secrets.len(), batch.certificates.len(), batch.federated.len()), (2, 1, 1));
    assert!(matches!(&batch.federated[0].issuer, FederatedIssuer::Tenant(id) if *id == contoso.id));
    assert_eq!(directory.secrets().count(), 2);
    let (fabrikam, gateway) = directory.identities("gateway").next().unwrap();
    assert_eq!((fabrikam.name.as_str(), gateway.is_managed()), ("fabrikam", true));
}

#[rstest]
#[case::client_id("11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41", Some("orders"))]
#[case::client_id_in_capitals("11F4C2AA-6B1D-4E8F-8A53-2C9D7E6B5A41", Some("orders"))]
#[case::default_uri("api://11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41", Some("orders"))]
#[case::slash_added("api://orders/", Some("orders"))]
#[case::slash_left_out("https://billing.contoso.example", Some("billing"))]
#[case::two_slashes("api://orders//", None)]
#[case::only_a_name("orders", None)]
#[case::a_managed_identity("33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e", None)]
#[case::nothing("", None)]
fn resources_are_found_by_their_audiences(#[case] audience: &str, #[case] name: Option<&str>) {
    let directory = fixture();
    let found = directory.tenant("contoso").unwrap().resource(audience);
    assert_eq!(found.map(|one| one.name.as_str()), name);
}

#[test]
fn secrets_and_certificates_do_not_show() {
    let text = format!("{:?}", fixture());
    assert!(!text.contains("batch-secret"), "{text}");
    let with_key = format!("-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n{FIXTURE}");
    assert!(matches!(Certificate::from_pem(&with_key), Err(CertificateError::Pem(_))));
}

#[test]
fn every_mistake_is_told_at_once() {
    assert_snapshot!(complaints(
        "tenants:
  - name: contoso
    id: 72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10
    applications:
      - name: orders
        client-id: 11f4c2aa
        object-id: 00000000-0000-4000-8000-000000000001
        token-version: '2'
        roles: [Orders.Read]
    managed-identities:
      - name: apim
        client-id: 33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e
        object-id: 00000000-0000-4000-8000-000000000002
      - name: reporting
        client-id: 44c9fadd-5e60-4f71-9d82-9a0b1c2d3e4f
        object-id: 00000000-0000-4000-8000-000000000003
        id: subscriptions/x
    service-principals:
      - name: batch
        client-id: 55da0bee-6f71-4082-8e93-0b1c2d3e4f50
        object-id: 00000000-0000-4000-8000-000000000004
        secrets: [{ value: x, expires: next week }]
        certificates: [nonsense]
        federated-credentials:
          - { tenant: contosso, subject: a }
          - { issuer: 'https://ci.example', subject: b }
          - { issuer: 'https://ci.example', subject: c, keys: { keys: [{ n: AA, e: '!' }] } }
    role-assignments:
      - { identity: apmi, application: orders, role: Orders.Read }
      - { identity: apim, application: invoices }
      - { identity: batch, application: orders, role: Orders.Raed }
"
    ));
}

#[test]
fn what_must_differ_is_pointed_at() {
    assert_snapshot!(complaints(
        "tenants:
  - name: contoso
    id: 72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10
    applications:
      - name: orders
        client-id: 11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41
        object-id: 00000000-0000-4000-8000-000000000001
        uris: [api://orders, 'api://Orders/']
      - name: orders
        client-id: 11F4C2AA-6B1D-4E8F-8A53-2C9D7E6B5A41
        object-id: 00000000-0000-4000-8000-000000000002
  - name: fabrikam
    id: 72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10
    domain: Contoso
"
    ));
}

#[rstest]
#[case::empty("")]
#[case::list("[]")]
#[case::no_tenants("{}")]
#[case::tenants_text("tenants: contoso")]
fn a_file_of_another_kind_is_refused(#[case] text: &str) {
    assert!(complaints(text).starts_with("error: "));
}
