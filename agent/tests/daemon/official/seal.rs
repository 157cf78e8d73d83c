//! The PKCS#7 of a specification, read by the rules of the stricter agent.

use cms::cert::CertificateChoices;
use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerIdentifier};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use spillway_agent::proxy::seal::Seal;
use x509_cert::der::asn1::OctetString;
use x509_cert::der::pem::decode_vec;
use x509_cert::der::{Decode, Encode};

/// What is in it. Fails unless an agent of version 2 would take it: armored by the old name, not detached, with the
/// certificate of the signer, who is named by issuer and number, and a good signature.
#[track_caller]
pub fn open(armored: &str) -> String {
    assert!(armored.starts_with("-----BEGIN PKCS7-----\n"), "{armored}");
    let lines: Vec<&str> = armored.lines().collect();
    assert!(lines[1..lines.len() - 2].iter().all(|line| line.len() == 64), "{armored}");
    let (_, bytes) = decode_vec(armored.as_bytes()).unwrap();
    let whole = ContentInfo::from_der(&bytes).unwrap();
    let signed: SignedData = whole.content.decode_as().unwrap();
    let content: OctetString = signed.encap_content_info.econtent.unwrap().decode_as().unwrap();
    let certificates = signed.certificates.unwrap();
    let [CertificateChoices::Certificate(certificate)] = certificates.0.as_slice() else { panic!("{certificates:?}") };
    let [signer] = signed.signer_infos.0.as_slice() else { panic!("{:?}", signed.signer_infos) };
    let SignerIdentifier::IssuerAndSerialNumber(named) = &signer.sid else { panic!("{:?}", signer.sid) };
    let own = &certificate.tbs_certificate;
    assert_eq!((&named.issuer, &named.serial_number), (&own.issuer, &own.serial_number));
    let key = own.subject_public_key_info.subject_public_key.raw_bytes();
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key);
    key.verify(content.as_bytes(), signer.signature.as_bytes()).expect("the content is signed");
    key.verify(&own.to_der().unwrap(), certificate.signature.raw_bytes()).expect("the certificate is signed");
    String::from_utf8(content.into_bytes()).unwrap()
}

#[test]
fn a_text_of_any_length_is_wrapped_and_each_proxy_has_a_key_of_its_own() {
    let (seal, other) = (Seal::new().unwrap(), Seal::new().unwrap());
    for text in ["", "{}", &"\u{e9} ".repeat(50_000)] {
        assert_eq!(open(&seal.wrap(text).unwrap()), text);
    }
    assert_ne!(seal.wrap("{}").unwrap()[200..400], other.wrap("{}").unwrap()[200..400]);
}
