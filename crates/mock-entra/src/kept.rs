//! What of the keys outlives a run, in a state folder: the keys themselves, numbered in the order in which they are taken, and which
//! of them each tenant of the directory publishes. Tenants that were added do not outlive the run, nor do their key sets.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serve::StateFolder;
use token::SigningKey;

use crate::directory::Directory;
use crate::keys::KeysError;
use crate::ring::Ring;
use crate::tenants::{Keyring, Tenancy};

const RINGS: &str = "rings.json";

/// By tenant id.
type Rings = BTreeMap<String, KeptRing>;

/// A tenant's keys, by their ids.
#[derive(Serialize, Deserialize)]
struct KeptRing {
    published: Vec<String>,
    signing: String,
    rotations: usize,
}

/// Reads a key, if it was kept.
pub(crate) fn load(state: Option<&StateFolder>, number: usize) -> Result<Option<Arc<SigningKey>>, KeysError> {
    let Some(state) = state else { return Ok(None) };
    let [key, certificate] = names(number);
    let (Some(key), Some(certificate)) = (state.read(&key)?, state.read(&certificate)?) else { return Ok(None) };
    Ok(Some(Arc::new(SigningKey::from_der(&key, &certificate)?)))
}

/// Keeps a key.
pub(crate) fn save(state: Option<&StateFolder>, number: usize, key: &SigningKey) -> Result<(), KeysError> {
    let Some(state) = state else { return Ok(()) };
    let [key_name, certificate_name] = names(number);
    let (private, certificate) = key.to_der()?;
    state.write(&key_name, private.expose())?;
    Ok(state.write(&certificate_name, &certificate)?)
}

/// Keeps which keys the tenants of the directory publish.
pub(crate) fn save_rings(state: &StateFolder, directory: &Directory, all: &[Arc<Tenancy>]) -> Result<(), KeysError> {
    let of_directory = all.iter().filter(|tenancy| directory.tenant(&tenancy.tenant.id).is_some());
    let rings: Rings = of_directory
        .filter_map(|tenancy| {
            let keyring = tenancy.keyring();
            let ring = keyring.ring.as_ref()?;
            let published = ring.kids().into_iter().map(str::to_owned).collect();
            let signing = ring.signing().kid().to_owned();
            Some((tenancy.tenant.id.clone(), KeptRing { published, signing, rotations: keyring.rotations }))
        })
        .collect();
    let text = serde_json::to_vec(&rings).expect("a map of texts can always be written");
    Ok(state.write(RINGS, &text)?)
}

/// Gives the tenants the keys that they published when they were last kept. Where keys are gone, a tenant begins as all do.
///
/// # Errors
/// Where a file cannot be read; one that is not ours, or of another form, counts as none.
pub(crate) fn restore_rings(
    state: &StateFolder,
    all: &[Arc<Tenancy>],
    keys: &[Arc<SigningKey>],
) -> Result<(), KeysError> {
    let Some(text) = state.read(RINGS)? else { return Ok(()) };
    let rings: Rings = serde_json::from_slice(&text).unwrap_or_default();
    let known: HashMap<&str, &Arc<SigningKey>> = keys.iter().map(|key| (key.kid(), key)).collect();
    let find = |kid: &String| known.get(kid.as_str()).map(|key| Arc::clone(key));
    for tenancy in all {
        let Some(kept) = rings.get(&tenancy.tenant.id) else { continue };
        let published: Option<Vec<_>> = kept.published.iter().map(find).collect();
        let signing = find(&kept.signing).filter(|_| kept.published.contains(&kept.signing));
        if let (Some(published), Some(signing)) = (published, signing) {
            *tenancy.keyring_mut() =
                Keyring { ring: Some(Arc::new(Ring::new(published, signing))), rotations: kept.rotations };
        }
    }
    Ok(())
}

fn names(number: usize) -> [String; 2] {
    [format!("signing-{number}.key"), format!("signing-{number}.cer")]
}
