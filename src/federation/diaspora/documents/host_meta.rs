//! host-meta, the legacy pointer to WebFinger that old checkers and old libraries still ask for. Written, never read:
//! every pod of today answers WebFinger in JSON (diaspora* protocol, "Discovery").

use super::escape;

/// Content type of the document.
pub const CONTENT_TYPE: &str = "application/xrd+xml; charset=utf-8";

/// The document. `base` is the pod's address with its slash at the end.
pub fn write(base: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <XRD xmlns=\"http://docs.oasis-open.org/ns/xri/xrd-1.0\">\n  \
         <Link rel=\"lrdd\" type=\"application/jrd+json\" template=\"{}.well-known/webfinger?resource={{uri}}\"/>\n\
         </XRD>\n",
        escape(base)
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_points_to_webfinger() {
        let document = super::write("https://pod.example/");
        assert!(document.contains("template=\"https://pod.example/.well-known/webfinger?resource={uri}\""));
        assert!(crate::federation::diaspora::xml::parse(document.as_bytes()).is_ok());
    }
}
