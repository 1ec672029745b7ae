//! The source model of a component as XML, `srcmdl_00.xml`, as fermipy's `setup` leaves it.

use super::planned_product::{PlannedProduct, Product, ProductState};
use crate::config::Config;
use crate::error::Result;
use crate::own_model::{is_untouched, marked};
use crate::products::product_path;

/// About how much a source takes in an XML.
const OF_SOURCE: u64 = 700;

/// What becomes of the model of a component of so many sources; `xml` where the text is known already: a file that was written here counts as one of
/// another model where it is not.
pub(super) fn planned(config: &Config, component: &str, sources: usize, xml: Option<&str>) -> Result<PlannedProduct> {
    let path = product_path(&config.outdir, Product::Srcmdl.name(), component, "xml");
    let is_named = config.components.iter().any(|component| component.files.xml.as_ref() == Some(&path));
    let state = if is_named {
        ProductState::Given
    } else if !path.exists() {
        ProductState::Missing
    } else if !is_untouched(&path)? {
        ProductState::Given
    } else if xml.is_some_and(|xml| lat_io::read_text(&path).is_ok_and(|present| present == marked(xml))) {
        ProductState::Current
    } else {
        ProductState::Stale
    };
    let bytes =
        if state == ProductState::Given { 0 } else { xml.map_or(OF_SOURCE * sources as u64, |xml| xml.len() as u64) };
    Ok(PlannedProduct { component: component.to_owned(), product: Product::Srcmdl, path, state, bytes, seconds: 0.0 })
}

/// Writes the source model of a component beside its other products, as the text of an XML of so many sources, unless a file of somebody else lies there.
/// It is there to be looked at and changed: the configuration tells the model as long as the file is as it was written. Returns the product as it was
/// found.
///
/// # Errors
/// When the file that is there cannot be read, or the new one cannot be written.
pub fn write_model(config: &Config, component: &str, sources: usize, xml: &str) -> Result<PlannedProduct> {
    let product = planned(config, component, sources, Some(xml))?;
    if product.state.is_to_be_made() {
        lat_io::write_text(&product.path, &marked(xml))?;
    }
    Ok(product)
}
