//! Wraps specifications for CodeDeploy's agents, which take them as PKCS#7 alone.
//!
//! The agents ask that the signature is good and that its certificate is with it, and not whose it is. So the key is made
//! when the proxy starts, and is never on a disk.

use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    CertificateSet, DigestAlgorithmIdentifiers, EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo,
    SignerInfos,
};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use x509_cert::Certificate;
use x509_cert::certificate::{TbsCertificate, Version};
use x509_cert::der::asn1::{Any, BitString, GeneralizedTime, ObjectIdentifier, OctetString, SetOfVec};
use x509_cert::der::pem::{LineEnding, encode_string};
use x509_cert::der::{DateTime, Encode};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};

/// The format of an envelope with a specification that is wrapped.
pub const FORMAT: &str = "PKCS7/JSON";
/// What stands in the armor. The agents do not read the newer name of the same thing.
const LABEL: &str = "PKCS7";
const NAME: &str = "CN=spillway-agent proxy";

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const ECDSA_WITH_SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

/// A key, and the certificate that says which one it is.
pub struct Seal {
    keys: EcdsaKeyPair,
    random: SystemRandom,
    certificate: Certificate,
}

impl Seal {
    /// Makes a key.
    pub fn new() -> Result<Self, String> {
        let random = SystemRandom::new();
        let no_key = |words: &dyn std::fmt::Display| format!("no key for specifications can be made: {words}");
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).map_err(|error| no_key(&error))?;
        let keys = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).map_err(|error| no_key(&error))?;
        let certificate = certify(&keys, &random).map_err(|error| no_key(&error))?;
        Ok(Self { keys, random, certificate })
    }

    /// Wraps a text.
    pub fn wrap(&self, text: &str) -> Result<String, String> {
        self.sign(text).map_err(|error| format!("the specification cannot be wrapped: {error}"))
    }

    fn sign(&self, text: &str) -> Result<String, Error> {
        let content = EncapsulatedContentInfo {
            econtent_type: DATA,
            econtent: Some(Any::encode_from(&OctetString::new(text.as_bytes())?)?),
        };
        let own = &self.certificate.tbs_certificate;
        let issued = IssuerAndSerialNumber { issuer: own.issuer.clone(), serial_number: own.serial_number.clone() };
        let signer = SignerInfo {
            version: CmsVersion::V1,
            sid: SignerIdentifier::IssuerAndSerialNumber(issued),
            digest_alg: algorithm(SHA_256),
            signed_attrs: None,
            signature_algorithm: algorithm(ECDSA_WITH_SHA_256),
            signature: OctetString::new(sign(&self.keys, &self.random, text.as_bytes())?)?,
            unsigned_attrs: None,
        };
        let signed = SignedData {
            version: CmsVersion::V1,
            digest_algorithms: DigestAlgorithmIdentifiers::try_from(vec![algorithm(SHA_256)])?,
            encap_content_info: content,
            certificates: Some(CertificateSet(SetOfVec::try_from(vec![CertificateChoices::Certificate(
                self.certificate.clone(),
            )])?)),
            crls: None,
            signer_infos: SignerInfos(SetOfVec::try_from(vec![signer])?),
        };
        let whole = ContentInfo { content_type: SIGNED_DATA, content: Any::encode_from(&signed)? }.to_der()?;
        Ok(encode_string(LABEL, LineEnding::LF, &whole).map_err(|error| error.to_string())?)
    }
}

type Error = Box<dyn std::error::Error>;

/// A certificate of the key, by the key. Its time is fixed: the agents do not ask, and a host's clock may be wrong.
fn certify(keys: &EcdsaKeyPair, random: &SystemRandom) -> Result<Certificate, Error> {
    let name: Name = NAME.parse()?;
    let at =
        |year| Ok::<_, Error>(Time::GeneralTime(GeneralizedTime::from_date_time(DateTime::new(year, 1, 1, 0, 0, 0)?)));
    let tbs_certificate = TbsCertificate {
        version: Version::V3,
        serial_number: SerialNumber::new(&[1])?,
        signature: algorithm(ECDSA_WITH_SHA_256),
        issuer: name.clone(),
        validity: Validity { not_before: at(2000)?, not_after: at(2100)? },
        subject: name,
        subject_public_key_info: SubjectPublicKeyInfoOwned {
            algorithm: AlgorithmIdentifierOwned { oid: EC_PUBLIC_KEY, parameters: Some(Any::encode_from(&P_256)?) },
            subject_public_key: BitString::from_bytes(keys.public_key().as_ref())?,
        },
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: None,
    };
    let signature = BitString::from_bytes(&sign(keys, random, &tbs_certificate.to_der()?)?)?;
    Ok(Certificate { tbs_certificate, signature_algorithm: algorithm(ECDSA_WITH_SHA_256), signature })
}

fn sign(keys: &EcdsaKeyPair, random: &SystemRandom, message: &[u8]) -> Result<Vec<u8>, Error> {
    let signature = keys.sign(random, message).map_err(|error| error.to_string())?;
    Ok(signature.as_ref().to_vec())
}

fn algorithm(oid: ObjectIdentifier) -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid, parameters: None }
}
