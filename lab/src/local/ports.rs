//! The ports of a local cloud. They are held from the beginning, so that no other program takes one before its server
//! has started.

use std::net::TcpListener;

use anyhow::Context;
use spillway::loopback::listen;

/// Two ports on 127.0.0.1 that are listened on already.
pub struct Ports {
    pub(super) aws: TcpListener,
    pub(super) codedeploy: TcpListener,
}

impl Ports {
    /// The base for the emulated AWS, and the next for CodeDeploy's API. 0 stands for any two that are free.
    pub fn from_base(base: u16) -> anyhow::Result<Self> {
        let next = match base {
            0 => 0,
            _ => base
                .checked_add(1)
                .with_context(|| format!("port {base} leaves none for CodeDeploy's API, which is on the next"))?,
        };
        Ok(Self { aws: listen(base)?, codedeploy: listen(next)? })
    }

    /// Where the emulated AWS will answer.
    pub fn aws_url(&self) -> anyhow::Result<String> {
        url(&self.aws)
    }
}

/// The address of what listens there.
pub(super) fn url(listener: &TcpListener) -> anyhow::Result<String> {
    Ok(format!("http://{}", listener.local_addr()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_is_on_the_port_after_the_base() {
        // Another program may hold the port after one that is free, so that one attempt proves nothing.
        let (base, ports) = (0..100)
            .find_map(|_| {
                let base = listen(0).unwrap().local_addr().unwrap().port();
                Some((base, Ports::from_base(base).ok()?))
            })
            .unwrap();
        assert_eq!(ports.aws_url().unwrap(), format!("http://127.0.0.1:{base}"));
        assert_eq!(url(&ports.codedeploy).unwrap(), format!("http://127.0.0.1:{}", base + 1));
    }

    #[test]
    fn the_last_port_is_no_base() {
        let words = Ports::from_base(u16::MAX).err().unwrap().to_string();
        assert_eq!(words, "port 65535 leaves none for CodeDeploy's API, which is on the next");
    }
}
