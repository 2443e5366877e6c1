use crate::{Call, Flow, platform};

/// Refuses with 400 what Kestrel refuses before any application sees it: no `Host` header, two of them, one that is no host,
/// or a NUL in the path (RFC 9112 section 3.2).
pub fn front_end(call: &mut Call) -> Flow {
    let mut hosts = call.request.headers.get_all("host").iter();
    let proper = match (hosts.next(), hosts.next()) {
        (Some(host), None) => !host.is_empty() && host.as_bytes().iter().all(|&byte| is_host_byte(byte)),
        _ => false,
    };
    if proper && !call.path.is_empty() { Flow::Continue(()) } else { Flow::Break(platform::empty(400)) }
}

fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:[]".contains(&byte)
}
