//! Reads a directory file and reports every mistake at once.

use std::collections::HashMap;
use std::sync::Arc;

use diagnostics::{Diagnostic, Fields, Node, Problems, Source, Span, Value, nearest, parse};
use time::Date;
use time::format_description::well_known::Iso8601;
use token::{KeyComponents, UnixTime, Version};
use uuid::Uuid;

use super::{
    Application, Assignment, Certificate, ClientSecret, Credentials, Directory, ExternalKey, FederatedCredential,
    FederatedIssuer, Identity, IdentityKind, TOKEN_EXCHANGE, Tenant,
};
use crate::Secret;

pub(super) fn read(source: &Arc<Source>) -> (Option<Directory>, Vec<Diagnostic>) {
    let root = match parse(source) {
        Ok(root) => root,
        Err(diagnostic) => return (None, vec![diagnostic]),
    };
    let problems = Problems::new(source);
    let tenants = Reader { problems: &problems, known: known_tenants(&root) }.root(&root);
    let directory = (!problems.any_error()).then(|| Directory::new(tenants));
    (directory, problems.into_vec())
}

struct Reader<'a> {
    problems: &'a Problems,
    /// Names and ids of all tenants, to ids, known before any of them is read: federated credentials may point ahead.
    known: Vec<(String, String)>,
}

/// Where a value was seen first; tells when it comes again.
struct Once<'a> {
    problems: &'a Problems,
    what: &'static str,
    seen: HashMap<String, Span>,
}

impl<'a> Once<'a> {
    fn new(problems: &'a Problems, what: &'static str) -> Self {
        Self { problems, what, seen: HashMap::new() }
    }

    fn check(&mut self, value: &str, span: Span) {
        let Some(first) = self.seen.insert(value.to_lowercase(), span) else { return };
        let (line, _) = self.problems.source().line_column(first.start);
        let message = format!("{} `{value}` is given twice", self.what);
        self.problems.error(span, message, format!("line {line} has it already; each needs its own"));
    }
}

impl<'a> Reader<'a> {
    fn root(&self, root: &Node) -> Vec<Tenant> {
        let Some(fields) = self.problems.fields(root) else { return Vec::new() };
        let (mut names, mut ids) =
            (Once::new(self.problems, "tenant name or domain"), Once::new(self.problems, "tenant id"));
        let tenants = self.items(fields.required("tenants"));
        let tenants = tenants.map(|fields| self.tenant(fields, &mut names, &mut ids)).collect();
        fields.finish();
        tenants
    }

    fn tenant(&self, fields: Fields<'a>, names: &mut Once<'_>, ids: &mut Once<'_>) -> Tenant {
        let name = self.unique(&fields, "name", names);
        let id = self.guid(&fields, "id", ids);
        let domain = fields.optional("domain").and_then(|node| Some((self.problems.text(node)?, node.span)));
        if let Some((domain, span)) = domain {
            names.check(domain, span);
        }
        let mut once = TenantOnce {
            names: Once::new(self.problems, "name"),
            client_ids: Once::new(self.problems, "client id"),
            object_ids: Once::new(self.problems, "object id"),
            uris: Once::new(self.problems, "App ID URI"),
        };
        let applications: Vec<Application> =
            self.items(fields.optional("applications")).map(|fields| self.application(fields, &mut once)).collect();
        // Identities are told from applications by where they are named, so the two may share names.
        once.names = Once::new(self.problems, "name");
        let managed = self.items(fields.optional("managed-identities"));
        let mut identities: Vec<Identity> =
            managed.map(|fields| self.identity(fields, &id, &mut once, Self::managed)).collect();
        let principals = self.items(fields.optional("service-principals"));
        identities.extend(principals.map(|fields| self.identity(fields, &id, &mut once, Self::principal)));
        for assignment in self.items(fields.optional("role-assignments")) {
            self.assign(assignment, &applications, &mut identities);
        }
        fields.finish();
        Tenant { name, id, domain: domain.map(|(domain, _)| domain.to_owned()), applications, identities }
    }

    fn application(&self, fields: Fields<'a>, once: &mut TenantOnce<'_>) -> Application {
        let uris = fields.optional("uris").and_then(|node| self.problems.list(node)).unwrap_or_default();
        let uris = uris.iter().filter_map(|node| {
            let uri = self.problems.text(node)?;
            once.uris.check(uri.strip_suffix('/').unwrap_or(uri), node.span);
            Some(uri.to_owned())
        });
        let application = Application {
            uris: uris.collect(),
            name: self.unique(&fields, "name", &mut once.names),
            client_id: self.guid(&fields, "client-id", &mut once.client_ids),
            object_id: self.guid(&fields, "object-id", &mut once.object_ids),
            version: fields.optional("token-version").and_then(|node| self.version(node)).unwrap_or(Version::V1),
            assignment_required: fields.boolean_or("assignment-required", false),
            roles: fields.texts("roles"),
        };
        fields.finish();
        application
    }

