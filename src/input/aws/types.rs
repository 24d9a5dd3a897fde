//! Instance types and prices as a file of a scenario's own: what is exported goes before the embedded catalogue.

use std::collections::BTreeSet;

use crate::input::catalog::common_types;
use crate::model::Catalogue;

use super::Exports;
use super::toml_text::quoted;

/// A file of types, and what it lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypesFile {
    /// TOML: `[[instanceTypes]]`.
    pub text: String,
    /// Types in it.
    pub count: usize,
    /// Types that neither the list nor the catalogue has a price for, which are left out.
    pub without_price: Vec<String>,
    /// Types whose price is the catalogue's, for want of another.
    pub catalogue_price: Vec<String>,
}

/// The types of `exports` in `region` as a file; only those of `wanted`, where that is given.
pub fn types_toml(exports: &Exports, region: &str, wanted: Option<&BTreeSet<String>>) -> TypesFile {
    let catalogue = Catalogue::new(common_types());
    let mut names: BTreeSet<&String> = exports.types.keys().collect();
    names.extend(exports.prices.by_type.keys());
    let mut file = TypesFile::default();
    for name in names {
        if wanted.is_some_and(|wanted| !wanted.contains(name)) {
            continue;
        }
        let known = catalogue.find(name).map(|id| catalogue.get(id));
        let facts = exports.types.get(name);
        let listed = exports.prices.of(name, region);
        let Some(price) = listed.or(known.map(|known| known.price)) else {
            file.without_price.push(name.clone());
            continue;
        };
        let size = exports.prices.sizes.get(name).copied();
        let vcpus = facts.map(|facts| facts.vcpus).or(size.map(|size| size.0));
        let memory = facts.map(|facts| facts.memory).or(size.map(|size| size.1));
        if known.is_none() && vcpus.is_none() {
            file.without_price.push(name.clone());
            continue;
        }
        let mut text = format!("[[instanceTypes]]\ninstanceType = {}\n", quoted(name));
        // What the catalogue says as well need not be said again: memory that it measured stays measured.
        let differs = |own: Option<u32>, is: Option<u32>| own.filter(|own| is != Some(*own));
        let nominal = known.map(|known| known.nominal);
        if let Some(vcpus) = differs(vcpus, nominal.map(|size| size.vcpus)) {
            text.push_str(&format!("vcpus = {vcpus}\n"));
        }
        if let Some(memory) = differs(memory, nominal.map(|size| size.memory)) {
            text.push_str(&format!("memoryMiB = {memory}\n"));
        }
        let gpus = facts
            .map(|facts| facts.gpus)
            .filter(|gpus| *gpus > 0 || known.is_some());
        if let Some(gpus) = differs(gpus, nominal.map(|size| size.gpus)) {
            text.push_str(&format!("gpus = {gpus}\n"));
        }
        if let Some(architecture) = facts.and_then(|facts| facts.architecture)
            && known.map_or("x86_64", |known| known.architecture.name()) != architecture
        {
            text.push_str(&format!("architecture = \"{architecture}\"\n"));
        }
        if listed.is_none() {
            file.catalogue_price.push(name.clone());
            if text.lines().count() == 2 {
                continue;
            }
        }
        text.push_str(&format!("priceUsdPerHour = \"{price}\"\n\n"));
        file.text.push_str(&text);
        file.count += 1;
    }
    file
}
