//! Mistakes in pools whose connections lie on links.

use crate::mistakes::mistakes;

/// Links without a mistake.
const LINKS: &str = include_str!("../fixtures/links.yaml");

mistakes! {
    LINKS;
    no_links: "count: 8" => "count: 0";
    too_many_links: "count: 8" => "count: 17";
    a_link_that_passes_nothing: "rate: 1000/s" => "rate: 0/s";
    an_unknown_order: "order: lru" => "order: most_recent";
    congestion_without_links: "pool: database, link" => "pool: other, link";
    congestion_of_no_pool: "pool: database, link" => "pool: databse, link";
    congestion_beyond_the_last_link: "link: 8" => "link: 9";
}