    fn version(&self, node: &Node) -> Option<Version> {
        match node.value {
            Value::Integer(1) => Some(Version::V1),
            Value::Integer(2) => Some(Version::V2),
            _ => {
                self.problems.mismatch(
                    node,
                    "1 or 2",
                    "write 1 for v1.0 tokens, which is Entra's default, or 2 for v2.0",
                );
                None
            }
        }
    }

    fn identity(
        &self,
        fields: Fields<'a>,
        tenant: &str,
        once: &mut TenantOnce<'_>,
        kind: fn(&Self, &Fields<'a>) -> IdentityKind,
    ) -> Identity {
        let identity = Identity {
            name: self.unique(&fields, "name", &mut once.names),
            tenant: tenant.to_owned(),
            client_id: self.guid(&fields, "client-id", &mut once.client_ids),
            object_id: self.guid(&fields, "object-id", &mut once.object_ids),
            kind: kind(self, &fields),
            assignments: Vec::new(),
        };
        fields.finish();
        identity
    }

    fn managed(&self, fields: &Fields<'a>) -> IdentityKind {
        let (resource, id) = (self.arm_id(fields, "resource"), self.arm_id(fields, "id"));
        let host = self.arm_id(fields, "host");
        match (resource, id) {
            (Some(resource), None) => return IdentityKind::SystemAssigned { resource },
            (None, Some(id)) => return IdentityKind::UserAssigned { id, host },
            _ => {}
        }
        let message = "a managed identity is either system-assigned or user-assigned";
        let help = "write `resource: /subscriptions/...` of the resource that bears it, or `id: /subscriptions/...` of its own";
        self.problems.error(self.first_line(fields.span()), message, help);
        IdentityKind::SystemAssigned { resource: String::new() }
    }

    fn arm_id(&self, fields: &Fields<'a>, key: &'static str) -> Option<String> {
        let node = fields.optional(key)?;
        let text = self.problems.text(node)?;
        if !text.to_lowercase().starts_with("/subscriptions/") {
            let help = "it looks like /subscriptions/{id}/resourceGroups/{name}/providers/...";
            self.problems.error(node.span, "not the id of an Azure resource", help);
        }
        Some(text.to_owned())
    }

    fn principal(&self, fields: &Fields<'a>) -> IdentityKind {
        let secrets = self.items(fields.optional("secrets")).map(|fields| self.secret(fields)).collect();
        let certificates =
            fields.optional("certificates").and_then(|node| self.problems.list(node)).unwrap_or_default();
        let certificates = certificates.iter().filter_map(|node| self.certificate(node)).collect();
        let federated = self.items(fields.optional("federated-credentials"));
        let federated = federated.filter_map(|fields| self.federated(fields)).collect();
        IdentityKind::ServicePrincipal(Credentials { secrets, certificates, federated })
    }

    fn secret(&self, fields: Fields<'a>) -> ClientSecret {
        let value = fields.required("value");
        if let Some(value) = value {
            self.problems.secret(value.span);
        }
        let secret = ClientSecret {
            value: Secret::new(value.and_then(|value| self.problems.text(value)).unwrap_or_default()),
            expires: fields.optional("expires").and_then(|node| self.date(node)),
        };
        fields.finish();
        secret
    }

    fn date(&self, node: &Node) -> Option<UnixTime> {
        let date = self.problems.text(node).and_then(|text| Date::parse(text, &Iso8601::DATE).ok());
        if date.is_none() {
            self.problems.error(node.span, "not a date", "write it as 2031-01-31; it begins at midnight UTC");
        }
        date.map(|date| date.midnight().assume_utc().unix_timestamp())
    }

    fn certificate(&self, node: &Node) -> Option<Certificate> {
        let certificate = Certificate::from_pem(self.problems.text(node)?);
        certificate
            .map_err(|error| {
                let help = "write `- |` and below it, indented, the lines from BEGIN CERTIFICATE to END CERTIFICATE";
                self.problems.error(self.first_line(node.span), error.to_string(), help);
            })
            .ok()
    }

    fn federated(&self, fields: Fields<'a>) -> Option<FederatedCredential> {
        let (tenant, issuer, keys) = (fields.optional("tenant"), fields.optional("issuer"), fields.optional("keys"));
        let signer = match (tenant, issuer, keys) {
            (Some(tenant), None, None) => self.known_tenant(tenant).map(FederatedIssuer::Tenant),
            (None, Some(issuer), Some(keys)) => self.external(issuer, keys),
            _ => {
                let help =
                    "write `tenant:` for a tenant of this file, or `issuer:` and its public `keys: { keys: [...] }`";
                self.problems.error(self.first_line(fields.span()), "it is not clear who signs the assertions", help);
                None
            }
        };
        let subject = fields.required_text("subject").unwrap_or_default();
        let audience = fields.optional_text("audience").unwrap_or_else(|| TOKEN_EXCHANGE.to_owned());
        fields.finish();
        Some(FederatedCredential { issuer: signer?, subject, audience })
    }

    fn known_tenant(&self, node: &Node) -> Option<String> {
        let name = self.problems.text(node)?;
        let names = self.known.iter().map(|(name, _)| name.as_str());
        self.known(node, "tenant", name, names);
        self.known.iter().find(|(known, _)| known == name).map(|(_, id)| id.clone())
    }

    fn external(&self, issuer: &Node, keys: &'a Node) -> Option<FederatedIssuer> {
        let issuer = self.problems.text(issuer);
        let set = self.problems.fields(keys)?;
        let keys = self.items(set.required("keys")).filter_map(|fields| self.external_key(&fields)).collect();
        set.finish();
        Some(FederatedIssuer::External { issuer: issuer?.to_owned(), keys })
    }

    /// A JWK as issuers publish it: members beyond the key itself are let pass.
    fn external_key(&self, fields: &Fields<'a>) -> Option<ExternalKey> {
        let (n, e) = (fields.required_text("n"), fields.required_text("e"));
        let components = KeyComponents::from_jwk(&n?, &e?);
        let components = components.map_err(|error| {
            self.problems.error(
                self.first_line(fields.span()),
                error.to_string(),
                "copy the key from the issuer's JWKS",
            );
        });
        Some(ExternalKey { kid: fields.optional_text("kid"), components: components.ok()? })
    }

    fn assign(&self, fields: Fields<'a>, applications: &[Application], identities: &mut [Identity]) {
        let identity = fields.required("identity").and_then(|node| {
            let name = self.problems.text(node)?;
            self.known(node, "identity", name, identities.iter().map(|one| one.name.as_str())).then_some(name)
        });
        let application = fields.required("application").and_then(|node| {
            let name = self.problems.text(node)?;
            self.known(node, "application", name, applications.iter().map(|one| one.name.as_str()));
            applications.iter().find(|one| one.name == name)
        });
        let role = fields.optional("role").and_then(|node| {
            let role = self.problems.text(node)?;
            if let Some(application) = application {
                self.known(node, "role", role, application.roles.iter().map(String::as_str));
            }
            Some(role.to_owned())
        });
        fields.finish();
        let identity = identities.iter_mut().find(|one| identity.is_some_and(|name| one.name == name));
        if let (Some(identity), Some(application)) = (identity, application) {
            identity.assignments.push(Assignment { application: application.client_id.clone(), role });
        }
    }

    /// Whether a name is one of those that this file defines; says so if not, with the one that was probably meant.
    fn known<'n>(&self, node: &Node, what: &str, name: &str, known: impl Iterator<Item = &'n str> + Clone) -> bool {
        if known.clone().any(|one| one == name) {
            return true;
        }
        let help = match nearest(name, known.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => match known.collect::<Vec<_>>()[..] {
                [] => format!("this file defines no {what} here"),
                ref all => format!("known here: {}", all.join(", ")),
            },
        };
        self.problems.error(node.span, format!("there is no {what} `{name}`"), help);
        false
    }

