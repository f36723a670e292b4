//! Content negotiation (RFC 9110, section 12.5.1; GraphQL over HTTP, "Accept").

use http::{HeaderMap, header};

/// How a single response is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// `application/graphql-response+json`: the status tells refusals apart.
    GraphqlResponse,
    /// `application/json`: 200 for every well-formed request.
    Json,
}

/// What a client takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Accept {
    /// For single responses.
    pub(super) format: Format,
    /// Whether Apollo's multipart subscriptions are understood.
    pub(super) subscriptions: bool,
    /// Whether answers in parts are understood, in the version of the proposal that Apollo's clients speak.
    pub(super) defer: bool,
}

impl Accept {
    /// Reads the `Accept` headers; none when nothing of ours is acceptable.
    pub(super) fn parse(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(header::ACCEPT).iter().peekable();
        if values.peek().is_none() {
            // The specification since 2025.
            return Some(Self {
                format: Format::GraphqlResponse,
                subscriptions: false,
                defer: false,
            });
        }
        let mut best = None::<(Rank, Format)>;
        let (mut subscriptions, mut defer) = (false, false);
        let (mut refuses_graphql, mut refuses_json) = (false, false);
        for range in values
            .filter_map(|value| value.to_str().ok())
            .flat_map(ranges)
        {
            let (name, quality) = (range.name, range.quality);
            if quality == 0 {
                refuses_graphql |= name.eq_ignore_ascii_case("application/graphql-response+json");
                refuses_json |= name.eq_ignore_ascii_case("application/json");
                continue;
            }
            if name.eq_ignore_ascii_case("multipart/mixed") {
                subscriptions |= range.parameter("subscriptionSpec") == Some("1.0");
                defer |= range.parameter("deferSpec") == Some("20220824");
                continue;
            }
            if range
                .parameter("charset")
                .is_some_and(|charset| !charset.eq_ignore_ascii_case("utf-8"))
            {
                continue;
            }
            // Between equals the specification's own type wins; a wildcard leaves the choice to us, and what clients
            // with wildcards (curl, fetch) know best is plain JSON.
            let (preference, format) = match name.to_ascii_lowercase().as_str() {
                "application/graphql-response+json" => (2, Format::GraphqlResponse),
                "application/json" => (1, Format::Json),
                "application/*" | "*/*" => (0, Format::Json),
                _ => continue,
            };
            let rank = Rank {
                quality,
                preference,
            };
            if best.is_none_or(|(other, _)| rank > other) {
                best = Some((rank, format));
            }
        }
        let format = match best {
            Some((Rank { preference: 0, .. }, _)) if refuses_json && refuses_graphql => None,
            Some((Rank { preference: 0, .. }, _)) if refuses_json => Some(Format::GraphqlResponse),
            best => best.map(|(_, format)| format),
        };
        match format {
            Some(format) => Some(Self {
                format,
                subscriptions,
                defer,
            }),
            // A client of streams alone still has to be told about errors somehow.
            None => (subscriptions || defer).then_some(Self {
                format: Format::Json,
                subscriptions,
                defer,
            }),
        }
    }
}

/// Whether a browser is asking for a page.
pub(super) fn accepts_html(headers: &HeaderMap) -> bool {
    let values = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok());
    values
        .flat_map(ranges)
        .any(|range| range.quality > 0 && range.name.eq_ignore_ascii_case("text/html"))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    quality: u16,
    preference: u8,
}

/// One media range of an `Accept` header.
struct Range<'a> {
    name: &'a str,
    parameters: Vec<(&'a str, &'a str)>,
    /// In thousandths.
    quality: u16,
}

impl Range<'_> {
    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value)
    }
}

fn ranges(header: &str) -> impl Iterator<Item = Range<'_>> {
    split(header, ',').filter_map(|range| {
        let mut parts = split(range, ';').map(str::trim);
        let name = parts.next().filter(|name| !name.is_empty())?;
        let parameters: Vec<_> = parts
            .filter_map(|part| part.split_once('='))
            .map(|(key, value)| (key.trim(), value.trim().trim_matches('"')))
            .collect();
        let quality = parameters
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case("q"));
        let quality = quality.map_or(1.0, |(_, value)| value.parse::<f32>().unwrap_or(0.0));
        Some(Range {
            name,
            parameters,
            quality: (quality.clamp(0.0, 1.0) * 1_000.0) as u16,
        })
    })
}

/// Splits outside of quoted strings.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c: char| {
        quoted ^= c == '"';
        c == separator && !quoted
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn parse(accept: &'static str) -> Option<Accept> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        Accept::parse(&headers)
    }

    #[test]
    fn picks_the_format() {
        let graphql = Some(Format::GraphqlResponse);
        let json = Some(Format::Json);
        for (accept, expected) in [
            ("application/graphql-response+json", graphql),
            (
                "application/graphql-response+json; charset=utf-8, application/json; charset=utf-8",
                graphql,
            ),
            (
                "application/json, application/graphql-response+json",
                graphql,
            ),
            (
                "application/json, application/graphql-response+json;q=0.9",
                json,
            ),
            ("APPLICATION/JSON", json),
            ("*/*", json),
            ("application/*;q=0.2", json),
            ("text/html, */*;q=0.1", json),
            ("*/*, application/json;q=0", graphql),
            (
                "*/*, application/json;q=0, application/graphql-response+json;q=0",
                None,
            ),
            ("application/json;q=0", None),
            ("application/json;charset=latin1", None),
            ("text/html", None),
            ("image/png;x=\"a,application/json\"", None),
            ("", None),
        ] {
            assert_eq!(
                parse(accept).map(|accept| accept.format),
                expected,
                "{accept}"
            );
        }
        assert_eq!(
            Accept::parse(&HeaderMap::new()),
            Some(Accept {
                format: Format::GraphqlResponse,
                subscriptions: false,
                defer: false,
            })
        );
    }

    #[test]
    fn sees_apollos_multipart_protocols() {
        for (accept, subscriptions, defer) in [
            (
                "multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0,application/json",
                true,
                false,
            ),
            ("multipart/mixed;subscriptionSpec=\"1.0\"", true, false),
            (
                "multipart/mixed; deferSpec=20220824, application/json",
                false,
                true,
            ),
            ("multipart/mixed;deferSpec=20220824", false, true),
            (
                "multipart/mixed;deferSpec=1, application/json",
                false,
                false,
            ),
            (
                "multipart/mixed;deferSpec=20220824;q=0, application/json",
                false,
                false,
            ),
            (
                "multipart/mixed;subscriptionSpec=1.0, multipart/mixed;deferSpec=20220824",
                true,
                true,
            ),
        ] {
            assert_eq!(
                parse(accept),
                Some(Accept {
                    format: Format::Json,
                    subscriptions,
                    defer
                }),
                "{accept}"
            );
        }
        assert_eq!(parse("multipart/mixed"), None);
    }
}
