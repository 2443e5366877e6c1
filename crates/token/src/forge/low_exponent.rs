//! Signatures that take no private key, for verifiers that do not read the padding to its end (Bleichenbacher 2006, CVE-2006-4339).

use aws_lc_rs::digest::{self, SHA256};

use crate::TokenError;

/// Bytes of the modulus that the signature is for.
const LENGTH: usize = 256;
/// `DigestInfo` of SHA-256, up to the digest (RFC 8017 section 9.2, note 1).
const DIGEST_INFO: [u8; 19] =
    [0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];

/// With exponent 1 the padded digest itself; with 3 a number whose cube starts with the digest behind a padding of eight bytes.
pub(super) fn forge(exponent: u8, message: &[u8]) -> Result<Vec<u8>, TokenError> {
    let info = [&DIGEST_INFO, digest::digest(&SHA256, message).as_ref()].concat();
    match exponent {
        1 => Ok(padded(&info, LENGTH - info.len() - 3)),
        3 => {
            let mut wanted = padded(&info, 8);
            // The digits behind are free, so the largest root below does.
            wanted.resize(LENGTH, 0xFF);
            Ok(cube_root(&wanted))
        }
        other => Err(TokenError::Key(format!("no signature can be made for the exponent {other}; write 1 or 3"))),
    }
}

fn padded(info: &[u8], times: usize) -> Vec<u8> {
    [&[0x00, 0x01], &*vec![0xFF; times], &[0x00], info].concat()
}

/// The largest number whose cube is not above this one, big-endian and as long. Tries every bit from the highest.
fn cube_root(number: &[u8]) -> Vec<u8> {
    let number = limbs(number);
    let mut root = vec![0_u32; number.len()];
    // The root of a number of so many limbs fits in a third of them.
    for bit in (0..number.len().div_ceil(3) * 32).rev() {
        root[bit / 32] |= 1 << (bit % 32);
        let cube = product(&product(&root, &root), &root);
        if is_above(&cube, &number) {
            root[bit / 32] &= !(1 << (bit % 32));
        }
    }
    root.iter().rev().flat_map(|limb| limb.to_be_bytes()).collect()
}

/// Little-endian, 32 bits each.
fn limbs(number: &[u8]) -> Vec<u32> {
    number.rchunks(4).map(|bytes| bytes.iter().fold(0, |limb, byte| limb << 8 | u32::from(*byte))).collect()
}

fn product(left: &[u32], right: &[u32]) -> Vec<u32> {
    let significant = |limbs: &[u32]| limbs.iter().rposition(|limb| *limb != 0).map_or(0, |last| last + 1);
    let (left, right) = (&left[..significant(left)], &right[..significant(right)]);
    let mut product = vec![0; left.len() + right.len()];
    for (i, a) in left.iter().enumerate() {
        let mut carry = 0;
        for (j, b) in right.iter().enumerate() {
            let sum = u64::from(*a) * u64::from(*b) + u64::from(product[i + j]) + carry;
            product[i + j] = low(sum);
            carry = sum >> 32;
        }
        product[i + right.len()] = low(carry);
    }
    product
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is what is wanted")]
fn low(limb: u64) -> u32 {
    limb as u32
}

fn is_above(left: &[u32], right: &[u32]) -> bool {
    let limb = |limbs: &[u32], at: usize| limbs.get(at).copied().unwrap_or(0);
    let differing = (0..left.len().max(right.len())).rev().find(|at| limb(left, *at) != limb(right, *at));
    differing.is_some_and(|at| limb(left, at) > limb(right, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cube_begins_like_a_padded_digest() {
        let signature = forge(3, b"a message").unwrap();
        assert_eq!(signature.len(), LENGTH);
        let root = limbs(&signature);
        let cube = product(&product(&root, &root), &root);
        let cube: Vec<u8> = cube.iter().take(LENGTH / 4).rev().flat_map(|limb| limb.to_be_bytes()).collect();
        let start = padded(&[&DIGEST_INFO, digest::digest(&SHA256, b"a message").as_ref()].concat(), 8);
        assert_eq!((start.len(), cube.len()), (62, LENGTH));
        assert!(cube.starts_with(&start));
    }

    #[test]
    fn a_power_of_one_is_the_padded_digest() {
        let signature = forge(1, b"").unwrap();
        assert_eq!(signature.len(), LENGTH);
        assert_eq!(signature[..4], [0, 1, 0xFF, 0xFF]);
        assert_eq!(signature[LENGTH - 52..LENGTH - 32], [&[0], &DIGEST_INFO[..]].concat());
        // SHA-256 of nothing.
        assert_eq!(signature[LENGTH - 32..][..4], [0xE3, 0xB0, 0xC4, 0x42]);
        assert!(forge(2, b"").is_err());
    }

    #[test]
    fn roots_are_whole_and_never_too_large() {
        for (number, root) in [(0_u32, 0_u32), (1, 1), (7, 1), (8, 2), (26, 2), (27, 3), (4_294_967_295, 1625)] {
            assert_eq!(cube_root(&number.to_be_bytes()), root.to_be_bytes(), "of {number}");
        }
    }
}