    fn unique(&self, fields: &Fields<'a>, key: &'static str, once: &mut Once<'_>) -> String {
        let Some(node) = fields.required(key) else { return String::new() };
        let Some(text) = self.problems.text(node) else { return String::new() };
        once.check(text, node.span);
        text.to_owned()
    }

    fn guid(&self, fields: &Fields<'a>, key: &'static str, once: &mut Once<'_>) -> String {
        let Some(node) = fields.required(key) else { return String::new() };
        let Some(text) = self.problems.text(node) else { return String::new() };
        if text.len() != 36 || Uuid::try_parse(text).is_err() {
            let help = format!("it looks like {}", Uuid::from_u128(0x1234_5678_9abc_4def_8123_4567_89ab_cdef));
            self.problems.error(node.span, format!("`{text}` is not a GUID"), help);
        }
        once.check(text, node.span);
        text.to_lowercase()
    }

    /// The mappings of a list that may be left out.
    fn items(&self, list: Option<&'a Node>) -> impl Iterator<Item = Fields<'a>> + use<'a> {
        let problems = self.problems;
        let items = list.and_then(|node| problems.list(node)).unwrap_or_default();
        items.iter().filter_map(|item| problems.fields(item))
    }

    fn first_line(&self, span: Span) -> Span {
        let text = &self.problems.source().text[span.start..span.end];
        Span { start: span.start, end: span.start + text.find('\n').unwrap_or(text.len()) }
    }
}

/// What must differ within one tenant.
struct TenantOnce<'a> {
    names: Once<'a>,
    client_ids: Once<'a>,
    object_ids: Once<'a>,
    uris: Once<'a>,
}

/// Names and ids of the tenants, as far as they can be read; mistakes in them are reported when each is read in full.
fn known_tenants(root: &Node) -> Vec<(String, String)> {
    let Some(Value::List(tenants)) = member(root, "tenants") else { return Vec::new() };
    let text = |node, name| match member(node, name) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let ids = tenants.iter().filter_map(|tenant| Some((text(tenant, "name")?, text(tenant, "id")?.to_lowercase())));
    ids.flat_map(|(name, id)| [(name, id.clone()), (id.clone(), id)]).collect()
}

fn member<'n>(node: &'n Node, name: &str) -> Option<&'n Value> {
    let Value::Map(entries) = &node.value else { return None };
    entries.iter().find(|(key, _)| key.text == name).map(|(_, node)| &node.value)
}
