//! A request body as it was before the client packed it.

use std::io::Read;

use flate2::read::MultiGzDecoder;
use spillway_domain::words::cut;

use crate::codedeploy::exception::Exception;
use crate::codedeploy::http::BODY_BYTES;

/// Unpacks a body by its header `Content-Encoding`. No more is unpacked than a body may have, however much is in there.
pub fn unpack(body: Vec<u8>, encoding: Option<&str>) -> Result<Vec<u8>, Exception> {
    let refused = |words: String| Err(Exception::new("SerializationException", words));
    let encoding = encoding.unwrap_or_default().trim().to_ascii_lowercase();
    match encoding.as_str() {
        "" | "identity" => return Ok(body),
        "gzip" | "x-gzip" => {}
        _ => {
            let encoding = cut(&encoding, 120);
            return refused(format!("The Content-Encoding '{encoding}' is not supported. Send gzip, or none."));
        }
    }
    let most = BODY_BYTES;
    let mut unpacked = Vec::new();
    match MultiGzDecoder::new(body.as_slice()).take(most as u64 + 1).read_to_end(&mut unpacked) {
        Err(error) => refused(format!("The request body is not the gzip that its Content-Encoding says: {error}.")),
        Ok(bytes) if bytes > most => {
            refused(format!("The request body has more than {most} bytes when it is unpacked; it may have {most}."))
        }
        Ok(_) => Ok(unpacked),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(body: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    fn refusal(body: Vec<u8>, encoding: &str) -> String {
        unpack(body, Some(encoding)).unwrap_err().to_string()
    }

    #[test]
    fn gzip_is_unpacked_and_what_is_not_packed_is_left() {
        let body = br#"{"deploymentId":"d-75I7MBT7C"}"#;
        for encoding in [None, Some(""), Some("identity"), Some(" Identity ")] {
            assert_eq!(unpack(body.to_vec(), encoding).unwrap(), body);
        }
        for encoding in ["gzip", "GZIP", "x-gzip"] {
            assert_eq!(unpack(gzip(body), Some(encoding)).unwrap(), body);
        }
        let whole = vec![b' '; BODY_BYTES];
        assert_eq!(unpack(gzip(&whole), Some("gzip")).unwrap(), whole);
    }

    #[test]
    fn a_bomb_is_refused_before_it_is_large() {
        let bomb = gzip(&vec![b' '; 3 * BODY_BYTES]);
        assert!(bomb.len() < BODY_BYTES);
        assert_eq!(
            refusal(bomb, "gzip"),
            "SerializationException: The request body has more than 1048576 bytes when it is unpacked; it may have 1048576."
        );
    }

    #[test]
    fn anything_else_is_refused_with_what_to_send() {
        assert_eq!(
            refusal(b"{}".to_vec(), "br"),
            "SerializationException: The Content-Encoding 'br' is not supported. Send gzip, or none."
        );
        assert!(refusal(b"{}".to_vec(), "gzip, gzip").contains("'gzip, gzip' is not supported"));
        assert!(refusal(b"{}".to_vec(), "gzip").contains("is not the gzip that its Content-Encoding says"));
        let mut half = gzip(br#"{"deploymentId":"d-75I7MBT7C"}"#);
        half.truncate(half.len() / 2);
        assert!(refusal(half, "gzip").contains("is not the gzip"));
    }
}
